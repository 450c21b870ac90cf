import { fileURLToPath } from 'node:url';

/** How to start a module of ours in a thread or a process, whether it is compiled or still TypeScript. */
export interface ModuleEntry {
  readonly url: URL;
  readonly path: string;
  /** Node options the new thread or process needs. */
  readonly execArgv: readonly string[];
}

/**
 * The entry `name` beside the calling module: `name.js` after a build, `name.ts` through tsx before.
 * @param caller import.meta.url of the calling module.
 */
export function moduleEntry(caller: string, name: string): ModuleEntry {
  const isTypeScript = caller.endsWith('.ts');
  const url = new URL(`./${name}${isTypeScript ? '.ts' : '.js'}`, caller);
  return { url, path: fileURLToPath(url), execArgv: isTypeScript ? ['--import', 'tsx'] : [] };
}

import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/** A module of ours to start in a thread or a process, whether it is compiled or still TypeScript. */
export interface ModuleEntry {
  readonly url: URL;
  readonly path: string;
  readonly isTypeScript: boolean;
}

/**
 * The entry `name` beside the calling module: `name.js` after a build, `name.ts` through tsx before.
 * @param caller import.meta.url of the calling module.
 */
export function moduleEntry(caller: string, name: string): ModuleEntry {
  const isTypeScript = caller.endsWith('.ts');
  const url = new URL(`./${name}${isTypeScript ? '.ts' : '.js'}`, caller);
  return { url, path: fileURLToPath(url), isTypeScript };
}

/** Arguments of Node before the path of an entry that is started as a process. */
export function loaderArguments({ isTypeScript }: Pick<ModuleEntry, 'isTypeScript'>): string[] {
  // Resolved from here, since the user may stand in any folder.
  return isTypeScript ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [];
}

/** Starts an entry in a worker thread. */
export function startWorker(entry: ModuleEntry, workerData: unknown): Worker {
  if (!entry.isTypeScript) return new Worker(entry.url, { workerData });
  // Worker threads of Node 20 ignore the loader that --import registers, so the thread registers its own.
  // Found from here, since the user may stand in any folder.
  const loader = new URL('index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api'))).href;
  const bootstrap = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(entry.url.href)}); });`;
  return new Worker(bootstrap, { eval: true, workerData });
}

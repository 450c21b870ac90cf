import { spawn } from 'node:child_process';

/** The command that opens an address in the browser of a desktop; undefined where there clearly is none. */
export function browserCommand(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
): readonly [command: string, ...words: string[]] | undefined {
  // The browser of somebody who works from elsewhere is elsewhere, and so in a container.
  if (environment['SSH_CONNECTION'] !== undefined || environment['CI'] !== undefined) return undefined;
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['cmd', '/c', 'start', ''];
  const hasDesktop = environment['DISPLAY'] !== undefined || environment['WAYLAND_DISPLAY'] !== undefined;
  return hasDesktop ? ['xdg-open'] : undefined;
}

/** Opens it if that is possible. Whoever reads the address can open it as well, so a failure says nothing. */
export function openBrowser(url: string): void {
  const [command, ...words] = browserCommand(process.platform, process.env) ?? [];
  if (command === undefined) return;
  const child = spawn(command, [...words, url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

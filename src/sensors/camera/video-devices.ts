import { readFileSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** A V4L2 device that gives pictures. */
export interface VideoDevice {
  /** For example /dev/video0. */
  readonly path: string;
  /** What its driver calls it; undefined where the system does not say. */
  readonly name: string | undefined;
  /** A link to it that stays the same when cameras are plugged in anew, where there is one. */
  readonly lastingPath: string | undefined;
}

/** Where the system lists its devices. */
export interface DeviceFolders {
  /** Default: /dev. */
  readonly devices?: string;
  /** Default: /sys/class/video4linux. */
  readonly classes?: string;
}

/** V4L2 devices of this computer, in the order of their numbers; none where the system has no such thing. */
export function listVideoDevices({
  devices = '/dev',
  classes = '/sys/class/video4linux',
}: DeviceFolders = {}): VideoDevice[] {
  const links = lastingPaths(join(devices, 'v4l', 'by-id'));
  return (
    listed(devices)
      .filter((entry) => /^video\d+$/.test(entry))
      .toSorted((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
      // One camera has several devices; beside the first they give descriptions of pictures, not pictures.
      .filter((entry) => [undefined, '0'].includes(textOf(join(classes, entry, 'index'))))
      .map((entry) => {
        const path = join(devices, entry);
        return { path, name: textOf(join(classes, entry, 'name')), lastingPath: links.get(realPath(path)) };
      })
  );
}

function lastingPaths(folder: string): Map<string, string> {
  return new Map(listed(folder).map((entry) => [realPath(join(folder, entry)), join(folder, entry)]));
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // The folder exists only while something is plugged in.
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

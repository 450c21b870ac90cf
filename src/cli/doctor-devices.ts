import { accessSync, constants, readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { listVideoDevices } from '../sensors/camera/video-devices.ts';
import type { Check } from './doctor-checks.ts';

/** Where a ROS bridge listens unless told otherwise. */
const ROS_BRIDGE = { host: '127.0.0.1', port: 9090 } as const;
const CONNECT_TIMEOUT_MS = 500;

/** Serial buses of arms: USB adapters, by their lasting name where there is one. */
export function checkSerialPorts(): Check {
  const named = listed('/dev/serial/by-id', /./);
  const plain = listed('/dev', /^(ttyUSB|ttyACM|cu\.usb)/);
  const ports = named.length > 0 ? named : plain;
  const remedy = 'Add your user to the group of the port (dialout on most systems), and log in again.';
  const devices = ports.map((path) => ({ path, label: path }));
  return deviceCheck({ name: 'Serial ports', devices, mode: constants.R_OK | constants.W_OK, remedy });
}

export function checkCameras(): Check {
  const remedy = 'Add your user to the group video, and log in again.';
  const devices = listVideoDevices().map(({ path, name }) => ({
    path,
    label: name === undefined ? path : `${path} (${name})`,
  }));
  return deviceCheck({ name: 'Cameras', devices, mode: constants.R_OK | constants.W_OK, remedy });
}

/** Whether something listens where a ROS bridge would; nothing is said to it. */
export async function checkRosBridge(): Promise<Check> {
  const where = `ws://localhost:${ROS_BRIDGE.port}`;
  const answers = await new Promise<boolean>((resolve) => {
    const socket = createConnection({ ...ROS_BRIDGE, timeout: CONNECT_TIMEOUT_MS });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
  const finding = answers ? `${where} answers` : `none at ${where}; only arms on ROS need one`;
  return { name: 'ROS bridge', verdict: 'good', finding, figures: { found: answers ? [where] : [] } };
}

function deviceCheck(options: {
  readonly name: string;
  readonly devices: readonly { readonly path: string; readonly label: string }[];
  readonly mode: number;
  readonly remedy: string;
}): Check {
  const { name, devices, mode, remedy } = options;
  const paths = devices.map(({ path }) => path);
  const figures = { found: paths };
  const found = devices.map(({ label }) => label).join(', ');
  if (paths.length === 0) return { name, verdict: 'good', finding: 'none found; the simulation needs none', figures };
  const refused = paths.filter((path) => !isAccessible(path, mode));
  if (refused.length === 0) return { name, verdict: 'good', finding: found, figures };
  const finding = `${found}; no permission for ${refused.join(', ')}`;
  return { name, verdict: 'warning', finding, remedy, figures };
}

function listed(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => pattern.test(name))
      .toSorted()
      .map((name) => join(folder, name));
  } catch {
    // The folder exists only while something is plugged in.
    return [];
  }
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

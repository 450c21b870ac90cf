import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listVideoDevices } from '../../../src/sensors/camera/video-devices.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

it('lists devices that give pictures, by number, with their names', () => {
  const root = temporaryFolder();
  const [devices, classes] = [join(root, 'dev'), join(root, 'sys')];
  mkdirSync(join(devices, 'v4l/by-id'), { recursive: true });
  // Each camera has a second device, for what describes the pictures.
  for (const [entry, index, name] of [
    ['video10', '0', 'Wrist camera'],
    ['video11', '1', 'Wrist camera'],
    ['video2', '0', 'Front camera'],
    ['video3', '1', 'Front camera'],
  ] as const) {
    writeFileSync(join(devices, entry), '');
    mkdirSync(join(classes, entry), { recursive: true });
    writeFileSync(join(classes, entry, 'index'), `${index}\n`);
    writeFileSync(join(classes, entry, 'name'), `${name}\n`);
  }
  writeFileSync(join(devices, 'null'), '');
  const lastingPath = join(devices, 'v4l/by-id/usb-front-video-index0');
  symlinkSync('../../video2', lastingPath);
  expect(listVideoDevices({ devices, classes })).toEqual([
    { path: join(devices, 'video2'), name: 'Front camera', lastingPath },
    { path: join(devices, 'video10'), name: 'Wrist camera', lastingPath: undefined },
  ]);
  expect(listVideoDevices({ devices, classes: join(root, 'none') }).length).toBe(4);
  expect(listVideoDevices({ devices: join(root, 'none'), classes })).toEqual([]);
});

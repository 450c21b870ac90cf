import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeFailure } from '../../src/cli/failure.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function thrownBy(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

it('a path that the computer refuses is named with a remedy, and is no fault of the program', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const { text, document } = describeFailure(thrownBy(() => mkdirSync(join(file, 'below'))));
  expect(text).toBe(
    `E_FILE_ACCESS: ${join(file, 'below')} cannot be used as wanted. Found a part of the path is a file and no folder. Name another file or folder, or change this one.`,
  );
  expect(document.error).toMatchObject({ code: 'E_FILE_ACCESS', found: 'a part of the path is a file and no folder' });
});

it('a disk without room is said to be one, with its file or without', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(describeFailure(full).text).toMatch(/^E_DISK_FULL: there is no room left\. Make room/);
  const named = Object.assign(new Error(''), { code: 'ENOSPC', path: 'out/report.html' });
  expect(describeFailure(named).text).toContain('no room left for out/report.html');
});

it('anything else is a fault of the program, with its stack', () => {
  expect(describeFailure(new TypeError('x is not a function')).text).toMatch(/^E_INTERNAL: TypeError[\s\S]*report it/);
});

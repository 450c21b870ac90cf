import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const examples = readdirSync(`${ROOT}/examples`).filter((file) => file.endsWith('.ts'));

describe('examples', { timeout: 240_000 }, () => {
  it.each(examples)('%s runs and has something to say', async (file) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', `examples/${file}`], {
      cwd: ROOT,
    });
    expect(stdout.length).toBeGreaterThan(0);
    expect(stderr).toBe('');
  });
});

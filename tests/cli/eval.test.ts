import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { randomPolicy } from '../runtime/random-policy.ts';
import { armature } from './armature.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const directory = temporaryFolder();

const evaluateReach = ['eval', '--policy', randomPolicy, '--tasks', 'reach', '--episodes', '1'];

// Most of the time goes into starting processes, which a busy computer does slowly.
describe('armature eval', { timeout: 240_000 }, () => {
  it('keeps films of failures in a folder with a page that shows them', async () => {
    const { status, stdout } = await armature(...evaluateReach, '--video', directory);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^task +success +95 % interval +episodes +wrong object +failures$/m);
    expect(stdout).toMatch(/^reach +0\.0 %.* 0 of 1 +none +1 [a-z-]+$/m);
    expect(stdout).toContain(`films ${join(directory, 'index.html')}`);
    const html = await readFile(join(directory, 'index.html'), 'utf8');
    const film = /<video [^>]*src="([^"]+)"/.exec(html)?.[1] ?? '';
    expect((await stat(join(directory, film))).size).toBeGreaterThan(1000);
    expect(html).toContain('--tasks reach --episodes 1 --seed 500000');
  });

  it('tells conditions, failures by phase and wrong objects as JSON', async () => {
    const { stdout } = await armature(...evaluateReach, '--expert', '--shift', '--paraphrases', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      agent: 'expert',
      conditions: { shifted: true, paraphrased: true },
      tasks: [{ task: 'reach', failures: {}, wrongObjects: 0, wrongObjectRate: 0 }],
    });
  });

  it('refuses flags that make no sense, and a precision the policy does not have', async () => {
    const [alone, unknown, missing] = await Promise.all([
      armature(...evaluateReach, '--video-all'),
      armature(...evaluateReach, '--precision', 'int2'),
      armature(...evaluateReach, '--precision', 'int8'),
    ]);
    expect(alone).toMatchObject({ status: 2, stderr: expect.stringContaining('needs --video') as string });
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining('int8, fp32') as string });
    expect(missing.stderr).toMatch(/E_NO_SUCH_PRECISION: policy "random" has no int8 graphs/);
    expect(missing.status).toBe(1);
  });
});

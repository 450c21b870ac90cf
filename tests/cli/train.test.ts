import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import { tinyDirectory } from '../policy/tiny-policy.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { armature } from './armature.ts';
import type { Outcome } from './armature.ts';

/** A program in place of Python that writes down how it was called and ends with `status`. */
function fakePython(status = 0): { readonly command: string; readonly words: () => string[] } {
  const folder = temporaryFolder();
  const command = join(folder, 'python');
  const log = join(folder, 'words.json');
  const program = `require('node:fs').writeFileSync(${JSON.stringify(log)}, JSON.stringify(process.argv.slice(2)));
console.log('step 1'); process.exit(${status});`;
  writeFileSync(command, `#!${process.execPath}\n${program}\n`);
  chmodSync(command, 0o755);
  return { command, words: () => JSON.parse(readFileSync(log, 'utf8')) as string[] };
}

function train(command: string, ...words: string[]): Promise<Outcome> {
  return armature('train', '--from', 'desk', '--data', 'data/button', '--python', command, ...words);
}

// Each start compiles the program, which takes many seconds on a computer with much else to do.
describe('armature train', { timeout: 240_000 }, () => {
  it('hands the policy and the data to the training, shows what it says, and how to go on', async () => {
    const python = fakePython();
    const { status, stdout } = await train(python.command, '--tasks', 'reach', '--', '--rate', '1e-4');
    expect(status).toBe(0);
    const [script, ...words] = python.words();
    expect(script).toMatch(/training.finetune\.py$/);
    expect(words).toEqual([
      `--from=${loadPolicy('desk').directory}`,
      `--out=${join('runs', 'button')}`,
      '--name=button',
      '--minutes=6',
      '--data',
      'data/button',
      '--tasks=reach',
      '--rate',
      '1e-4',
    ]);
    expect(stdout).toContain('step 1');
    expect(stdout).toContain(`armature eval --policy ${join('runs', 'button')} --tasks reach`);
  });

  it('fails when the training does', async () => {
    const { status, stderr, stdout } = await train(fakePython(3).command);
    expect(status).toBe(1);
    expect(stderr).toContain('E_TRAINING: the training ended with status 3');
    expect(stdout).not.toContain('is ready');
  });

  it('says what to install where there is no Python', async () => {
    const { status, stderr } = await train(join(tmpdir(), 'no-such-python'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/^E_NO_PYTHON: .*pip install -r .*requirements\.txt.*--python/);
  });

  it('refuses a policy without weights for PyTorch, and one that does not exist', async () => {
    const { command } = fakePython();
    const bare = await armature('train', '--from', tinyDirectory, '--data', 'data/button', '--python', command);
    expect(bare.stderr).toContain('lists no weights to train on from');
    const unknown = await armature('train', '--from', 'nonesuch', '--data', 'data/button', '--python', command);
    expect(unknown.stderr).toContain('E_UNKNOWN_POLICY');
  });
});

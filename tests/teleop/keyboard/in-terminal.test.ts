import { spawn, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../temporary-folder.ts';

const hasPython = process.platform === 'linux' && spawnSync('python3', ['--version']).status === 0;
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Ended {
  readonly output: string;
  readonly how: string;
  readonly isRestored: boolean;
}

/** Runs the program in a real terminal; each thing happens once the program has said what comes before it. */
function runInTerminal(
  happenings: readonly (readonly [after: string, line: string])[],
  ...words: readonly string[]
): Promise<Ended> {
  const program = [process.execPath, '--import', tsx, path('terminal-program.ts'), ...words];
  const child = spawn('python3', [path('in-terminal.py'), ...program], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  let next = 0;
  return new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const [after, line] = happenings[next] ?? [];
      if (after === undefined || !output.includes(after)) return;
      next += 1;
      child.stdin.write(`${line}\n`);
    });
    child.on('close', () => {
      const [, how = '', restored] = /ended (\S+) restored (\S+)/.exec(output) ?? [];
      resolve({ output, how, isRestored: restored === 'True' });
    });
  });
}

const type = (text: string): string => `type ${Buffer.from(text).toString('hex')}`;

describe.runIf(hasPython)('the keys of a real terminal', { timeout: 120_000 }, () => {
  it('are read one by one, and the terminal is given back on return', async () => {
    const ended = await runInTerminal([
      ['[ready]', type('w')],
      ['[w]', type('\u001b[C')],
      ['[right]', type('\u001b')],
      ['[escape]', type('é')],
      ['[é]', type('z')],
    ]);
    expect(ended).toMatchObject({ how: '0', isRestored: true });
    expect(ended.output).toContain('[returned]');
  });

  it.each([
    ['process.exit', type('x'), '3'],
    ['an error that nobody caught', type('y'), '1'],
    ['SIGTERM', 'signal 15', 'SIGTERM'],
    ['SIGHUP', 'signal 1', 'SIGHUP'],
    ['Ctrl-C', type('\u0003'), 'SIGINT'],
  ])('give the terminal back at the end by %s', async (_, line, how) => {
    const ended = await runInTerminal([['[ready]', line]]);
    expect(ended).toMatchObject({ how, isRestored: true });
    expect(ended.output).toContain('\u001b[?2004l');
  });

  it('leave Ctrl-C to whoever answers it', async () => {
    const ended = await runInTerminal([['[ready]', type('\u0003')]], 'answering');
    expect(ended).toMatchObject({ how: '0', isRestored: true });
    expect(ended.output).toContain('[stopped by SIGINT]');
  });

  it('let the process end in its own way when the terminal is closed', async () => {
    const folder = temporaryFolder();
    const ended = await runInTerminal([['[ready]', 'hang-up']], 'answering', join(folder, 'end.txt'));
    expect(await readFile(join(folder, 'end.txt'), 'utf8')).toBe('ended in order');
    expect(ended.how).toBe('SIGHUP');
  });
});

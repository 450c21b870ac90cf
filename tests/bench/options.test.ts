import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { helpText, parseOptions } from '../../bench/options.ts';

const PROGRAM = {
  purpose: 'What it measures.',
  options: {
    seconds: { type: 'string', default: '10', value: 's', words: 'how long' },
    only: { type: 'string', default: '', value: 'text', words: 'what is measured' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
} as const;

describe('the options of a bench', () => {
  it('are those it was given, and else the usual ones', () => {
    expect(parseOptions(PROGRAM, ['--seconds', '2.5', '--json']).values).toEqual({
      seconds: '2.5',
      only: '',
      json: true,
    });
  });

  it.each([
    [['--nonsense'], /Unknown option '--nonsense'/],
    [['--seconds'], /--seconds/],
    [['--seconds', 'ten'], /--seconds takes a number, not 'ten'/],
    [['10'], /Unexpected argument '10'/],
  ])('%s are refused in one line', (words, problem) => {
    expect(() => parseOptions(PROGRAM, words)).toThrow(problem);
  });

  it('may be words without a dash, which may have to be there', () => {
    const one = { ...PROGRAM, positionals: '<policy>' };
    expect(parseOptions(one, ['desk']).positionals).toEqual(['desk']);
    expect(() => parseOptions(one, [])).toThrow('<policy> is missing');
    expect(parseOptions({ ...PROGRAM, positionals: '[task ...]' }, []).positionals).toEqual([]);
  });

  it('are told with what they do', () => {
    expect(helpText('bench/some.ts', { ...PROGRAM, positionals: '[task ...]' }).split('\n')).toEqual([
      'Usage: npx tsx bench/some.ts [options] [task ...]',
      '',
      'What it measures.',
      '',
      'Options:',
      '  --seconds <s>  how long (default: 10)',
      '  --only <text>  what is measured',
      '  --json         print one JSON object',
      '  --help         show this',
    ]);
  });

  it('end a bench before it does anything: with help, or with status 2', () => {
    const bench = (word: string) =>
      spawnSync(process.execPath, ['--import', 'tsx', 'bench/restore.ts', word], { encoding: 'utf8' });
    expect(bench('--help')).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^Usage: npx tsx/) });
    expect(bench('--helper')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: "error: Unknown option '--helper' (--help lists the options)\n",
    });
  });
});

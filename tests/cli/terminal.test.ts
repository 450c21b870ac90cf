import { describe, expect, it } from 'vitest';
import { formatLivePanel } from '../../src/cli/live-panel.ts';
import type { LivePanelData } from '../../src/cli/live-panel.ts';
import { formatDuration, formatProgress } from '../../src/cli/progress.ts';
import { formatTable } from '../../src/cli/table.ts';
import { Terminal } from '../../src/cli/terminal.ts';

function recordingStream(isTTY: boolean): {
  written: string[];
  write(text: string): void;
  isTTY: boolean;
  columns: number;
} {
  const written: string[] = [];
  return { written, isTTY, columns: 40, write: (text) => void written.push(text) };
}

describe('formatProgress', () => {
  it('foretells the time left from the time taken', () => {
    const line = formatProgress({ label: 'collecting', done: 10, total: 40, elapsedNs: 20e9, note: '9 succeeded' });
    expect(line).toBe('collecting  [######------------------]  10/40  1:00 left  9 succeeded');
  });

  it('foretells nothing before anything is done, and tells the time taken at the end', () => {
    expect(formatProgress({ label: 'x', done: 0, total: 4, elapsedNs: 1e9 })).not.toContain('left');
    expect(formatProgress({ label: 'x', done: 4, total: 4, elapsedNs: 61e9 })).toContain('took 1:01');
  });

  it('writes durations as a clock does', () => {
    expect([7e9, 750e9, 3723e9].map(formatDuration)).toEqual(['0:07', '12:30', '1:02:03']);
  });
});

describe('formatTable', () => {
  it('aligns columns without trailing spaces', () => {
    expect(
      formatTable(
        ['name', 'what'],
        [
          ['a', 'first'],
          ['longer', 'second'],
        ],
      ).split('\n'),
    ).toEqual(['name    what', '------  ------', 'a       first', 'longer  second']);
  });
});

describe('Terminal', () => {
  it('redraws a block in place and keeps lines above it', () => {
    let nowNs = 0;
    const stream = recordingStream(true);
    const terminal = new Terminal(stream, () => nowNs);
    terminal.update(() => ['one', 'two']);
    nowNs = 1e9;
    terminal.line('note');
    expect(stream.written).toEqual(['one\n', 'two\n', '\u001b[2A\u001b[0J', 'note\n', 'one\n', 'two\n']);
  });

  it('does not redraw more often than can be read', () => {
    const stream = recordingStream(true);
    const terminal = new Terminal(stream, () => 5);
    terminal.update(() => ['one']);
    terminal.update(() => ['two']);
    expect(stream.written).toEqual(['one\n']);
  });

  it('cuts lines that would wrap', () => {
    const stream = recordingStream(true);
    new Terminal(stream, () => 0).finish(['x'.repeat(100)]);
    expect(stream.written).toEqual([`${'x'.repeat(39)}\n`]);
  });

  it('writes a line now and then, without control codes, where there is no terminal', () => {
    let nowNs = 0;
    const stream = recordingStream(false);
    const terminal = new Terminal(stream, () => nowNs);
    for (nowNs = 0; nowNs < 11e9; nowNs += 1e8) terminal.update(() => [`at ${nowNs / 1e9}`, 'more']);
    terminal.finish(['end']);
    expect(stream.written).toEqual(['at 0\n', 'at 5\n', 'at 10\n', 'end\n']);
  });
});

describe('formatLivePanel', () => {
  const data: LivePanelData = {
    robot: 'so101',
    agent: 'desk',
    instruction: 'put the red cube on the tray',
    episode: { number: 3, total: 10, timeS: 4.2, limitS: 15 },
    succeeded: 2,
    finished: 2,
    loop: { rateHz: 19.98, wantedHz: 20, latenessP99Ms: 0.31 },
    inferenceMs: { median: 11.4, p99: 14.9 },
    gate: { state: 'ACTIVE', interventions: 4, lastReason: 'velocity' },
    notes: [['disk', '12 GB left']],
    joints: [{ name: 'elbow_flex', measuredRad: 0, commandRad: 9, limitsRad: [-1, 1] }],
  };

  it('shows task, success, loop, inference and gate', () => {
    const panel = formatLivePanel(data, 120).join('\n');
    for (const part of [
      'put the red cube',
      '2 of 2 (100 %)',
      '20.0 of 20 Hz',
      '0.31 ms late',
      '11.4 ms',
      'ACTIVE, 4 interventions, last: velocity',
      'disk            12 GB left',
    ])
      expect(panel).toContain(part);
  });

  it('keeps a command beyond the limits on the gauge, and lines within the width', () => {
    const lines = formatLivePanel(data, 60);
    expect(lines.at(-1)).toContain('x|');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

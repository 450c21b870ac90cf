import { describe, expect, it } from 'vitest';
import { attentionShares } from '../../web/src/attention.ts';
import { clearanceLevel, mostPressing } from '../../web/src/clearance.ts';
import type { Clearance } from '../../web/src/clearance.ts';
import { heaviest, jointLoad, levelOf } from '../../web/src/joint-load.ts';
import { announcement, headline, lengthWords, outcomeWords, percent } from '../../web/src/words.ts';
import type { EpisodeResult } from '../../src/runtime/episode-result.ts';
import type { FrameMessage } from '../../src/serve/messages.ts';

const joint = { name: 'elbow', lowRad: -1, highRad: 3, velocityRadPerS: 2, effortNm: 4 };

function frameOf(changes: Partial<Record<keyof FrameMessage, unknown>>): FrameMessage {
  const episode = { number: 1, instruction: 'lift', timeS: 1, isRunning: true, outcome: '', succeeded: 0, finished: 0 };
  const gate = { state: 'active', reasons: [], events: [], speedShare: 1 };
  return { episode, gate, ...changes } as unknown as FrameMessage;
}

function withJoints(joints: Partial<FrameMessage['joints']>): FrameMessage {
  const none = { measuredRad: [], velocityRadPerS: [], effortNm: [], temperatureC: [] };
  return frameOf({ joints: { ...none, ...joints } });
}

it('every way in which an episode ends has words', () => {
  const words: Record<EpisodeResult['outcome'], string> = {
    success: 'done',
    failure: 'failed',
    ended: 'ended',
    'time-limit': 'out of time',
    aborted: 'stopped',
    'protective-stop': 'stopped by the gate',
    'agent-failed': 'the policy failed',
  };
  for (const [outcome, expected] of Object.entries(words)) expect(outcomeWords(outcome)).toBe(expected);
});

describe('a joint', () => {
  it('is told by the limit that it is nearest to', () => {
    const load = jointLoad(joint, 0, withJoints({ measuredRad: [1], velocityRadPerS: [-1.9], effortNm: [1] }), null);
    expect(load).toEqual({ position: 0, velocity: 0.95, effort: 0.25, temperature: 0 });
    expect(heaviest(load)).toEqual({ what: 'velocity', share: 0.95 });
    const atEnd = jointLoad(joint, 0, withJoints({ measuredRad: [-1], temperatureC: [60] }), 65);
    expect(atEnd.position).toBe(1);
    expect(atEnd.temperature).toBeCloseTo(60 / 65, 6);
    expect([0.5, 0.95, 1, 1.2].map(levelOf)).toEqual(['free', 'near', 'at', 'at']);
  });

  it('of which nothing is known is near no limit', () => {
    const load = jointLoad(joint, 3, withJoints({ measuredRad: [null] }), 65);
    expect(heaviest(load).share).toBe(0);
  });
});

describe('the line to what is near', () => {
  const scene = { kind: 'scene', where: 'jaw and the table', fromM: [0, 0, 0], toM: [0, 0, 0] } as const;
  const table: Clearance = { ...scene, distanceM: 0.05, minimumM: 0.005, slowM: 0.02 };
  const thing: Clearance = { ...scene, kind: 'thing', distanceM: 0.01, minimumM: null, slowM: null };
  const self: Clearance = { ...table, kind: 'self', distanceM: 0.03 };

  it('goes to what the gate minds first, and to the arm itself only then', () => {
    expect(mostPressing([table, self, thing])).toBe(thing);
    expect(mostPressing([table, self])).toBe(table);
    const close = { ...self, distanceM: 0.01 };
    expect(mostPressing([table, close, thing])).toBe(close);
    expect(mostPressing([])).toBeUndefined();
  });

  it('says what the gate makes of it, and nothing where the gate does not know', () => {
    expect([0.1, 0.01, 0.001].map((distanceM) => clearanceLevel({ ...table, distanceM }))).toEqual([
      'clear',
      'slow',
      'close',
    ]);
    expect(clearanceLevel({ ...thing, distanceM: -1 })).toBe('clear');
  });
});

describe('attention', () => {
  const attention = { text: 0.25, words: [0.25], images: [[0.1, 0.2]], states: [[0.05]], separator: 0.1 };

  it('is told kind by kind in the order of the sequence, and what is missing as the rest', () => {
    const shares = attentionShares(
      [{ camera: 'front', patches: 2, columns: 2 }],
      [{ name: 'positions', ids: [1] }],
      attention,
    );
    expect(shares.map(({ name }) => name).slice(0, 4)).toEqual(['words', 'front', 'positions', 'separator']);
    expect(shares.at(-1)).toMatchObject({ kind: 'rest' });
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
  });
});

describe('words', () => {
  it('announce what happens seldom, and not each time the gate slows the arm', () => {
    const running = announcement(frameOf({}));
    const slowed = frameOf({ gate: { state: 'reduced', reasons: ['near-obstacle'], events: [], speedShare: 1 } });
    expect(announcement(slowed)).toBe(running);
    const latched = frameOf({
      gate: { state: 'protective-stop', reasons: ['tracking-error'], events: [], speedShare: 1 },
    });
    expect(announcement(latched)).toContain('Protective stop');
    expect(headline(latched)).toBe('Protective stop');
    expect(announcement(undefined)).toBe('');
  });

  it('say small shares and short lengths as finely as they matter', () => {
    expect([0, 0.012, 0.5, 1].map(percent)).toEqual(['0 %', '1.2 %', '50 %', '100 %']);
    expect([0.0124, 0.25, -0.002].map(lengthWords)).toEqual(['12 mm', '25 cm', '−2 mm']);
  });
});

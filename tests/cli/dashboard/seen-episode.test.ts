import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SeenEpisode } from '../../../src/cli/dashboard/seen-episode.ts';
import { loadPolicy } from '../../../src/policy/load-policy.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { evaluate } from '../../../src/runtime/evaluation.ts';
import type { FrameMessage } from '../../../src/serve/messages.ts';

const policy = join(import.meta.dirname, '../../fixtures/random-policy');

describe('the episode that an evaluation shows', () => {
  it('is asked for by whoever looks, and told as a page is told a run', { timeout: 120_000 }, async () => {
    const { manifest, layout } = loadPolicy(policy);
    const seen = await SeenEpisode.load(loadRobot(manifest.robot), layout);
    onTestFinished(() => seen.dispose());
    const { request } = seen;
    expect(request.take()).toBe(false);
    expect(seen.frame()).toBeUndefined();
    expect(seen.which).toBeNull();
    const frames: FrameMessage[] = [];
    const others: unknown[] = [];
    await evaluate({
      policy,
      suite: 'desk',
      tasks: ['reach'],
      episodes: 2,
      seed: 1,
      workers: 1,
      onlooker: {
        request,
        onSight: (sight) => {
          if (seen.take(sight)) others.push(seen.which);
          const frame = seen.frame();
          if (frame !== undefined) frames.push(frame);
        },
      },
    });
    expect(others).toEqual([
      { task: 'reach', seed: 1 },
      { task: 'reach', seed: 2 },
    ]);
    const ofFirst = frames.filter(({ episode }) => episode.number === 1);
    const timesS = ofFirst.map(({ episode }) => episode.timeS);
    expect(timesS.length).toBeGreaterThan(2);
    expect(timesS).toEqual(timesS.toSorted((a, b) => a - b));
    const [first] = ofFirst;
    expect(first?.strip?.actions.length).toBe(first?.joints.sentRad.length);
    expect(first?.things.length).toBeGreaterThan(0);
    expect(first?.clearances.map(({ kind }) => kind)).toContain('self');
    expect(first?.gate.events.length).toBeGreaterThan(0);
    expect(seen.pictures.map(([camera]) => camera)).toEqual(['front', 'wrist']);
  });
});

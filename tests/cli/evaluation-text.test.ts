import { expect, it } from 'vitest';
import { galleryOf } from '../../src/cli/evaluation-text.ts';
import type { Evaluation, EvaluationOutcome } from '../../src/runtime/evaluation.ts';

function task(name: string): Evaluation['tasks'][number] {
  return {
    task: name,
    episodes: 2,
    successes: 0,
    successRate: 0,
    ci95: [0, 0.66],
    failures: { dropped: 2 },
    wrongObjects: 0,
    wrongObjectRate: 0,
  };
}

const evaluation: Evaluation = {
  suite: 'desk',
  policy: 'desk',
  agent: 'policy',
  precision: 'int8',
  safetyMask: false,
  conditions: { shifted: true, paraphrased: false },
  seed: 7,
  tasks: [task('reach'), task('lift')],
  meanSuccessRate: 0,
  tick: { p50Ms: 1, p99Ms: 2 },
};

function outcome(name: string, seed: number): EvaluationOutcome {
  return {
    task: name,
    seed,
    instruction: 'do it',
    success: false,
    outcome: 'time-limit',
    phase: 'dropped',
    wrongObject: false,
    durationS: 8,
    ticks: 800,
    tickMs: { p50: 1, p99: 2, max: 2 },
    clip: `dropped/${name}-${seed}.mp4`,
  };
}

it('lists films by task and seed, in whatever order the episodes ended', () => {
  const ended = [outcome('lift', 8), outcome('reach', 8), outcome('lift', 7), outcome('reach', 7)];
  const { clips } = galleryOf(evaluation, ended, 'models/desk');
  expect(clips.map(({ task: name, seed }) => `${name} ${seed}`)).toEqual(['reach 7', 'reach 8', 'lift 7', 'lift 8']);
  expect(clips[0]?.command).toBe(
    'armature eval --policy models/desk --tasks reach --episodes 1 --seed 7 --shift --precision int8 --video again',
  );
});

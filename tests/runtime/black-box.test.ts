import fc from 'fast-check';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { timeline } from '../../src/record/black-box-timeline.ts';
import { blackBoxLines, parseBlackBox } from '../../src/record/black-box-format.ts';
import type { BlackBoxFile } from '../../src/record/black-box-format.ts';
import { BlackBoxRecorder } from '../../src/runtime/black-box-recorder.ts';
import { replayBlackBox } from '../../src/runtime/black-box-replay.ts';
import { BLACK_BOX_S, BlackBoxRing, checkpointTicks } from '../../src/runtime/black-box-ring.ts';
import { snapshotTicks } from '../../src/runtime/black-box-rows.ts';
import { runEpisode } from '../../src/runtime/loop.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import { ScriptedAgent, makeArmState, makeRobot, makeTarget } from '../../src/testing/index.ts';
import { PERIOD_NS, mirrorBench } from './mirror-bench.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const directory = temporaryFolder();

const facts = { version: '0.1.0', wallTime: () => '2026-01-02T03:04:05.000Z' };
const header = { cause: 'test', writtenAt: facts.wallTime(), armature: '0', node: '20', platform: 'linux x64' };

/** What an agent, a network or a fault may hand to the gate. */
const wishes = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 2, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.array(fc.double(), { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const stepsNs = fc.oneof({ weight: 8, arbitrary: fc.constant(PERIOD_NS) }, fc.integer({ min: -5e6, max: 4e8 }));

/** Drives a gate with anything, and gives what a black box makes of it. */
function recorded(
  inputs: readonly (readonly [readonly number[] | undefined, number])[],
  robot = makeRobot(),
): BlackBoxFile {
  const ring = new BlackBoxRing(robot);
  const gate = new SafetyGate(robot);
  gate.arm(makeArmState([0, 0.5]), -PERIOD_NS);
  let nowNs = 0;
  inputs.forEach(([wish, stepNs], gateTick) => {
    nowNs += stepNs;
    const value = makeArmState([0, 0.5], nowNs - (gateTick % 37 === 36 ? 2e8 : 0));
    const input = {
      nowNs,
      target: wish === undefined ? undefined : makeTarget(wish, nowNs - (gateTick % 53 === 52 ? 3e8 : 0)),
      measured: { value, ageNs: nowNs - value.stampNs, fresh: true },
    };
    if (gateTick % checkpointTicks(robot) === 0)
      ring.checkpoint({ tick: gateTick, isImposed: false, gate: gate.snapshot() });
    const decision = gate.step(input);
    ring.record({ tick: gateTick, input, gate: decision, sentRad: decision.emittedRad });
  });
  const snapshot = ring.snapshot();
  const { directory: _, ...description } = robot;
  const lines = blackBoxLines({ ...header, robot: description, start: snapshot.start }, snapshotTicks(snapshot, robot));
  return parseBlackBox([...lines].join(''), 'box.jsonl');
}

describe('a decision that its deadline cut short', () => {
  it('is told, with how many joints kept their last target, and counted in the timeline', () => {
    const robot = makeRobot();
    const ring = new BlackBoxRing(robot);
    const gate = new SafetyGate(robot);
    gate.arm(makeArmState([0, 0.5]), -PERIOD_NS);
    for (const [tick, keptJoints] of [0, 1, undefined, 2].entries()) {
      const nowNs = tick * PERIOD_NS;
      const measured = { value: makeArmState([0, 0.5], nowNs), ageNs: 0, fresh: true };
      const input = { nowNs, target: makeTarget([0, 0.5], nowNs), measured };
      const decision = gate.step(input);
      ring.record({ tick, input, gate: decision, sentRad: decision.emittedRad, actionTokens: [1, 2], keptJoints });
    }
    const { directory: _, ...description } = robot;
    const ticks = snapshotTicks(ring.snapshot(), robot);
    const lines = blackBoxLines({ ...header, robot: description, start: undefined }, ticks);
    const file = parseBlackBox([...lines].join(''), 'box.jsonl');
    expect(file.ticks.map(({ keptJoints }) => keptJoints)).toEqual([undefined, 1, undefined, 2]);
    expect(timeline(file).reduce((sum, { cutDecisions }) => sum + cutDecisions, 0)).toBe(2);
  });
});

describe('invariant 25: a black box put through the gate once more', () => {
  it('gives the same commands, reasons and states to the bit, whatever the gate was given', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(wishes, stepsNs), { minLength: 1, maxLength: 60 }), (inputs) => {
        const file = recorded(inputs);
        expect(file.ticks).toHaveLength(inputs.length);
        expect(replayBlackBox(file, 'box.jsonl')).toEqual({ ticks: inputs.length, firstDifference: undefined });
      }),
      { numRuns: 60 },
    );
  });

  it('begins at a checkpoint when the beginning is forgotten, and still holds the seconds it must', () => {
    const count = 3000;
    const file = recorded(
      Array.from({ length: count }, (_, index) => [[Math.sin(index / 30), 0.5], PERIOD_NS] as const),
    );
    const [first, last] = [file.ticks[0]?.tick ?? 0, file.ticks.at(-1)?.tick];
    expect(last).toBe(count - 1);
    expect(count - first).toBeGreaterThanOrEqual(BLACK_BOX_S * 100);
    expect(first % 100).toBe(0);
    expect(replayBlackBox(file, 'box.jsonl').firstDifference).toBeUndefined();
  });

  it('names the first tick at which the gate does otherwise', () => {
    const file = recorded(Array.from({ length: 50 }, () => [[1, 1], PERIOD_NS] as const));
    const ticks = file.ticks.map((tick) => (tick.tick === 20 ? { ...tick, reasons: ['stale-sensor'] } : tick));
    const replay = replayBlackBox({ ...file, ticks }, 'box.jsonl');
    expect(replay.firstDifference).toMatchObject({ tick: 20, what: 'reasons', recorded: 'stale-sensor' });
  });

  it('is refused when it does not say where to begin', () => {
    const file = recorded([[[1, 1], PERIOD_NS]]);
    expect(() => replayBlackBox({ ...file, header: { ...file.header, start: undefined } }, 'box.jsonl')).toThrow(
      /E_INVALID_FILE: box\.jsonl.*state of the gate/,
    );
  });
});

describe('invariant 24: a run with a black box', () => {
  const climbing = ({ commandRad }: { commandRad: Float64Array }): number[] => [(commandRad[0] ?? 0) + 0.02, 0.5];

  it('leaves a file for a stop on the way and one for its end, which replay to the bit', async () => {
    const folder = join(directory, 'run');
    const agent = new ScriptedAgent((seen) => (seen.tick === 10 ? undefined : climbing(seen)));
    const robot = makeRobot();
    const recorder = new BlackBoxRecorder({ robot, directory: folder, ...facts });
    const { options, steps } = await mirrorBench(agent, { listeners: [recorder] });
    await runEpisode(options);
    const { files, failures } = await recorder.settle('time-limit');
    expect(failures).toEqual([]);
    expect(files.map((path) => path.slice(folder.length + 1))).toEqual([
      'two-joint-no-target-1.jsonl',
      'two-joint-time-limit-1.jsonl',
    ]);
    expect((await readdir(folder)).toSorted()).toEqual(files.map((path) => path.slice(folder.length + 1)).toSorted());
    for (const path of files) {
      const file = parseBlackBox(await readFile(path, 'utf8'), path);
      expect(file.ticks.length).toBeGreaterThan(50);
      expect(replayBlackBox(file, path).firstDifference).toBeUndefined();
      for (const { tick, emittedRad, timeNs } of file.ticks) {
        expect(emittedRad).toEqual([...(steps[tick]?.gate.emittedRad ?? [])]);
        expect(timeNs).toBe(steps[tick]?.timeNs);
      }
    }
  });

  it('is not touched by a folder that cannot be written to', async () => {
    const occupied = join(directory, 'occupied');
    await writeFile(occupied, 'a file where a folder should be');
    const recorder = new BlackBoxRecorder({ robot: makeRobot(), directory: occupied, ...facts });
    const { options } = await mirrorBench(new ScriptedAgent(climbing), { listeners: [recorder] });
    expect(await runEpisode(options)).toMatchObject({ outcome: 'time-limit', listenerFailures: [] });
    const { files, failures } = await recorder.settle('time-limit');
    expect(files).toEqual([]);
    expect(failures.map(({ message }) => message)).toEqual([expect.stringMatching(/^E_BLACK_BOX: .*occupied/)]);
  });
});

import { describe, expect, it } from 'vitest';
import { EvidenceCollector } from '../../src/sim/episode-evidence.ts';
import type { OtherScene } from '../../src/sim/episode-evidence.ts';
import { classifyFailure } from '../../src/sim/failure-phase.ts';
import type { FailedEnding } from '../../src/sim/failure-phase.ts';
import { listTasks, loadTask } from '../../src/sim/load-task.ts';
import type { SceneState } from '../../src/sim/scene-state.ts';
import type { SuccessRule } from '../../src/sim/task-spec.ts';
import type { Vector3 } from '../../src/sim/world.ts';

/** What one tick shows of one thing: where it is, whether it is held, where it must go. */
interface Moment {
  readonly gripper?: Vector3;
  readonly thing?: Vector3;
  readonly goal?: Vector3;
  readonly held?: boolean;
  readonly jawRad?: number;
  readonly speedMPerS?: number;
}

const far: Vector3 = [0.2, 0.2, 0.1];
const home: Vector3 = [0.2, 0, 0.015];
const wayOff: Vector3 = [0.2, -0.15, 0.015];

function scene(moment: Moment): SceneState {
  const { gripper = far, thing = home, goal = wayOff, held = false, jawRad = 0.4, speedMPerS = 0 } = moment;
  return {
    gripper: { positionM: gripper, yawRad: 0, jawRad },
    grasp: { openRad: 0.5, releasedRad: 0.32, aheadM: 0, lowestM: 0.013, betweenM: [-0.01, 0.01] },
    axisM: [0, 0],
    source: { positionM: thing, yawRad: 0, speedMPerS },
    destination: { positionM: goal, yawRad: 0, speedMPerS: 0 },
    obstacles: [],
    fingerGapsM: held ? [0, 0] : [0.1, 0.1],
    held,
    pressedM: { source: 0, rivals: 0 },
  };
}

function repeat(ticks: number, moment: Moment): Moment[] {
  return Array.from({ length: ticks }, () => moment);
}

/** The thing in the gripper, carried in equal steps. */
function carried(ticks: number, from: Vector3, to: Vector3): Moment[] {
  return Array.from({ length: ticks }, (_, tick) => {
    const share = (tick + 1) / ticks;
    const at = from.map((value, axis) => value + share * ((to[axis] ?? 0) - value)) as unknown as Vector3;
    return { gripper: at, thing: at, held: true, jawRad: 0.1 };
  });
}

interface Story {
  readonly task: string;
  readonly moments: readonly Moment[];
  /** What happens meanwhile to a thing that is not meant; or to the named thing at a place not meant. */
  readonly other?: readonly Moment[];
  readonly isOtherSource?: boolean;
}

const rules = new Map(listTasks().map((task) => [task, loadTask(task).success] as const));

function ruleOf(task: string): SuccessRule {
  return rules.get(task) ?? expect.fail(`there is no task ${task}`);
}

function evidenceOf({ task, moments, other = [], isOtherSource = true }: Story): EvidenceCollector['evidence'] {
  const collector = new EvidenceCollector(ruleOf(task));
  moments.forEach((moment, tick) => {
    const seen = other[Math.min(tick, other.length - 1)];
    const others: OtherScene[] =
      seen === undefined ? [] : [{ source: 'cube_2', destination: 'zone_1', isOtherSource, scene: scene(seen) }];
    collector.observe(scene(moment), others);
  });
  return collector.evidence;
}

function phaseOf(story: Story, ending: FailedEnding = 'time-limit'): string {
  return classifyFailure(evidenceOf(story), ending);
}

const idle = repeat(40, {});
const above: Vector3 = [0.2, 0, 0.1];
const lifted = carried(20, home, above);

describe('an episode that failed', () => {
  it('did not find the thing when the gripper never came near it, whatever the task', () => {
    for (const task of ['reach', 'push', 'lift', 'stack', 'bin', 'shelf', 'button']) {
      expect(phaseOf({ task, moments: idle }), task).toBe('did-not-find');
    }
  });

  it('did not grasp a thing it was at but never raised or moved', () => {
    const at = repeat(40, { gripper: [0.2, 0.01, 0.02] });
    for (const task of ['push', 'lift', 'stack', 'bin', 'shelf']) {
      expect(phaseOf({ task, moments: at }), task).toBe('did-not-grasp');
    }
    const pinched = repeat(40, { gripper: home, held: true });
    expect(phaseOf({ task: 'lift', moments: pinched })).toBe('did-not-grasp');
  });

  it('missed the goal when the fingertips stopped beside the target', () => {
    expect(phaseOf({ task: 'reach', moments: repeat(40, { gripper: [0.2, 0.03, 0.03], goal: [0.2, 0, 0.035] }) })).toBe(
      'missed-goal',
    );
  });

  it('dropped a thing that fell from the closed jaw, or was let go of far from the goal', () => {
    const slipped = repeat(20, { gripper: above, jawRad: 0 });
    const opened = repeat(20, { gripper: above, jawRad: 0.5 });
    expect(phaseOf({ task: 'lift', moments: [...lifted, ...slipped] })).toBe('dropped');
    expect(phaseOf({ task: 'stack', moments: [...lifted, ...slipped] })).toBe('dropped');
    expect(phaseOf({ task: 'bin', moments: [...lifted, ...opened] })).toBe('dropped');
  });

  it('missed the goal when the jaw opened beside it, or the thing was set down', () => {
    const beside: Vector3 = [0.2, -0.11, 0.08];
    const onTable: Vector3 = [0.2, -0.11, 0.015];
    const carry = carried(30, home, beside);
    const opened = repeat(20, { gripper: beside, thing: onTable, jawRad: 0.5 });
    const setDown = [...carried(20, beside, onTable), ...repeat(20, { gripper: above, thing: onTable })];
    expect(phaseOf({ task: 'bin', moments: [...carry, ...opened] })).toBe('missed-goal');
    expect(phaseOf({ task: 'shelf', moments: [...carry, ...setDown] })).toBe('missed-goal');
  });

  it('missed the goal when it stood still with the thing in the air, and was not in time when still on the way', () => {
    const half: Vector3 = [0.2, -0.07, 0.08];
    const carry = carried(30, home, half);
    expect(phaseOf({ task: 'stack', moments: [...carry, ...repeat(40, carry.at(-1) ?? {})] })).toBe('missed-goal');
    expect(phaseOf({ task: 'stack', moments: carry })).toBe('not-in-time');
  });

  it('was not in time when only letting go, or waiting, was missing', () => {
    const over = carried(30, home, [0.2, -0.15, 0.08]);
    expect(phaseOf({ task: 'bin', moments: [...over, ...repeat(40, over.at(-1) ?? {})] })).toBe('not-in-time');
    expect(phaseOf({ task: 'lift', moments: [...idle, ...repeat(2, { thing: above })] })).toBe('not-in-time');
  });

  it('missed the goal when a pushed thing stopped beside it, and was not in time when it still moved there', () => {
    const pushed = Array.from({ length: 30 }, (_, tick): Moment => {
      const y = -0.003 * tick;
      return { gripper: [0.2, y + 0.03, 0.02], thing: [0.2, y, 0.015], speedMPerS: 0.06 };
    });
    const stopped = repeat(30, { thing: [0.2, -0.09, 0.015] });
    expect(phaseOf({ task: 'push', moments: pushed })).toBe('not-in-time');
    expect(phaseOf({ task: 'push', moments: [...pushed, ...stopped] })).toBe('missed-goal');
  });

  it('is told by a touch that lasts: brushing past and a flicker of the fingers do not count', () => {
    const flicker = [...idle, ...carried(2, home, [0.2, 0, 0.03]), ...repeat(20, { gripper: home })];
    expect(phaseOf({ task: 'lift', moments: flicker })).toBe('did-not-grasp');
    const lostForOneTick = [...lifted, { thing: above, gripper: above }, ...lifted.slice(-1)];
    expect(phaseOf({ task: 'stack', moments: [...lostForOneTick, ...repeat(40, lifted.at(-1) ?? {})] })).toBe('missed-goal');
  });

  it('forgets a drop that was made good', () => {
    const again = [...lifted, ...repeat(10, { jawRad: 0 }), ...carried(30, home, [0.2, -0.1, 0.08])];
    expect(phaseOf({ task: 'stack', moments: again })).toBe('not-in-time');
  });

  it('is judged by what ended it before all else, but for a wrong object', () => {
    const story: Story = { task: 'lift', moments: lifted };
    expect(phaseOf(story, 'failure')).toBe('out-of-reach');
    expect(phaseOf(story, 'stopped')).toBe('stopped');
    expect(phaseOf({ ...story, other: lifted }, 'failure')).toBe('wrong-object');
    expect(phaseOf({ ...story, other: lifted }, 'stopped')).toBe('stopped');
  });
});

describe('a wrong object', () => {
  const isWrong = (story: Story): boolean => evidenceOf(story).wrongObject;

  it('is another cube that is higher than the rule asks, for one tick, held or not', () => {
    const other = [...repeat(20, {}), { thing: [0.2, 0, 0.056] as Vector3 }, {}];
    expect(isWrong({ task: 'lift', moments: idle, other })).toBe(true);
    expect(isWrong({ task: 'lift', moments: idle, other: [{}, { thing: [0.2, 0, 0.054] }, {}] })).toBe(false);
  });

  it('is another cube picked up at all, in lifting as in placing', () => {
    const other = [...carried(10, home, [0.2, 0, 0.03]), {}];
    for (const task of ['lift', 'stack', 'bin', 'shelf']) expect(isWrong({ task, moments: idle, other }), task).toBe(true);
  });

  it('is another disc the fingertips stayed at for as long as the named one asks, not one they passed', () => {
    const at: Moment = { gripper: [0.2, 0, 0.035], goal: [0.2, 0, 0.035] };
    const leaving = (ticks: number): Moment[] => [{}, ...repeat(ticks, at), {}];
    expect(isWrong({ task: 'reach', moments: idle, other: leaving(3) })).toBe(true);
    expect(isWrong({ task: 'reach', moments: idle, other: leaving(2) })).toBe(false);
  });

  it('is another cube pushed by its length, unless the named one went farther', () => {
    const other = [{}, { thing: [0.2, 0.04, 0.015] as Vector3 }];
    expect(isWrong({ task: 'push', moments: idle, other })).toBe(true);
    expect(isWrong({ task: 'push', moments: [{}, { thing: [0.2, 0.05, 0.015] }], other })).toBe(false);
    expect(isWrong({ task: 'push', moments: idle, other: [{}, { thing: [0.2, 0.02, 0.015] }] })).toBe(false);
  });

  it('is the named thing at another place, and not one that was there from the start', () => {
    const there: Moment = { thing: wayOff };
    const moments = repeat(10, {});
    expect(isWrong({ task: 'push', moments, other: [{}, there, there, there], isOtherSource: false })).toBe(true);
    expect(isWrong({ task: 'push', moments, other: [there, there, there], isOtherSource: false })).toBe(false);
  });

  it('is another button pressed, however shortly', () => {
    const collector = new EvidenceCollector(ruleOf('button'));
    for (const source of [0, 0.005, 0]) {
      const pressed = { ...scene({}), pressedM: { source, rivals: 0 } };
      collector.observe(scene({}), [{ source: 'b', destination: 'b', isOtherSource: true, scene: pressed }]);
    }
    expect(collector.evidence.wrongObject).toBe(true);
  });
});

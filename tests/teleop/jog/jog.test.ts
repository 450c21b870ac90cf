import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { loadKinematics } from '../../../src/runtime/load-kinematics.ts';
import { Jog } from '../../../src/teleop/jog/jog.ts';
import { SINGULARITY } from '../../../src/teleop/jog/cartesian-jog.ts';
import { JOG_MODES, NO_AXES, jogSpeed } from '../../../src/teleop/jog/jog-input.ts';
import type { JogAxes, JogInput } from '../../../src/teleop/jog/jog-input.ts';
import { conditionNumber } from '../../../src/teleop/jog/resolve-motion.ts';
import { turnBetween } from '../../../src/teleop/jog/rotation.ts';
import type { Kinematics, Vector3 } from '../../../src/teleop/kinematics.ts';
import { makeRobot } from '../../../src/testing/index.ts';

const robot = loadRobot('so101');
const home = Float64Array.from(robot.homeRad);
const ARM = [0, 1, 2, 3, 4];
let kinematics: Kinematics;

beforeAll(async () => {
  kinematics = (await loadKinematics(robot)) as Kinematics;
});
afterAll(() => kinematics.dispose());

function input(axes: Partial<JogAxes>, changes: Partial<JogInput> = {}): JogInput {
  return { axes: { ...NO_AXES, ...axes }, isDeadManHeld: true, mode: 'base', joint: 0, speed: 'fast', ...changes };
}

/** An arm that is always where it was sent: all commands, the first one included. */
function follow(jog: Jog, from: Float64Array, asked: JogInput, ticks: number): Float64Array[] {
  const commands = [from];
  for (let tick = 0; tick < ticks; tick += 1) commands.push(jog.step(asked, commands.at(-1) ?? from) ?? from);
  return commands;
}

function last<T>(values: readonly T[]): T {
  return values.at(-1) as T;
}

function condition(commandRad: Float64Array): number {
  return conditionNumber(kinematics.look(commandRad).jacobian.map((row) => ARM.map((joint) => row[joint] ?? 0)));
}

function travelled(commands: readonly Float64Array[]): Vector3 {
  const [from, to] = [commands[0], last(commands)].map((command) => kinematics.look(command as Float64Array).positionM);
  return [0, 1, 2].map((axis) => (to?.[axis] ?? 0) - (from?.[axis] ?? 0)) as unknown as Vector3;
}

describe('jogging in space', () => {
  it.each([
    ['x', 1],
    ['x', -1],
    ['y', 1],
    ['y', -1],
    ['z', 1],
    ['z', -1],
  ] as const)('moves the gripper along %s, sign %i, in a straight line at the speed that is set', (axis, sign) => {
    const commands = follow(new Jog(robot, kinematics), home, input({ [axis]: sign }, { speed: 'medium' }), 20);
    const moved = travelled(commands);
    const along = 'xyz'.indexOf(axis);
    expect(moved[along]).toBeCloseTo(sign * jogSpeed('medium').positionMPerS, 3);
    moved.forEach((value, other) => expect(other === along || Math.abs(value) < 0.0005).toBe(true));
  });

  it('keeps the fingers pointing where they do, as far as five joints can', () => {
    const commands = follow(new Jog(robot, kinematics), home, input({ z: 1 }, { speed: 'medium' }), 20);
    const [before, after] = [home, last(commands)].map((command) => kinematics.look(command).rotation);
    expect(Math.hypot(...turnBetween(before ?? [], after ?? []))).toBeLessThan(0.03);
  });

  it('moves along the fingers in the tool frame', () => {
    const commands = follow(new Jog(robot, kinematics), home, input({ z: -1 }, { mode: 'tool', speed: 'medium' }), 20);
    const { rotation } = kinematics.look(home);
    const moved = travelled(commands);
    [2, 5, 8].forEach((element, axis) => expect(moved[axis]).toBeCloseTo(-0.06 * (rotation[element] ?? 0), 3));
  });

  it('turns about the point between the fingertips', () => {
    for (const turn of [{ pitch: -1 }, { yaw: 1 }]) {
      const commands = follow(new Jog(robot, kinematics), home, input(turn), 60);
      for (const command of commands) {
        const moved = travelled([home, command]);
        expect(Math.hypot(...moved)).toBeLessThan(0.002);
      }
      expect(
        Math.hypot(...turnBetween(kinematics.look(home).rotation, kinematics.look(last(commands)).rotation)),
      ).toBeGreaterThan(0.5);
    }
  });

  it('does not begin a turn that the arm cannot make', () => {
    expect(last(follow(new Jog(robot, kinematics), home, input({ roll: 1 }), 20))).toEqual(home);
  });

  it('is no faster along two axes at once than along one', () => {
    const commands = follow(new Jog(robot, kinematics), home, input({ x: 1, y: 1, z: 1 }, { speed: 'medium' }), 20);
    expect(Math.hypot(...travelled(commands))).toBeCloseTo(0.06, 3);
  });

  it('comes to rest at the edge of reach without bouncing, and comes back from there', () => {
    for (const axes of [{ x: 1 }, { y: 1 }, { z: 1 }, { z: -1 }, { x: -1 }, { x: 1, z: 1 }]) {
      const jog = new Jog(robot, kinematics);
      const out = follow(jog, home, input(axes), 300);
      const edge = last(out);
      expect(out.at(-2)).toEqual(edge);
      const opposite = Object.fromEntries(Object.entries(axes).map(([axis, value]) => [axis, -value]));
      expect(Math.hypot(...travelled(follow(jog, edge, input(opposite), 20)))).toBeGreaterThan(0.05);
    }
  });

  it('lets nobody jog in space without kinematics', () => {
    const jog = new Jog(makeRobot(), undefined);
    expect(jog.step(input({ x: 1 }), Float64Array.of(0, 0.5))).toBeUndefined();
    expect(jog.step(input({ joint: 1 }, { mode: 'joint' }), Float64Array.of(0, 0.5))).toBeDefined();
  });
});

describe('near singular poses', () => {
  // Stretched out: the elbow is straight and the wrist goes on in the same line.
  const outwards = { x: 1, z: 1 };

  it('invariant 8: slows down on the way to one, and ends before it', () => {
    const commands = follow(new Jog(robot, kinematics), home, input(outwards), 300);
    const conditions = commands.map(condition);
    const speeds = commands
      .slice(1)
      .map((command, tick) => Math.hypot(...travelled([commands[tick] as Float64Array, command])));
    expect(Math.max(...conditions)).toBeLessThan(SINGULARITY.haltAt);
    const [slow, free] = [
      speeds.filter((_, tick) => (conditions[tick + 1] ?? 0) > SINGULARITY.slowFrom),
      speeds.filter((_, tick) => (conditions[tick + 1] ?? 0) < SINGULARITY.slowFrom / 2),
    ];
    expect(Math.max(...slow)).toBeLessThan(Math.max(...free));
    expect(last(speeds)).toBe(0);
  });

  it('invariant 8: moves away from one that the arm stands in, and not on into it', () => {
    // The elbow straight at -1.3 rad: a condition number of 607.
    const singular = Float64Array.of(0, 0.6, -1.3, 0, 0, 0.5);
    expect(condition(singular)).toBeGreaterThan(100);
    let [left, stayed] = [0, 0];
    for (const axes of [
      { x: 1 },
      { x: -1 },
      { y: 1 },
      { y: -1 },
      { z: 1 },
      { z: -1 },
      { x: -1, z: -1 },
      { x: 1, z: 1 },
    ]) {
      const commands = follow(new Jog(robot, kinematics), singular, input(axes), 40);
      if (last(commands).every((value, joint) => value === singular[joint])) stayed += 1;
      else if (condition(last(commands)) < condition(singular)) left += 1;
    }
    expect(left + stayed).toBe(8);
    expect(left).toBeGreaterThan(0);
  });
});

describe('jogging a joint', () => {
  it('moves the joint that is selected, and no other, as far as its soft limit', () => {
    const commands = follow(new Jog(robot, kinematics), home, input({ joint: -1 }, { mode: 'joint', joint: 2 }), 200);
    expect((commands[1]?.[2] ?? 0) - (home[2] ?? 0)).toBeCloseTo(-0.8 / 20, 9);
    const [low] = robot.joints[2]?.limits.positionRad ?? [];
    expect(last(commands)[2]).toBeCloseTo((low ?? 0) + 0.03, 4);
    last(commands).forEach((value, joint) => expect(joint === 2 || value === home[joint]).toBe(true));
  });

  it('opens and closes the gripper in every mode', () => {
    for (const mode of JOG_MODES) {
      const [, next] = follow(new Jog(robot, kinematics), home, input({ gripper: -1 }, { mode }), 1);
      expect((next?.[5] ?? 0) - (home[5] ?? 0)).toBeCloseTo(-2 / 20, 9);
    }
  });

  it('goes no faster than half of what a slow robot allows', () => {
    const [shoulder, gripper] = makeRobot().joints as [RobotJoint, RobotJoint];
    const slow = makeRobot({
      joints: [{ ...shoulder, limits: { ...shoulder.limits, velocityRadPerS: 0.2 } }, gripper],
    });
    const [, next] = follow(
      new Jog(slow, undefined),
      Float64Array.of(0, 0.5),
      input({ joint: 1 }, { mode: 'joint' }),
      1,
    );
    expect(next?.[0]).toBeCloseTo(0.1 / 20, 9);
  });
});

type RobotJoint = ReturnType<typeof makeRobot>['joints'][number];

describe('the dead-man', () => {
  it('without it there is no target', () => {
    const jog = new Jog(robot, kinematics);
    for (const mode of JOG_MODES) {
      expect(jog.step(input({ x: 1, joint: 1, gripper: 1 }, { mode, isDeadManHeld: false }), home)).toBeUndefined();
    }
  });

  it('taken anew, it starts from where the arm was sent last', () => {
    const jog = new Jog(robot, kinematics);
    follow(jog, home, input({ x: 1 }), 10);
    jog.step(input({ x: 1 }, { isDeadManHeld: false }), home);
    const elsewhere = Float64Array.of(0.4, -0.3, 0.4, 1, 0.2, 0.5);
    const next = jog.step(input({}), elsewhere);
    expect([...(next ?? [])].map((value, joint) => Math.abs(value - (elsewhere[joint] ?? 0)) < 1e-9)).not.toContain(
      false,
    );
  });

  it('invariant 8: no axis that is no number between -1 and 1 makes a target', () => {
    for (const value of [NaN, Infinity, -Infinity, 1.01, -2]) {
      for (const axis of Object.keys(NO_AXES)) {
        for (const mode of JOG_MODES) {
          expect(new Jog(robot, kinematics).step(input({ [axis]: value }, { mode }), home)).toBeUndefined();
        }
      }
    }
  });

  it('nor does an arm of which nobody knows where it was sent', () => {
    const jog = new Jog(robot, kinematics);
    expect(
      jog.step(
        input({ x: 1 }),
        Float64Array.from(home, () => NaN),
      ),
    ).toBeUndefined();
    expect(jog.step(input({ x: 1 }), Float64Array.of(0, 0))).toBeUndefined();
  });
});

import fc from 'fast-check';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { blackBoxLines, parseBlackBox } from '../../../src/record/black-box-format.ts';
import { COMMAND_CODES } from '../../../src/runtime/arm/message-formats.ts';
import type { OperatorCommand } from '../../../src/runtime/arm/message-formats.ts';
import type { ArmRecord } from '../../../src/runtime/arm/record-format.ts';
import { replayBlackBox } from '../../../src/runtime/black-box-replay.ts';
import { snapshotTicks } from '../../../src/runtime/black-box-rows.ts';
import { DRIVER_FAULTS } from '../../../src/testing/index.ts';
import { GateBench, PERIOD_NS, SUPERVISOR_MS, robot } from './gate-bench.ts';

const OPERATOR_COMMANDS = Object.keys(COMMAND_CODES) as OperatorCommand[];
/** Time enough for every stop, in ticks. */
const STOP_TICKS = 100;
const PERIOD_S = PERIOD_NS / 1e9;

/** The largest velocity and acceleration that were commanded, over their limits, are at most 1. */
function expectWithinLimits(records: readonly ArmRecord[]): void {
  const commands = records.filter(({ state }) => state !== 'disarmed');
  const worst = robot.joints.flatMap(({ limits }, joint) => {
    let velocity = 0;
    return commands.flatMap(({ emittedRad, previousRad }) => {
      const next = ((emittedRad[joint] ?? NaN) - (previousRad[joint] ?? NaN)) / PERIOD_S;
      const acceleration = (next - velocity) / PERIOD_S;
      velocity = next;
      return [Math.abs(next) / limits.velocityRadPerS, Math.abs(acceleration) / limits.accelerationRadPerS2];
    });
  });
  expect(Math.max(...worst)).toBeLessThanOrEqual(1 + 1e-6);
}

function expectAt(record: ArmRecord, positionsRad: readonly number[]): void {
  record.sentRad.forEach((position, joint) => expect(position).toBeCloseTo(positionsRad[joint] ?? NaN, 9));
}

describe('the loop of the gate', () => {
  it('commands nothing before it is armed', () => {
    const bench = new GateBench();
    bench.run(10, () => bench.follow([1, 1]));
    expect(bench.driver.writes).toBe(0);
    expect(bench.last).toMatchObject({ state: 'disarmed', setpoint: -1 });
  });

  it('follows setpoints once armed, with one write per tick', () => {
    const bench = GateBench.moving();
    expect(bench.last.state).toBe('active');
    expect(bench.last.sentRad[0]).toBeGreaterThan(0.1);
    expect(bench.driver.writes).toBe(40);
    bench.run(300, () => bench.follow([1.2, 1]));
    expectAt(bench.last, [1.2, 1]);
    expectWithinLimits(bench.records);
  });

  it('refuses to arm where the arm cannot be, and tells why', () => {
    const bench = new GateBench();
    bench.driver.fault = 'impossible';
    bench.run(1);
    bench.command('arm');
    bench.run(1, () => bench.follow([1, 1]));
    expect(bench.failures).toEqual([expect.objectContaining({ code: 'E_CANNOT_ARM' })]);
    expect(bench.driver.writes).toBe(0);
  });

  it('stops for the operator, and heeds no setpoint until it is armed again', () => {
    const bench = GateBench.moving();
    bench.command('stop');
    bench.run(STOP_TICKS, () => bench.follow([1.2, 1]));
    const stood = bench.last.sentRad;
    expect(bench.last).toMatchObject({ cause: 'operator', isStill: true, target: undefined });
    bench.run(50, () => bench.follow([1.2, 1]));
    expect(bench.last.sentRad).toEqual(stood);
    bench.command('arm');
    bench.run(300, () => bench.follow([1.2, 1]));
    expectAt(bench.last, [1.2, 1]);
    expectWithinLimits(bench.records);
  });

  it('stops when the agent has nothing to command, and goes on when it has', () => {
    const bench = GateBench.moving();
    bench.run(STOP_TICKS, () => bench.follow(undefined));
    expect(bench.last).toMatchObject({ cause: 'none', isStill: true, reasons: ['no-target'] });
    bench.run(5, () => bench.follow([1.2, 1]));
    expect(bench.last.state).toBe('active');
  });

  it('stops when setpoints grow too old', () => {
    const bench = GateBench.moving();
    bench.run(STOP_TICKS);
    expect(bench.last).toMatchObject({ isStill: true, reasons: ['stale-target'] });
    expectWithinLimits(bench.records);
  });

  it('stops when the supervisor falls silent, and waits for an operator', () => {
    const bench = GateBench.moving();
    bench.isSupervised = false;
    // Setpoints alone do not show that somebody supervises.
    bench.run(SUPERVISOR_MS / 10 + STOP_TICKS, () => bench.follow([1.2, 1]));
    expect(bench.last).toMatchObject({ cause: 'supervisor-silent', isStill: true });
    // Its state is kept once a second, and where it was changed; not at every tick that nothing changed.
    expect(bench.checkpoints).toBeLessThan(8);
    bench.isSupervised = true;
    bench.run(50, () => bench.follow([0, 0.5]));
    expect(bench.last).toMatchObject({ cause: 'supervisor-silent', isStill: true });
    // Its state is kept once a second, and where it was changed; not at every tick that nothing changed.
    expect(bench.checkpoints).toBeLessThan(8);
    bench.command('arm');
    bench.run(5, () => bench.follow([0, 0.5]));
    expect(bench.last).toMatchObject({ cause: 'none', state: 'active' });
    expectWithinLimits(bench.records);
  });

  it('stops when the supervisor is gone, and ends', () => {
    const bench = GateBench.moving();
    bench.isSupervised = false;
    bench.memory.supervisorSlot.write([NaN]);
    bench.run(STOP_TICKS, () => bench.follow([1.2, 1]));
    expect(bench.isOver).toBe(true);
    expect(bench.last).toMatchObject({ cause: 'supervisor-gone', isStill: true });
    expectWithinLimits(bench.records);
  });

  it.each(['silent', 'stale', 'not-finite'] as const)('stops within its limits when sensors are %s', (fault) => {
    const bench = GateBench.moving();
    bench.driver.fault = fault;
    bench.run(STOP_TICKS, () => bench.follow([1.2, 1]));
    expect(bench.last.isStill).toBe(true);
    expect(bench.last.state).not.toBe('active');
    expectWithinLimits(bench.records);
  });

  it('goes on after a late tick with the time that really passed', () => {
    const bench = GateBench.moving();
    bench.clock.advanceNs(3 * PERIOD_NS);
    bench.run(1, () => bench.follow([1.2, 1]));
    const { emittedRad, previousRad } = bench.last;
    const velocity = ((emittedRad[0] ?? 0) - (previousRad[0] ?? 0)) / (4 * PERIOD_S);
    expect(Math.abs(velocity)).toBeLessThanOrEqual((robot.joints[0]?.limits.velocityRadPerS ?? 0) * (1 + 1e-9));
    expect(velocity).toBeGreaterThan(0);
  });
});

describe('the emergency stop', () => {
  it('stops the arm, drops what is commanded, and takes a release, a reset and arming to move again', () => {
    const bench = GateBench.moving();
    bench.command('estop');
    bench.run(STOP_TICKS, () => bench.follow([1.2, 1]));
    expect(bench.last).toMatchObject({ state: 'estop', isStill: true });
    for (const command of ['reset', 'arm'] as const) {
      bench.command(command);
      bench.run(2, () => bench.follow([1.2, 1]));
      expect(bench.last.state).toBe('estop');
    }
    bench.command('release');
    bench.command('reset');
    bench.run(2, () => bench.follow([1.2, 1]));
    expect(bench.last.state).toBe('disarmed');
    bench.command('arm');
    bench.run(5, () => bench.follow([1.2, 1]));
    expect(bench.last.state).toBe('active');
    expectWithinLimits(bench.records);
  });
});

describe('torque', () => {
  it('comes on with arming, and stays through a stop that holds', () => {
    const bench = new GateBench();
    bench.run(2);
    expect(bench.driver.hasTorque).toBeUndefined();
    bench.command('arm');
    bench.run(2);
    expect(bench.driver.hasTorque).toBe(true);
    bench.command('stop');
    bench.run(STOP_TICKS);
    expect(bench.last).toMatchObject({ state: 'hold', isStill: true });
    expect(bench.driver.hasTorque).toBe(true);
  });

  it.each(['disarm', 'estop'] as const)('is taken away by %s once the arm stands, and not before', (command) => {
    const bench = GateBench.moving();
    bench.command(command);
    bench.run(STOP_TICKS, () =>
      expect(bench.driver.hasTorque).toBe(bench.last.isStill ? bench.driver.hasTorque : true),
    );
    expect(bench.last.isStill).toBe(true);
    expect(bench.driver.hasTorque).toBe(false);
    expectWithinLimits(bench.records);
  });

  it('is left on when the supervisor is gone: nobody has looked whether the arm may sink', () => {
    const bench = GateBench.moving();
    bench.memory.supervisorSlot.write([NaN]);
    bench.isSupervised = false;
    bench.run(STOP_TICKS);
    expect(bench.isOver).toBe(true);
    expect(bench.driver.hasTorque).toBe(true);
  });

  it('that cannot be switched is told once', () => {
    const bench = GateBench.moving();
    bench.command('stop');
    bench.run(STOP_TICKS);
    bench.command('disarm');
    bench.driver.setTorque = () => {
      throw new Error('no answer');
    };
    bench.run(20);
    expect(bench.failures).toHaveLength(1);
    expect(bench.last.state).toBe('disarmed');
  });
});

describe('what motors and robot report of themselves', () => {
  it.each([
    ['overheated', 'over-temperature'],
    ['brown-out', 'voltage-range'],
    ['over-current', 'over-current'],
    ['motor-error', 'motor-error'],
  ] as const)('invariant 13, 16: %s latches a protective stop within the limits', (fault, reason) => {
    const bench = GateBench.moving();
    bench.driver.fault = fault;
    bench.run(STOP_TICKS + 60, () => bench.follow([1.2, 1]));
    expect(bench.last).toMatchObject({ state: 'protective-stop', isStill: true });
    expect(bench.records.some(({ reasons }) => reasons.includes(reason))).toBe(true);
    expectWithinLimits(bench.records);
  });

  it("invariant 16: the robot's own emergency stop is taken in the same tick, and latches", () => {
    const bench = GateBench.moving();
    bench.driver.fault = 'emergency-stop';
    bench.run(1, () => bench.follow([1.2, 1]));
    expect(bench.last.state).toBe('estop');
    bench.driver.fault = undefined;
    bench.run(STOP_TICKS, () => bench.follow([1.2, 1]));
    expect(bench.last).toMatchObject({ state: 'estop', isStill: true });
  });
});

describe('a lowered speed', () => {
  it('holds until the arm is disarmed and beyond, and nothing but an operator raises it', () => {
    const bench = GateBench.moving();
    bench.command('stop');
    bench.run(STOP_TICKS);
    bench.command('slow');
    bench.run(1);
    expect(bench.failures).toEqual([expect.objectContaining({ code: 'E_SPEED_SCALE' })]);
    bench.command('slow', 0.1);
    bench.command('arm');
    bench.run(40, () => bench.follow([-1.2, 1]));
    expect(bench.last.state).toBe('reduced');
    const speeds = bench.records
      .slice(-30)
      .map(({ emittedRad, previousRad }) => (emittedRad[0] ?? NaN) - (previousRad[0] ?? NaN));
    const limit = robot.joints[0]?.limits.velocityRadPerS ?? NaN;
    expect(Math.max(...speeds.map(Math.abs)) / PERIOD_S).toBeLessThanOrEqual(0.1 * limit * (1 + 1e-9));
  });
});

describe('invariant 15: what was commanded while the link was down', () => {
  it('is dropped: a hundred setpoints bring nothing when the link stands again, and an operator has to arm', () => {
    const bench = GateBench.moving();
    bench.driver.fault = 'unplugged';
    const { writes } = bench.driver;
    bench.run(100, () => bench.follow([1.2, 1]));
    expect(bench.last.state).toBe('protective-stop');
    expect(bench.failures[0]).toMatchObject({ code: 'E_NOT_CONNECTED' });
    bench.driver.fault = undefined;
    bench.run(100, () => bench.follow([1.2, 1]));
    expect(bench.driver.writes).toBe(writes);
    expect(bench.last).toMatchObject({ state: 'protective-stop', cause: 'link' });
    bench.command('arm');
    bench.run(1);
    expect(bench.failures.at(-1)).toMatchObject({ code: 'E_CANNOT_ARM' });
    bench.command('reset');
    bench.command('arm');
    bench.run(20);
    // Armed where it is, and what was wanted before is not wanted any more.
    expect(bench.last.sentRad).toEqual(bench.last.measuredRad);
    expect(bench.last).toMatchObject({ state: 'hold', isStill: true, setpoint: bench.records[41]?.setpoint });
  });
});

describe('invariant 23: the tick', () => {
  it('keeps nothing: ten thousand ticks leave the heap as it was', () => {
    const bench = GateBench.moving();
    const ticks = (count: number): void => {
      for (let tick = 0; tick < count; tick += 1) {
        bench.run(1, () => bench.follow([Math.sin(tick / 50), 0.5]));
        bench.records.length = 0;
      }
    };
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const usedBytes = (): number => {
      collectGarbage();
      return getHeapStatistics().used_heap_size;
    };
    ticks(2000);
    const before = usedBytes();
    ticks(10_000);
    // Code that was compiled meanwhile counts as well, hence the room.
    expect(usedBytes() - before).toBeLessThan(2e6);
  });

  it('is synchronous: what a tick says is there when it returns', () => {
    const bench = GateBench.moving();
    const count = bench.records.length;
    bench.run(1);
    expect(bench.records.length).toBe(count + 1);
  });
});

describe('invariant 25: the black box of a gate in its own thread', () => {
  const targets = [[1.2, 1], [-1, 0.2], [0.3, Number.NaN], [0.1, 0.5, 0.2], undefined];
  const deed = fc.oneof(
    { weight: 4, arbitrary: fc.record({ follow: fc.constantFrom(...targets) }) },
    {
      weight: 2,
      arbitrary: fc.record({ command: fc.constantFrom(...OPERATOR_COMMANDS), value: fc.constantFrom(0.3, 1) }),
    },
    { weight: 1, arbitrary: fc.record({ isSupervised: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        fault: fc.constantFrom(undefined, ...DRIVER_FAULTS.filter((name) => name !== 'hanging')),
      }),
    },
  );

  it('is repeated to the bit, whatever operators commanded meanwhile', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(deed, fc.integer({ min: 1, max: 90 })), { maxLength: 12 }), (deeds) => {
        const bench = GateBench.moving();
        for (const [what, ticks] of deeds) {
          if ('command' in what) bench.command(what.command, what.value);
          if ('fault' in what) bench.driver.fault = what.fault;
          if ('isSupervised' in what) bench.isSupervised = what.isSupervised;
          bench.run(ticks, () => ('follow' in what ? bench.follow(what.follow) : undefined));
        }
        const snapshot = bench.box.snapshot();
        const { directory: _, ...description } = robot;
        const facts = { cause: 'test', writtenAt: '', armature: '0', node: '20', platform: 'linux x64' };
        const header = { ...facts, robot: description, start: snapshot.start };
        const lines = [...blackBoxLines(header, snapshotTicks(snapshot, robot))].join('');
        const file = parseBlackBox(lines, 'box.jsonl');
        const replay = replayBlackBox(file, 'box.jsonl');
        expect(replay.firstDifference).toBeUndefined();
        expect(replay.ticks).toBeGreaterThan(30);
      }),
      { numRuns: 60 },
    );
  });
});

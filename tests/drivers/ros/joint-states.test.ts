import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JointStates } from '../../../src/drivers/ros/joint-states.ts';
import { SCHEMAS, parseMessage } from '../../../src/drivers/ros/messages.ts';
import type { JointStateMessage } from '../../../src/drivers/ros/messages.ts';
import { StampClock } from '../../../src/drivers/ros/stamp-clock.ts';
import '../../property-seed.ts';
import { jointState, rosRobot } from './ros-robot.ts';

function read(message: Record<string, unknown>): JointStateMessage {
  return parseMessage(SCHEMAS.jointState, message, { name: '/joint_states', type: 'JointState' });
}

function statesOf(changes: Record<string, unknown> = {}): JointStates {
  const robot = rosRobot(changes);
  return new JointStates(robot, robot.drivers.ros);
}

const GRIPPER = {
  kind: 'gripper-command',
  name: '/hand/gripper_cmd',
  positionsRad: [0, 0.8],
  commands: [0, 0.04],
  stateTopic: '/hand/joint_states',
};

describe('joint states', () => {
  it('keep both times', () => {
    const states = statesOf();
    states.take(read(jointState(5e18, { shoulder: 1 })), 7e9);
    expect(states.newest).toMatchObject({ robotStampNs: 5e18, arrivedNs: 7e9, stampNs: 7e9 });
    // 20 ms later by the robot's clock, 25 ms later here: 5 ms old.
    states.take(read(jointState(5e18 + 20e6, { shoulder: 1 })), 7.025e9);
    expect((states.newest?.arrivedNs ?? 0) - (states.newest?.stampNs ?? 0)).toBeCloseTo(5e6, -4);
  });

  it('pass over what is about other joints, and take what lacks one of theirs for a fault', () => {
    const states = statesOf();
    expect(states.take(read({ ...jointState(1e18), name: ['left', 'right'] }), 0)).toBe(false);
    expect(states.newest).toBeUndefined();
    expect(states.take(read({ ...jointState(1e18), name: ['left', 'arm_1'] }), 0)).toBe(true);
    expect(states.newest?.positionsRad).toEqual(Float64Array.of(0, NaN));
  });

  it('without a stamp have no time', () => {
    const states = statesOf();
    states.take(read(jointState(0)), 7e9);
    expect(states.newest?.stampNs).toBeNaN();
  });

  it('derive velocities and leave out efforts where robot.yaml says so', () => {
    const states = statesOf({
      jointStates: { names: { shoulder: 'arm_1' }, velocities: 'derived', efforts: 'none' },
    });
    const bare = (timeNs: number, shoulder: number): JointStateMessage =>
      read({ ...jointState(timeNs, { shoulder }), velocity: [], effort: [null, null] });
    states.take(bare(1e18, 0), 1e9);
    expect(states.newest).toMatchObject({ velocitiesRadPerS: Float64Array.of(0, 0), effortsNm: Float64Array.of(0, 0) });
    states.take(bare(1e18 + 10e6, 0.02), 1.01e9);
    expect(states.newest?.velocitiesRadPerS[0]).toBeCloseTo(2, 3);
  });

  it('have the gripper of another topic in rad, until it is too old', () => {
    const states = statesOf({ gripper: GRIPPER });
    const hand = { ...jointState(2e18), name: ['gripper'], position: [0.02], velocity: [0.05], effort: [30] };
    states.takeGripper(read(hand), 1e9);
    const arm = { ...jointState(1e18), name: ['arm_1'], position: [0.3], velocity: [0], effort: [1] };
    states.take(read(arm), 1.1e9);
    expect([...(states.newest?.positionsRad ?? [])]).toEqual([0.3, expect.closeTo(0.4)]);
    // What the fingers do in N and m/s is what the joint does in Nm and rad/s.
    expect(states.newest?.velocitiesRadPerS[1]).toBeCloseTo(1);
    expect(states.newest?.effortsNm[1]).toBeCloseTo(1.5);
    states.take(read(arm), 1.6e9);
    expect(states.newest?.positionsRad[1]).toBeNaN();
  });
});

describe('the clock of a robot', () => {
  it('never gives a time after the arrival, and keeps the order of stamps while its clock runs evenly', () => {
    const step = fc.record({ elapsedMs: fc.integer({ min: 1, max: 100 }), delayMs: fc.integer({ min: 0, max: 50 }) });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 2, maxLength: 50 }),
        fc.integer({ min: 0, max: 2_000_000_000 }),
        (steps, startS) => {
          const clock = new StampClock();
          let measuredNs = 1e12;
          for (const { elapsedMs, delayMs } of steps) {
            measuredNs += elapsedMs * 1e6;
            const arrivedNs = measuredNs + delayMs * 1e6;
            const stampNs = clock.toMonotonic(measuredNs + startS * 1e9, arrivedNs);
            expect(stampNs).toBeLessThanOrEqual(arrivedNs + 1000);
            // Wrong by no more than the delay of the fastest message so far.
            expect(stampNs - measuredNs).toBeGreaterThanOrEqual(-1000);
            expect(stampNs - measuredNs).toBeLessThanOrEqual(50e6 + 1000);
          }
        },
      ),
    );
  });

  it('that is set back makes states look old, until they have been so for the whole window', () => {
    const clock = new StampClock();
    let [robotNs, hereNs] = [5e18, 1e9];
    const ageMs = (): number => {
      robotNs += 10e6;
      hereNs += 10e6;
      return (hereNs - clock.toMonotonic(robotNs, hereNs)) / 1e6;
    };
    expect(ageMs()).toBeCloseTo(0, 2);
    robotNs -= 3e9;
    expect(ageMs()).toBeCloseTo(3000, 0);
    for (let count = 0; count < 1300; count += 1) ageMs();
    expect(ageMs()).toBeCloseTo(0, 2);
    robotNs += 5e9;
    expect(ageMs()).toBeCloseTo(0, 2);
  });
});

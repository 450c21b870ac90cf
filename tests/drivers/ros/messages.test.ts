import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArmatureError } from '../../../src/core/errors.ts';
import { JointStates } from '../../../src/drivers/ros/joint-states.ts';
import { SCHEMAS, parseMessage, toReadable, toRosNumbers, toRosTime } from '../../../src/drivers/ros/messages.ts';
import { TYPES, toMessageType } from '../../../src/drivers/ros/message-types.ts';
import '../../property-seed.ts';
import { rosRobot } from './ros-robot.ts';

const ORIGIN = { name: '/joint_states', type: TYPES.jointState };

interface Captured {
  readonly dir: 'in' | 'out';
  readonly binary?: boolean;
  readonly data: string;
}

/** What the true rosbridge 0.11.17 sent as text. */
const captured = (JSON.parse(readFileSync('tests/fixtures/rosbridge_0.11.17.json', 'utf8')) as Captured[])
  .filter(({ dir, binary }) => dir === 'in' && binary !== true)
  .map(({ data }) => JSON.parse(data) as Record<string, unknown>);

describe('messages of a bridge', () => {
  it('are read as the true bridge of ROS 1 sends them', () => {
    const states = captured.filter((frame) => frame['topic'] === '/joint_states');
    expect(states.length).toBeGreaterThan(3);
    const stamps = states.map(({ msg }) => {
      const { name, position, header } = parseMessage(SCHEMAS.jointState, msg, ORIGIN);
      expect(name).toContain('shoulder_pan');
      expect(position).toHaveLength(name.length);
      return header.stamp;
    });
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
    expect((stamps[0] as number) / 1e9).toBeCloseTo(1_795_305_094.6163, 4);
  });

  it('say what is wrong with them, and where they came from', () => {
    expect(() => parseMessage(SCHEMAS.jointState, { name: [3] }, ORIGIN)).toThrow(
      /E_ROS_MESSAGE.*\/joint_states.*JointState.*header/,
    );
  });

  it('are a state or a clear error, whatever comes', () => {
    const robot = rosRobot();
    const numbers = fc.oneof(
      fc.array(fc.oneof(fc.double(), fc.constant(null))),
      fc.float64Array(),
      fc.constant(undefined),
      fc.anything(),
    );
    const stamp = fc.oneof(
      fc.record({ sec: fc.nat(), nanosec: fc.nat({ max: 999_999_999 }) }),
      fc.record({ secs: fc.nat(), nsecs: fc.nat({ max: 999_999_999 }) }),
      fc.anything(),
    );
    const message = fc.oneof(
      fc.record({
        header: fc.record({ stamp }),
        name: fc.oneof(fc.array(fc.constantFrom('gripper', 'arm_1', 'other')), fc.anything()),
        position: numbers,
        velocity: numbers,
        effort: numbers,
      }),
      fc.anything(),
    );
    const states = new JointStates(robot, robot.drivers.ros);
    let arrivedNs = 0;
    fc.assert(
      fc.property(message, (value) => {
        arrivedNs += 1e7;
        try {
          const isOurs = states.take(parseMessage(SCHEMAS.jointState, value, ORIGIN), arrivedNs);
          if (!isOurs) return;
          const { newest } = states;
          for (const values of [newest?.positionsRad, newest?.velocitiesRadPerS, newest?.effortsNm]) {
            expect(values).toBeInstanceOf(Float64Array);
            expect(values).toHaveLength(robot.joints.length);
          }
          // A stamp of the future would make an old state look young.
          expect((newest?.stampNs as number) <= arrivedNs || Number.isNaN(newest?.stampNs)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ArmatureError);
        }
      }),
    );
  });

  it('never hold numbers that JSON cannot', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        if (values.every(Number.isFinite))
          expect(JSON.parse(JSON.stringify(toRosNumbers(values, 'x')))).toEqual(values.map((value) => value + 0 || 0));
        else expect(() => toRosNumbers(values, 'x')).toThrow('E_ROS_MESSAGE');
      }),
    );
  });

  it('carry times of either version there and back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2),
        fc.nat({ max: 4_000_000_000 }),
        fc.nat({ max: 999 }),
        (version, seconds, millis) => {
          const timeNs = seconds * 1e9 + millis * 1e6;
          const stamp = toRosTime(version, timeNs);
          expect(Object.keys(stamp)).toEqual(version === 1 ? ['secs', 'nsecs'] : ['sec', 'nanosec']);
          const message = { header: { stamp }, name: [], position: [] };
          expect(Math.abs(parseMessage(SCHEMAS.jointState, message, ORIGIN).header.stamp - timeNs)).toBeLessThan(1000);
        },
      ),
    );
  });

  it('have the names of the types of their version', () => {
    expect(toMessageType(1, TYPES.jointState)).toBe('sensor_msgs/JointState');
    expect(toMessageType(1, TYPES.trigger)).toBe('std_srvs/Trigger');
    expect(toMessageType(2, TYPES.followJointTrajectory)).toBe('control_msgs/action/FollowJointTrajectory');
  });

  it('are shown to people without pictures', () => {
    const shown = toReadable({
      data: new Uint8Array(5),
      list: Float64Array.of(1, NaN),
      text: 'a'.repeat(3000),
      none: null,
    });
    expect(shown).toEqual({ data: '5 bytes', list: [1, NaN], text: '3000 characters', none: null });
  });
});

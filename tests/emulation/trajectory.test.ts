import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolate, readTrajectory, sampleTrajectory } from '../../src/emulation/ros-arm/trajectory.ts';
import type { TrajectoryPoint } from '../../src/emulation/ros-arm/trajectory.ts';
import { MessageCodec } from '../../src/emulation/rosbridge/message-codec.ts';
import type { RosMessage } from '../../src/emulation/rosbridge/message-codec.ts';

const RULES = { joints: ['a', 'b'], allowsVelocityAtEnd: false };
const codec = new MessageCodec(2, () => 0);

function trajectory(points: object[], changes: object = {}): RosMessage {
  const message = { header: { stamp: { sec: 0, nanosec: 0 } }, joint_names: ['a', 'b'], points, ...changes };
  return codec.decode('trajectory_msgs/JointTrajectory', message);
}

const at = (sec: number): object => ({ time_from_start: { sec, nanosec: 0 } });

describe('reading a JointTrajectory', () => {
  it('brings joints into the order of the controller', () => {
    const { points } = readTrajectory(
      trajectory([{ positions: [1, 2], ...at(1) }], { joint_names: ['b', 'a'] }),
      RULES,
      0,
    );
    expect(points[0]).toMatchObject({ timeNs: 1e9, positions: [2, 1] });
  });

  it.each([
    ['a joint of another arm', { joint_names: ['a', 'x'] }, [{ positions: [1, 2], ...at(1) }]],
    ['a joint too few', { joint_names: ['a'] }, [{ positions: [1], ...at(1) }]],
    ['no joints', { joint_names: [] }, [{ positions: [], ...at(1) }]],
    ['a position too few', {}, [{ positions: [1], ...at(1) }]],
    [
      'times that do not increase',
      {},
      [
        { positions: [1, 2], ...at(1) },
        { positions: [1, 2], ...at(1) },
      ],
    ],
    ['a velocity at the end', {}, [{ positions: [1, 2], velocities: [0, 0.1], ...at(1) }]],
    ['an end in the past', { header: { stamp: { sec: 1, nanosec: 0 } } }, [{ positions: [1, 2], ...at(1) }]],
  ])('refuses %s', (_, changes, points) => {
    expect(() => readTrajectory(trajectory(points, changes), RULES, 9e9)).toThrow();
  });

  it('takes an empty one: it means to hold', () => {
    expect(readTrajectory(trajectory([], { joint_names: [] }), RULES, 0).points).toEqual([]);
  });

  it('takes a velocity at the end where that is allowed', () => {
    const message = trajectory([{ positions: [1, 2], velocities: [0, 0.1], ...at(1) }]);
    expect(readTrajectory(message, { ...RULES, allowsVelocityAtEnd: true }, 0).points).toHaveLength(1);
  });
});

const number = fc.double({ min: -2, max: 2, noNaN: true });
const point = (timeNs: number): fc.Arbitrary<TrajectoryPoint> =>
  fc.record({
    timeNs: fc.constant(timeNs),
    positions: fc.tuple(number),
    velocities: fc.option(fc.tuple(number), { nil: undefined }),
    accelerations: fc.option(fc.tuple(number), { nil: undefined }),
  });

describe('interpolation', () => {
  it('goes through both knots, whatever they give', () => {
    fc.assert(
      fc.property(point(0), point(5e8), (from, to) => {
        expect(interpolate(from, to, 0)[0]).toBeCloseTo(from.positions[0] as number, 9);
        expect(interpolate(from, to, 5e8)[0]).toBeCloseTo(to.positions[0] as number, 9);
      }),
    );
  });

  it('leaves and arrives with the velocities of the knots', () => {
    fc.assert(
      fc.property(point(0), point(5e8), number, number, (from, to, first, last) => {
        const knots = [
          { ...from, velocities: [first] },
          { ...to, velocities: [last] },
        ] as const;
        const position = (timeNs: number): number => interpolate(...knots, timeNs)[0] as number;
        expect((position(1e3) - position(0)) / 1e-6).toBeCloseTo(first, 2);
        expect((position(5e8) - position(5e8 - 1e3)) / 1e-6).toBeCloseTo(last, 2);
      }),
    );
  });

  it('stays at the last knot, and begins at the state before', () => {
    const knot = { velocities: undefined, accelerations: undefined };
    const points = [{ ...knot, timeNs: 1e9, positions: [1] }];
    const before = { ...knot, timeNs: 0, positions: [0] };
    const sample = (timeNs: number): number | undefined => sampleTrajectory({ points, startNs: 0 }, before, timeNs)[0];
    expect([sample(0), sample(5e8), sample(1e9), sample(9e9)]).toEqual([0, 0.5, 1, 1]);
  });
});

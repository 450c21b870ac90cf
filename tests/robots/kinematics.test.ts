import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { loadKinematics } from '../../src/runtime/load-kinematics.ts';
import type { Kinematics } from '../../src/teleop/kinematics.ts';

/** A homogeneous transform, row-major, shape (4, 4). */
type Transform = readonly number[];

/** One joint of an arm: where it sits in the frame of the joint before it at zero, and its axis there. */
interface Joint {
  readonly placeM: readonly [number, number, number];
  readonly axis: readonly [number, number, number];
}

/*
 * What is published of each arm, and what its gripper frame is from the last frame of that; every robot below is held
 * against it in poses all over its range.
 */
const PI = Math.PI;

/** Universal Robots' DH parameters of the UR5e: a, d, alpha. The base of DH is base_link turned by half a turn. */
const UR5E = [
  [0, 0.1625, PI / 2],
  [-0.425, 0, 0],
  [-0.3922, 0, 0],
  [0, 0.1333, PI / 2],
  [0, 0.0997, -PI / 2],
  [0, 0.0996, 0],
] as const;

/** Franka's DH parameters of the FR3, after Craig: a, d, alpha of the frame before the joint; the flange last. */
const FR3 = [
  [0, 0.333, 0],
  [0, 0, -PI / 2],
  [0, 0.316, PI / 2],
  [0.0825, 0, PI / 2],
  [-0.0825, 0.384, -PI / 2],
  [0, 0, PI / 2],
  [0.088, 0, PI / 2],
] as const;

/** The joints of the SO-100's published URDF, x forward. */
const SO100: readonly Joint[] = [
  { placeM: [0.0452, 0, 0.0165], axis: [0, 0, -1] },
  { placeM: [0.0306, 0, 0.1025], axis: [0, 1, 0] },
  { placeM: [0.028, 0, 0.11257], axis: [0, 1, 0] },
  { placeM: [0.1349, 0, 0.0052], axis: [0, 1, 0] },
  { placeM: [0.0601, 0, 0], axis: [-1, 0, 0] },
];

/** The joints of the Koch's published URDF, x forward; the shoulder's and elbow's offsets along their own axes left out. */
const KOCH: readonly Joint[] = [
  { placeM: [-0.012, 0, 0.0409], axis: [0, 0, -1] },
  { placeM: [0, 0, 0.0154], axis: [0, 1, 0] },
  { placeM: [0.0148, 0, 0.1083], axis: [0, 1, 0] },
  { placeM: [0.10048, 0, 0.0027], axis: [0, 1, 0] },
  { placeM: [0.045, 0.0013, 0], axis: [-1, 0, 0] },
];

const FINGERS_OF_TOOL = turnOf([0, 1, 0], [1, 0, 0], [0, 0, -1]);
const FINGERS_ABOVE = turnOf([0, 0, 1], [0, 1, 0], [-1, 0, 0]);
const FINGERS_BESIDE = turnOf([0, 1, 0], [0, 0, -1], [-1, 0, 0]);

const ARMS: Readonly<Record<string, (jointsRad: readonly number[]) => Transform>> = {
  ur5e: (q) => product(turn([0, 0, 1], PI), ...UR5E.map(([a, d, alpha], i) => standardDh(a, d, alpha, q[i] ?? 0)), shift([0, 0, 0.155]), FINGERS_OF_TOOL),
  fr3: (q) =>
    product(
      ...FR3.map(([a, d, alpha], i) => craigDh(a, d, alpha, q[i] ?? 0)),
      shift([0, 0, 0.107]),
      turn([0, 0, 1], -PI / 4),
      shift([0, 0, 0.1034]),
      FINGERS_OF_TOOL,
    ),
  so100: (q) => product(chain(SO100, q), shift([0.096, 0, 0.005]), FINGERS_ABOVE),
  koch: (q) => product(chain(KOCH, q), shift([0.06, 0.005, 0]), FINGERS_BESIDE),
};

describe.each(Object.entries(ARMS))('%s', (name, published) => {
  const robot = loadRobot(name);

  it('has the forward kinematics that are published', async () => {
    const kinematics = (await loadKinematics(robot)) as Kinematics;
    const rng = new Rng(3);
    const poses = [robot.homeRad, robot.restRad];
    for (let count = 0; count < 200; count += 1) {
      poses.push(robot.joints.map(({ limits }) => rng.uniform(...limits.positionRad)));
    }
    for (const pose of poses) {
      const { positionM, rotation } = kinematics.look(Float64Array.from(pose));
      const expected = published(pose);
      positionM.forEach((value, axis) => expect(value).toBeCloseTo(expected[4 * axis + 3] ?? NaN, 7));
      rotation.forEach((value, entry) => expect(value).toBeCloseTo(expected[4 * Math.floor(entry / 3) + (entry % 3)] ?? NaN, 7));
    }
    kinematics.dispose();
  });
});

it('has the hand where Franka says it is in the pose everybody starts from', () => {
  const expected = ARMS['fr3']?.([0, -PI / 4, 0, (-3 * PI) / 4, 0, PI / 2, PI / 4]) ?? [];
  [0.3069, 0, 0.4869].forEach((value, axis) => expect(expected[4 * axis + 3]).toBeCloseTo(value, 4));
});

function chain(joints: readonly Joint[], jointsRad: readonly number[]): Transform {
  return product(...joints.flatMap(({ placeM, axis }, index) => [shift(placeM), turn(axis, jointsRad[index] ?? 0)]));
}

/** Rotation about z by theta, along z by d, along the new x by a, about it by alpha. */
function standardDh(a: number, d: number, alpha: number, theta: number): Transform {
  return product(turn([0, 0, 1], theta), shift([a, 0, d]), turn([1, 0, 0], alpha));
}

/** The link before the joint first: about x by alpha, along it by a, then about and along z. */
function craigDh(a: number, d: number, alpha: number, theta: number): Transform {
  return product(turn([1, 0, 0], alpha), shift([a, 0, 0]), turn([0, 0, 1], theta), shift([0, 0, d]));
}

function shift([x, y, z]: readonly [number, number, number]): Transform {
  return [1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, z, 0, 0, 0, 1];
}

/** About an axis of unit length along x, y or z. */
function turn([x, y, z]: readonly [number, number, number], angle: number): Transform {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const v = 1 - c;
  return [x * x * v + c, x * y * v - z * s, x * z * v + y * s, 0, x * y * v + z * s, y * y * v + c, y * z * v - x * s, 0, x * z * v - y * s, y * z * v + x * s, z * z * v + c, 0, 0, 0, 0, 1];
}

/** By where the axes point. */
function turnOf(x: readonly number[], y: readonly number[], z: readonly number[]): Transform {
  const row = (axis: number): number[] => [x[axis] ?? 0, y[axis] ?? 0, z[axis] ?? 0, 0];
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
}

function product(...transforms: readonly Transform[]): Transform {
  return transforms.reduce((left, right) =>
    Array.from({ length: 16 }, (_, entry) => {
      const [row, column] = [4 * Math.floor(entry / 4), entry % 4];
      return [0, 1, 2, 3].reduce((sum, k) => sum + (left[row + k] ?? 0) * (right[4 * k + column] ?? 0), 0);
    }),
  );
}

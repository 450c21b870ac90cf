import type { CameraSpec } from '../robot/robot-spec.ts';
import { floats } from './world.ts';
import type { Vector3, World } from './world.ts';

/** Small errors of a camera's mount: shift in m in camera axes, rotation in rad about camera axes. */
export interface CameraShift {
  readonly positionM: Vector3;
  readonly rotationRad: Vector3;
}

export const noShift: CameraShift = { positionM: [0, 0, 0], rotationRad: [0, 0, 0] };

/** Where a camera is, base frame, and its axes as a row-major matrix (x right, y up, looking along -z). */
export interface CameraPose {
  readonly positionM: Vector3;
  readonly rotation: Float64Array;
}

/** The pose of the camera with this MuJoCo id, its mount off by `shift`. */
export function cameraPose({ data }: World, id: number, shift: CameraShift): CameraPose {
  const mount = floats(data.cam_xmat).subarray(9 * id, 9 * id + 9);
  const rotation = multiply(mount, smallRotation(shift.rotationRad));
  const [x = 0, y = 0, z = 0] = floats(data.cam_xpos).subarray(3 * id, 3 * id + 3);
  const offset = new Float64Array(3);
  rotate(rotation, Float64Array.from(shift.positionM), offset, 0);
  const [offX = 0, offY = 0, offZ = 0] = offset;
  return { positionM: [x + offX, y + offY, z + offZ], rotation };
}

/** Farther than this outside the picture, places are not told apart. */
const marginShare = 0.5;

/**
 * Where a point of the base frame appears in a camera's picture: column and row as shares of width and
 * height from the top left, in [0, 1] inside the picture and at most half a picture outside it.
 */
export function pictureOf(world: World, camera: CameraSpec, shift: CameraShift, pointM: Vector3): [number, number] {
  const id = world.idOf('CAMERA', camera.name);
  const { positionM, rotation } = cameraPose(world, id, shift);
  const along = (axis: number): number =>
    pointM.reduce((sum, value, row) => sum + (value - (positionM[row] ?? 0)) * (rotation[3 * row + axis] ?? 0), 0);
  // Behind the camera or in its plane: far outside, on the side where the point is.
  const depthM = Math.max(-along(2), 1e-6);
  const halfHeight = depthM * Math.tan(((floats(world.model.cam_fovy)[id] ?? 45) * Math.PI) / 360);
  const halfWidth = (halfHeight * camera.width) / camera.height;
  const clipped = (share: number): number => Math.min(1 + marginShare, Math.max(-marginShare, share));
  return [clipped(0.5 + along(0) / (2 * halfWidth)), clipped(0.5 - along(1) / (2 * halfHeight))];
}

/** out[at..at+2] = matrix * vectors[at..at+2]; hot path, so no destructuring. */
export function rotate(matrix: Float64Array, vectors: Float64Array, out: Float64Array, at: number): void {
  const x = vectors[at] as number;
  const y = vectors[at + 1] as number;
  const z = vectors[at + 2] as number;
  out[at] = (matrix[0] as number) * x + (matrix[1] as number) * y + (matrix[2] as number) * z;
  out[at + 1] = (matrix[3] as number) * x + (matrix[4] as number) * y + (matrix[5] as number) * z;
  out[at + 2] = (matrix[6] as number) * x + (matrix[7] as number) * y + (matrix[8] as number) * z;
}

/** Rotation matrix of a small rotation vector (first order, then orthonormal enough below 0.1 rad). */
function smallRotation([x, y, z]: Vector3): Float64Array {
  return Float64Array.of(1, -z, y, z, 1, -x, -y, x, 1);
}

function multiply(left: Float64Array, right: Float64Array): Float64Array {
  const product = new Float64Array(9);
  for (let row = 0; row < 3; row += 1) {
    for (let column = 0; column < 3; column += 1) {
      for (let inner = 0; inner < 3; inner += 1) {
        const at = 3 * row + column;
        product[at] = (product[at] as number) + (left[3 * row + inner] as number) * (right[3 * inner + column] as number);
      }
    }
  }
  return product;
}

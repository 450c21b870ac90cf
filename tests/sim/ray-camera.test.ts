import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRobot } from '../../src/robot/load-robot.ts';
import type { CameraSpec } from '../../src/robot/robot-spec.ts';
import { noShift, pictureOf } from '../../src/sim/camera-pose.ts';
import { RayCamera, defaultLighting } from '../../src/sim/ray-camera.ts';
import { World } from '../../src/sim/world.ts';
import type { Vector3 } from '../../src/sim/world.ts';

const robot = loadRobot('so101');
const size = { width: 64, height: 64 };
let world: World;
let camera: RayCamera;

beforeAll(async () => {
  world = await World.load({ robot, scene: 'lift' });
  camera = new RayCamera(world, 'front', size);
});

afterAll(() => {
  camera.dispose();
  world.dispose();
});

/** Middle of the pixels that are clearly redder than green and blue, [column, row], and how many there are. */
function redBlob(rgb: Uint8Array): { centre: [number, number]; pixels: number } {
  let [columns, rows, pixels] = [0, 0, 0];
  for (let pixel = 0; pixel < size.width * size.height; pixel += 1) {
    const [red = 0, green = 0, blue = 0] = rgb.subarray(3 * pixel, 3 * pixel + 3);
    if (red < 2 * Math.max(green, blue) || red < 60) continue;
    columns += pixel % size.width;
    rows += Math.floor(pixel / size.width);
    pixels += 1;
  }
  return { centre: [columns / pixels, rows / pixels], pixels };
}

function pictureOfCubeAt(position: Vector3, shift?: { positionM: Vector3; rotationRad: Vector3 }): Uint8Array {
  world.reset(robot.restRad);
  world.setBodyPose('cube_1', [0.2, 0.4, 0.015]);
  world.setBodyPose('cube_3', [0.2, -0.4, 0.015]);
  world.setBodyPose('cube_2', position);
  world.setGeomColour('cube_2', [0.8, 0.05, 0.05]);
  world.forward();
  return camera.render(defaultLighting, shift);
}

describe('RayCamera', () => {
  it('shows a cube where it is: the left of the base is the right of the picture, far is up', () => {
    const middle = redBlob(pictureOfCubeAt([0.2, 0, 0.015]));
    const left = redBlob(pictureOfCubeAt([0.2, 0.08, 0.015]));
    const near = redBlob(pictureOfCubeAt([0.26, 0, 0.015]));
    expect(middle.centre[0]).toBeGreaterThan(29);
    expect(middle.centre[0]).toBeLessThan(34);
    expect(left.centre[0]).toBeGreaterThan(middle.centre[0] + 8);
    expect(near.centre[1]).toBeGreaterThan(middle.centre[1] + 5);
  });

  it('shows a 3 cm cube in the work area at 5 to 10 pixels', () => {
    const { pixels } = redBlob(pictureOfCubeAt([0.2, 0, 0.015]));
    expect(Math.sqrt(pixels)).toBeGreaterThan(5);
    expect(Math.sqrt(pixels)).toBeLessThan(10);
  });

  it('moves the picture when its mount is turned', () => {
    const straight = redBlob(pictureOfCubeAt([0.2, 0, 0.015]));
    const turned = redBlob(pictureOfCubeAt([0.2, 0, 0.015], { positionM: [0, 0, 0], rotationRad: [0, 0.05, 0] }));
    // 0.05 rad of a field of view of 28 degrees over 64 pixels are 6.5 pixels.
    expect(Math.abs(turned.centre[0] - straight.centre[0])).toBeGreaterThan(5);
    expect(Math.abs(turned.centre[0] - straight.centre[0])).toBeLessThan(8);
  });

  it('is where pictureOf says a thing appears, also when the mount is off', () => {
    const shift = { positionM: [0.002, -0.003, 0.001], rotationRad: [0.02, -0.03, 0.01] } as const;
    const { centre } = redBlob(pictureOfCubeAt([0.18, 0.05, 0.015], shift));
    const camera = robot.cameras.find(({ name }) => name === 'front') as CameraSpec;
    const [column, row] = pictureOf(world, camera, shift, [0.18, 0.05, 0.015]);
    expect(Math.abs(64 * column - 0.5 - centre[0])).toBeLessThan(1);
    expect(Math.abs(64 * row - 0.5 - centre[1])).toBeLessThan(1);
  });

  it('gives a place at most half a picture outside to what it does not see', () => {
    const camera = robot.cameras.find(({ name }) => name === 'front') as CameraSpec;
    expect(pictureOf(world, camera, noShift, [0.2, 9, 0.015])[0]).toBe(1.5);
    expect(pictureOf(world, camera, noShift, [0.2, -9, 0.015])[0]).toBe(-0.5);
  });

  it('follows the light', () => {
    const bright = camera.render({ ...defaultLighting, ambient: 0.8 });
    const dark = camera.render({ ...defaultLighting, ambient: 0.2, diffuse: 0.1 });
    const sum = (rgb: Uint8Array): number => rgb.reduce((total, value) => total + value, 0);
    expect(sum(dark)).toBeLessThan(0.6 * sum(bright));
  });

  it('draws the same picture of the same state', () => {
    expect(pictureOfCubeAt([0.2, 0, 0.015])).toEqual(pictureOfCubeAt([0.2, 0, 0.015]));
  });

  it('names a camera that is not there', () => {
    expect(() => new RayCamera(world, 'ceiling', size)).toThrow('no camera named "ceiling"');
  });
});

import type { DoubleBuffer, IntBuffer } from '@mujoco/mujoco';
import { cameraPose, noShift, rotate } from './camera-pose.ts';
import type { CameraShift } from './camera-pose.ts';
import { floats } from './world.ts';
import type { Vector3, World } from './world.ts';

/** Light and colour of a scene, as data: what varies from episode to episode. */
export interface Lighting {
  /** Unit vector from the scene towards the light. */
  readonly direction: Vector3;
  /** Share of a surface's colour seen without direct light, [0, 1]. */
  readonly ambient: number;
  /** Added by direct light at normal incidence, [0, 1]. */
  readonly diffuse: number;
  /** Gain of the red, green and blue channel. */
  readonly gain: Vector3;
  /** What rays see that hit nothing, [0, 1]. */
  readonly background: Vector3;
}

export const defaultLighting: Lighting = {
  direction: [0.32, 0.24, 0.917],
  ambient: 0.45,
  diffuse: 0.6,
  gain: [1, 1, 1],
  background: [0.55, 0.6, 0.66],
};

const farM = 10;

/**
 * A pinhole camera by MuJoCo's own ray caster and Lambert's cosine law: no graphics library, the same
 * picture on every machine. About 200 ns a ray on primitive shapes.
 */
export class RayCamera {
  readonly width: number;
  readonly height: number;
  readonly #world: World;
  readonly #id: number;
  /** Ray directions in camera axes (x right, y up, looking along -z), shape (height * width, 3). */
  readonly #rays: Float64Array;
  /** Not in WASM memory: the call copies it there, and a view would be detached when that makes the memory grow. */
  readonly #directions: Float64Array;
  readonly #geoms: IntBuffer;
  readonly #distances: DoubleBuffer;
  readonly #normals: DoubleBuffer;

  constructor(world: World, name: string, size: { width: number; height: number }) {
    this.#world = world;
    this.#id = world.idOf('CAMERA', name);
    this.width = size.width;
    this.height = size.height;
    const count = size.width * size.height;
    this.#rays = pinholeRays(size, floats(world.model.cam_fovy)[this.#id] ?? 45);
    this.#directions = new Float64Array(3 * count);
    this.#geoms = new world.module.IntBuffer(count);
    this.#distances = new world.module.DoubleBuffer(count);
    this.#normals = new world.module.DoubleBuffer(3 * count);
  }

  /** Draws what the camera sees now, 8-bit RGB, shape (height, width, 3), row-major from the top left. */
  render(lighting: Lighting = defaultLighting, shift: CameraShift = noShift): Uint8Array {
    const { module, model, data } = this.#world;
    const origin = this.#aim(shift);
    const count = this.width * this.height;
    const directions = this.#directions as unknown as number[];
    const groups = [1, 1, 1, 1, 0, 0];
    // prettier-ignore
    module.mj_multiRay(model, data, origin, directions, groups, true, -1, this.#geoms, this.#distances, this.#normals, count, farM);
    return this.#shade(lighting, count);
  }

  dispose(): void {
    for (const buffer of [this.#geoms, this.#distances, this.#normals]) buffer.delete();
  }

  /** Turns the rays into world directions and gives the camera's position. */
  #aim(shift: CameraShift): [number, number, number] {
    const { positionM, rotation } = cameraPose(this.#world, this.#id, shift);
    const rays = this.#rays;
    const out = this.#directions;
    for (let at = 0; at < rays.length; at += 3) rotate(rotation, rays, out, at);
    return [...positionM];
  }

  #shade(lighting: Lighting, count: number): Uint8Array {
    const image = new Uint8Array(3 * count);
    const geoms = this.#geoms.GetView() as unknown as Int32Array;
    const normals = floats(this.#normals.GetView());
    const colours = floats(this.#world.model.geom_rgba);
    const [lightX, lightY, lightZ] = lighting.direction;
    for (let pixel = 0; pixel < count; pixel += 1) {
      const geom = geoms[pixel] as number;
      const at = 3 * pixel;
      const cosine =
        (normals[at] as number) * lightX + (normals[at + 1] as number) * lightY + (normals[at + 2] as number) * lightZ;
      const brightness = 255 * (lighting.ambient + lighting.diffuse * Math.max(0, cosine));
      for (let channel = 0; channel < 3; channel += 1) {
        const gain = lighting.gain[channel] as number;
        const value =
          geom < 0
            ? 255 * (lighting.background[channel] as number) * gain
            : (colours[4 * geom + channel] as number) * brightness * gain;
        image[at + channel] = Math.min(255, value);
      }
    }
    return image;
  }
}

/** Ray through each pixel centre of a pinhole camera with the given vertical field of view, deg. */
function pinholeRays(size: { width: number; height: number }, fieldOfViewDeg: number): Float64Array {
  const rays = new Float64Array(3 * size.width * size.height);
  const scale = Math.tan((fieldOfViewDeg * Math.PI) / 360) / (size.height / 2);
  for (let row = 0; row < size.height; row += 1) {
    for (let column = 0; column < size.width; column += 1) {
      const x = (column + 0.5 - size.width / 2) * scale;
      const y = (size.height / 2 - row - 0.5) * scale;
      const norm = Math.hypot(x, y, 1);
      rays.set([x / norm, y / norm, -1 / norm], 3 * (row * size.width + column));
    }
  }
  return rays;
}

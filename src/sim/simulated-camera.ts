import type { CameraFrame } from '../core/observation.ts';
import type { Rng } from '../core/rng.ts';
import type { CameraSpec } from '../robot/robot-spec.ts';
import type { CameraShift } from './camera-pose.ts';
import { RayCamera, defaultLighting } from './ray-camera.ts';
import type { Lighting } from './ray-camera.ts';
import { simBlock } from './world.ts';
import type { World } from './world.ts';

/** How the cameras of one episode differ from the ideal. */
export interface CameraVariation {
  readonly lighting: Lighting;
  /** Mount errors by camera name. */
  readonly cameraShifts: Readonly<Record<string, CameraShift>>;
}

export const noVariation: CameraVariation = { lighting: defaultLighting, cameraShifts: {} };

/** A camera of the robot in a simulated world: ray-cast picture plus pixel noise. */
export class SimulatedCamera {
  readonly spec: CameraSpec;
  readonly #camera: RayCamera;
  readonly #pixelDeviation: number;
  variation: CameraVariation = noVariation;

  constructor(world: World, spec: CameraSpec) {
    this.spec = spec;
    this.#camera = new RayCamera(world, spec.name, spec);
    this.#pixelDeviation = simBlock(world.robot).noise.pixel;
  }

  capture(stampNs: number, rng: Rng): CameraFrame {
    const rgb = this.#camera.render(this.variation.lighting, this.variation.cameraShifts[this.spec.name]);
    if (this.#pixelDeviation > 0) addPixelNoise(rgb, this.#pixelDeviation, rng);
    return { camera: this.spec.name, width: this.spec.width, height: this.spec.height, rgb, stampNs };
  }

  dispose(): void {
    this.#camera.dispose();
  }
}

/**
 * Adds noise of the given standard deviation: the sum of the four bytes of a random word is near enough
 * to normal (Irwin and Hall), and costs one draw a value instead of a logarithm and a cosine.
 */
function addPixelNoise(rgb: Uint8Array, deviation: number, rng: Rng): void {
  const byteDeviation = Math.sqrt((4 * (256 ** 2 - 1)) / 12);
  const scale = deviation / byteDeviation;
  for (let index = 0; index < rgb.length; index += 1) {
    const word = rng.nextUint32();
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    const value = (rgb[index] as number) + (sum - 510) * scale + 0.5;
    rgb[index] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}

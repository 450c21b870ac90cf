import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeVideo } from '../record/video.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { StepListener, StepRecord } from './step-listener.ts';

/** Keeps what all cameras saw at each control tick, side by side, for a video. */
export class EpisodeFilm implements StepListener {
  readonly name = 'film';
  readonly frames: Uint8Array[] = [];
  readonly width: number;
  readonly height: number;
  readonly #robot: RobotSpec;

  constructor(robot: RobotSpec) {
    this.#robot = robot;
    this.width = robot.cameras.reduce((sum, camera) => sum + camera.width, 0);
    this.height = Math.max(0, ...robot.cameras.map((camera) => camera.height));
  }

  onStep({ isControlTick, observation }: StepRecord): void {
    if (!isControlTick) return;
    const rgb = new Uint8Array(3 * this.width * this.height);
    let left = 0;
    for (const { name, width } of this.#robot.cameras) {
      const frame = observation.cameras.get(name)?.value;
      for (let row = 0; frame !== undefined && row < frame.height; row += 1) {
        const line = frame.rgb.subarray(3 * row * width, 3 * (row + 1) * width);
        rgb.set(line, 3 * (row * this.width + left));
      }
      left += width;
    }
    this.frames.push(rgb);
  }

  /** Writes an mp4 at the control rate. Throws ArmatureError where video is not available. */
  async save(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    const { width, height, frames } = this;
    await writeVideo({ path, width, height, fps: this.#robot.rates.controlHz, frames });
  }
}

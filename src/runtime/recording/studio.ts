import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { CameraFrame } from '../../core/observation.ts';
import type { StampedSource } from '../../core/source.ts';
import type { DatasetWriter } from '../../record/dataset-writer.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { pushedCamera } from '../../sensors/camera/camera-address.ts';
import type { CameraAddress } from '../../sensors/camera/camera-address.ts';
import { CameraHub } from '../camera/camera-hub.ts';
import { EpisodeRecorder } from '../episode-recorder.ts';
import type { EpisodeKeeper } from './episode-keeper.ts';
import { LiveRecorder } from './live-recorder.ts';
import { openRecording } from './open-dataset.ts';
import { recordingFeatures } from './recorded-features.ts';
import type { RecordedCamera } from './recorded-features.ts';

export interface StudioOptions {
  /** Of the dataset. */
  readonly directory: string;
  readonly robot: RobotSpec;
  /** Continue the dataset there, if there is one. */
  readonly resume: boolean;
  /** False: pictures are stored one by one, as an agent sees them. */
  readonly video: boolean;
  /** Real ones. Those of the robot that are not among them are simulated. */
  readonly cameras: readonly CameraAddress[];
  readonly clock: Clock;
  /** The scene is drawn from a seed. */
  readonly hasScene: boolean;
  /** A camera that gives no picture for so long when a recording begins is not there, ms; default 10,000. */
  readonly readyMs?: number;
}

/** Videos of the episode under way stand here, on the file system of the dataset. */
const UNDER_WAY = '.recording';
const READY_MS = 10_000;

/** A dataset that is being recorded, and the cameras whose pictures go into it. */
export class Studio {
  readonly writer: DatasetWriter;
  /** Undefined where no camera is real and no video is recorded. */
  readonly hub: CameraHub | undefined;
  readonly #options: StudioOptions;

  private constructor(options: StudioOptions, writer: DatasetWriter, hub: CameraHub | undefined) {
    this.#options = options;
    this.writer = writer;
    this.hub = hub;
  }

  /** Throws what openRecording and CameraHub throw, and E_CAMERA for a camera that gives no picture. */
  static async open(options: StudioOptions): Promise<Studio> {
    const { directory, robot, resume, video, cameras, clock, hasScene, readyMs = READY_MS } = options;
    const simulated = simulatedCameras(options);
    const addresses = [...cameras, ...(video ? simulated.map(({ name }) => pushedCamera(name)) : [])];
    const hub = addresses.length === 0 ? undefined : await CameraHub.open({ robot, cameras: addresses, clock });
    try {
      if (video) for (const camera of simulated) hub?.push(blankFrame(camera, clock.nowNs()));
      await hub?.ready(readyMs);
      const features = recordingFeatures(robot, {
        hasScene,
        ...(video ? { pictures: 'video', cameras: recordedCameras(options, hub) } : {}),
      });
      const writer = await openRecording(directory, robot, { features, resume });
      await rm(join(directory, UNDER_WAY), { recursive: true, force: true });
      return new Studio(options, writer, hub);
    } catch (error) {
      await hub?.close();
      throw error;
    }
  }

  /** Real cameras of the robot, as an agent sees them. */
  get sources(): ReadonlyMap<string, StampedSource<CameraFrame>> {
    const names = new Set(this.#options.cameras.map(({ name }) => name));
    return new Map([...(this.hub?.sources ?? [])].filter(([name]) => names.has(name)));
  }

  /** Begins an episode. @param seed what its scene is drawn from */
  async keep(seed: number): Promise<EpisodeKeeper> {
    const { robot, directory, video, hasScene } = this.#options;
    const sceneSeed = hasScene ? seed : undefined;
    if (!video || this.hub === undefined) return new EpisodeRecorder(robot, sceneSeed);
    const underWay = join(directory, UNDER_WAY);
    await mkdir(underWay, { recursive: true });
    await this.hub.beginEpisode({ directory: underWay, fps: robot.rates.controlHz });
    return new LiveRecorder({
      cameras: recordedCameras(this.#options, this.hub).map(({ name }) => name),
      pushed: simulatedCameras(this.#options).map(({ name }) => name),
      sink: this.hub,
      sceneSeed,
    });
  }

  async close(): Promise<void> {
    await this.hub?.close();
    await rm(join(this.#options.directory, UNDER_WAY), { recursive: true, force: true });
    await this.writer.close();
  }
}

function simulatedCameras({ robot, cameras }: StudioOptions): RobotSpec['cameras'] {
  return robot.cameras.filter(({ name }) => !cameras.some((real) => real.name === name));
}

/** Those of the robot in its order, and those that are only recorded; real ones in the size of their pictures. */
function recordedCameras({ robot, cameras }: StudioOptions, hub: CameraHub | undefined): RecordedCamera[] {
  const others = cameras.filter(({ name }) => !robot.cameras.some((camera) => camera.name === name));
  const all = [...robot.cameras, ...others.map(({ name }) => ({ name, width: 0, height: 0 }))];
  return all.map(({ name, width, height }) => ({ width, height, ...hub?.health.get(name)?.recordedSize, name }));
}

function blankFrame({ name, width, height }: RobotSpec['cameras'][number], stampNs: number): CameraFrame {
  return { camera: name, width, height, rgb: new Uint8Array(width * height * 3), stampNs };
}

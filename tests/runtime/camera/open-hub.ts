import { afterEach } from 'vitest';
import { MonotonicClock } from '../../../src/core/clock.ts';
import type { ArmatureError } from '../../../src/core/errors.ts';
import type { CameraFrame } from '../../../src/core/observation.ts';
import { readVideo } from '../../../src/record/read-video.ts';
import type { CameraStateChange } from '../../../src/runtime/camera/camera-channel.ts';
import { CameraHub } from '../../../src/runtime/camera/camera-hub.ts';
import type { RecordedVideo } from '../../../src/runtime/camera/row-recorder.ts';
import type { CameraAddress } from '../../../src/sensors/camera/camera-address.ts';
import { makeRobot } from '../../../src/testing/index.ts';
import { HEIGHT, WIDTH, greyRgb, levelOf } from './test-cameras.ts';

export const clock = new MonotonicClock();
export const robot = makeRobot();
export const FPS = 30;
const hubs: CameraHub[] = [];

afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close();
});

export interface Watched {
  readonly hub: CameraHub;
  readonly changes: CameraStateChange[];
  readonly failures: ArmatureError[];
}

export async function open(...cameras: CameraAddress[]): Promise<Watched> {
  const hub = await CameraHub.open({ robot, cameras, clock });
  hubs.push(hub);
  const [changes, failures]: [CameraStateChange[], ArmatureError[]] = [[], []];
  hub.listen({ onState: (change) => changes.push(change), onFailure: (failure) => failures.push(failure) });
  return { hub, changes, failures };
}

export const pushed = (level: number, stampNs: number, camera = 'front'): CameraFrame => {
  return { camera, width: WIDTH, height: HEIGHT, rgb: greyRgb(level), stampNs };
};

export async function levelsIn({ path, frames }: RecordedVideo): Promise<number[]> {
  return (await readVideo({ path, fromTimestampS: 0, frameCount: frames, fps: FPS })).map(levelOf);
}

export const stateOf = (hub: CameraHub, camera = 'front'): string | undefined => hub.health.get(camera)?.state;

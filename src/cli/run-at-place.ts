import { MonotonicClock } from '../core/clock.ts';
import { closeAll } from '../core/close-all.ts';
import { ArmatureError } from '../core/errors.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { CameraHub } from '../runtime/camera/camera-hub.ts';
import type { SessionPlan } from '../runtime/policy-session.ts';
import { compareWithRobot } from '../sensors/camera/camera-address.ts';
import type { CameraAddress } from '../sensors/camera/camera-address.ts';
import { camerasOf, isSceneDriver } from './arm-options.ts';
import type { ArmOptions } from './arm-options.ts';
import { packageVersion } from './package-version.ts';
import { openPlace, showConsent } from './place.ts';
import type { Place } from './place.ts';
import { runEpisodes } from './run-episodes.ts';
import type { RunEpisodesOptions } from './run-episodes.ts';
import type { EpisodeSummary } from './run-summary.ts';
import { listenForSession, openTerminalKeys } from './session-keys.ts';

export interface RunPlaceOptions extends ArmOptions {
  readonly camera: readonly string[];
}

export interface RunAtPlace {
  readonly episodes: readonly EpisodeSummary[];
  /** See Place. */
  readonly connection?: Place['connection'];
}

/** A camera that gives no picture for so long when a run begins is not there, ms. */
const CAMERA_READY_MS = 10_000;

/** With a real arm, or with real cameras. A real arm goes to its rest pose at the end. */
export async function runAtPlace(options: RunPlaceOptions, work: RunEpisodesOptions): Promise<RunAtPlace> {
  const { plan, jobs, blackBox } = work;
  const { robot } = plan;
  const isArm = !isSceneDriver(options.driver);
  const addresses = camerasOf(robot, options);
  requireCameras(plan, addresses, isArm);
  const request = jobs[0]?.request;
  const hub = addresses.length === 0 ? undefined : await openCameras(robot, addresses);
  let place: Place | undefined;
  try {
    const orphaned = blackBox === undefined ? undefined : { directory: blackBox, version: packageVersion() };
    if (isArm && request !== undefined) place = await openPlace(options, { robot, request, blackBox: orphaned });
    const seeing = { ...work, cameras: hub?.sources };
    if (place === undefined) return { episodes: await runEpisodes(seeing) };
    const episodes = await runWatched(place, { ...seeing, arm: place.workplace });
    return { episodes, connection: place.connection };
  } finally {
    await closeAll([() => place?.close(), () => hub?.close()]);
  }
}

/** Somebody watches the arm: a key ends the episode, another one stops everything. */
async function runWatched(place: Place, work: RunEpisodesOptions): Promise<EpisodeSummary[]> {
  const { signal } = work;
  const keys = openTerminalKeys();
  let isOver = false;
  const stop = (): void => void process.kill(process.pid, 'SIGINT');
  const unlisten = listenForSession(keys, {
    onEnd: () => (isOver = true),
    onAgain: () => undefined,
    onPause: stop,
    onStop: stop,
    onConsent: () => showConsent(place, (line) => process.stderr.write(`\n${line}\n`)),
  });
  try {
    const isReady = async (): Promise<boolean> => {
      const isAgreed = await place.isReady(keys, signal);
      isOver = false;
      return isAgreed;
    };
    const episodes = await runEpisodes({ ...work, isReady, isOver: () => isOver });
    await place.end(signal);
    return episodes;
  } finally {
    unlisten();
    keys?.close();
  }
}

async function openCameras(robot: RobotSpec, cameras: readonly CameraAddress[]): Promise<CameraHub> {
  const hub = await CameraHub.open({ robot, cameras, clock: new MonotonicClock() });
  try {
    await hub.ready(CAMERA_READY_MS);
    return hub;
  } catch (error) {
    await hub.close();
    throw error;
  }
}

/** What is simulated looks at its own scene where no camera is given; what is real has to be given. */
function requireCameras({ robot, manifest }: SessionPlan, cameras: readonly CameraAddress[], isArm: boolean): void {
  const { extra, missing } = compareWithRobot(robot, cameras);
  const blind = isArm ? missing : [];
  if (extra.length === 0 && blind.length === 0) return;
  throw new ArmatureError('E_CAMERA', `policy "${manifest.name}" looks through the cameras of robot "${robot.name}"`, {
    expected: robot.cameras.map(({ name }) => name).join(', '),
    found: cameras.map(({ name }) => name).join(', ') || 'none',
    remedy: 'Give each with --camera, as in --camera front=/dev/video0; armature doctor lists those of this machine.',
  });
}

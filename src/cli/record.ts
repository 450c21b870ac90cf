import { Option } from 'commander';
import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { closeAll } from '../core/close-all.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { CameraHub } from '../runtime/camera/camera-hub.ts';
import { RecordingSession } from '../runtime/recording/recording-session.ts';
import { Studio } from '../runtime/recording/studio.ts';
import type { WorkRequest } from '../runtime/task-request.ts';
import type { CameraAddress } from '../sensors/camera/camera-address.ts';
import { addArmOptions, addCameraOption, camerasOf, isSceneDriver } from './arm-options.ts';
import type { ArmOptions } from './arm-options.ts';
import { countOf } from './count-of.ts';
import { addDashboardOptions } from './dashboard/live-dashboard.ts';
import type { DashboardFlags } from './dashboard/live-dashboard.ts';
import { openSessionDashboard } from './dashboard/session-dashboard.ts';
import type { SessionDashboard } from './dashboard/session-dashboard.ts';
import { recordingDesk } from './dashboard/session-desks.ts';
import { Interruption } from './interruption.ts';
import { numberBetween, wholeNumber } from './option-values.ts';
import { addPersonOptions, openPage, openPerson } from './person.ts';
import type { Person } from './person.ts';
import { openPlace, requestOf, showConsent } from './place.ts';
import type { Place } from './place.ts';
import type { PageJog } from '../teleop/page/page-jog.ts';
import { RecordingView } from './recording-view.ts';
import type { SavedSummary } from './recording-view.ts';
import { listenForSession } from './session-keys.ts';

const EXAMPLES = `
Examples:
  armature record --robot so101 --teleop keyboard --task "lift the blue cube" --episodes 10 --out data/lift
  armature record --robot so101 --teleop expert --task lift --episodes 3 --out data/lift
  armature record --robot so101 --teleop keyboard --task "lift the blue cube" --episodes 10 --out data/lift --resume
  armature record --robot so101 --teleop page --task "lift the blue cube" --out data/lift
                               from a browser: jog, begin, save and discard; its address stands on stderr
  armature record --robot so101 --teleop page --policy desk --task stack --out data/corrected
                               the policy acts until somebody on the page takes over
  armature record --robot so101 --driver serial --port /dev/ttyACM0 --camera front=/dev/video0 \\
    --teleop leader:driver=serial,port=/dev/ttyACM1,robot=so101-leader --task "lift the blue cube" --out data/lift

Keys beside those that drive: right arrow ends the episode, left arrow records it again, space pauses, Escape stops.
An episode is on disk before "saved" is shown; whatever happens later costs at most the one under way.`;

/** A person with a real arm takes longer than a policy may, s. */
const LONGEST_EPISODE_S = 60;

interface RecordOptions extends ArmOptions, DashboardFlags {
  readonly teleop: string;
  readonly policy?: string;
  readonly task: string;
  readonly scene?: string;
  readonly episodes: number;
  readonly episodeTime?: number;
  readonly seed?: number;
  readonly fps?: number;
  readonly out: string;
  readonly resume?: boolean;
  readonly video: boolean;
  readonly camera: readonly string[];
  readonly onCameraLoss: LossPolicy;
  readonly sounds?: boolean;
  readonly json?: boolean;
}

export function addRecord(program: Command): void {
  const command = program
    .command('record')
    .description('Record demonstrations of somebody who drives the arm as a LeRobotDataset v3.0');
  addDashboardOptions(
    addCameraOption(addPersonOptions(addArmOptions(command))),
    'show it in a browser; --teleop page does so by itself',
  )
    .requiredOption('--task <words>', 'name of a task, or an instruction in words')
    .option('--scene <task>', 'scene of this task, for words that no task asks for')
    .option('--episodes <count>', 'how many to save', wholeNumber(1), 10)
    .option(
      '--episode-time <seconds>',
      `longest episode; default: as long as the task allows, with a real arm ${LONGEST_EPISODE_S}`,
      numberBetween(0.1, 3600),
    )
    .option('--seed <number>', 'what the first scene is drawn from; default: the number of the episode', wholeNumber(0))
    .option(
      '--fps <rate>',
      'rows and decisions a second; default: the control rate of the robot',
      numberBetween(1, 1000),
    )
    .addOption(
      new Option('--on-camera-loss <what>', 'mark the rows, pause, or stop').choices(LOSS_POLICIES).default('mark'),
    )
    .option('--no-video', 'store pictures one by one, as an agent sees them')
    .requiredOption('--out <folder>', 'where the dataset goes; it must not hold one yet')
    .option('--resume', 'continue the dataset there')
    .option('--sounds', 'ring the bell of the terminal when an episode begins and when it is saved')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(record);
}

async function record(options: RecordOptions): Promise<void> {
  const robot = atRate(loadRobot(options.robot), options.fps);
  const request = isSceneDriver(options.driver)
    ? requestOf(options)
    : { ...requestOf(options), timeLimitS: LONGEST_EPISODE_S };
  const cameras = camerasOf(robot, options);
  const interruption = new Interruption();
  // Whatever was opened is closed again, the last first, also where something else cannot be opened.
  const closing: (() => void | Promise<void>)[] = [() => interruption.close()];
  let view: RecordingView | undefined;
  let total = 0;
  let connection: Place['connection'];
  try {
    const page = openPage(options.teleop);
    const person = await openPerson({ robot, teleop: options.teleop, policy: options.policy, page });
    closing.unshift(() => person.close());
    const place = await openPlace(options, { robot, request });
    closing.unshift(() => place.close());
    ({ connection } = place);
    const studio = await openStudio(robot, cameras, options);
    closing.unshift(() => studio.close());
    view = new RecordingView({ ...options, robot, request, person, studio });
    const parts = { request, person, place, studio, view, signal: interruption.signal };
    const dashboard = await openDashboard(options, { ...parts, page });
    closing.unshift(() => dashboard?.close());
    await session(options, { ...parts, dashboard });
    await place.end(interruption.signal);
    total = studio.writer.episodeCount;
  } finally {
    view?.close();
    await closeAll(closing);
  }
  report(view.saved, { out: options.out, total, connection, json: options.json === true });
  if (interruption.exitCode !== undefined) process.exitCode = interruption.exitCode;
}

function openStudio(robot: RobotSpec, cameras: readonly CameraAddress[], options: RecordOptions): Promise<Studio> {
  const { out: directory, resume = false, video } = options;
  return Studio.open({
    directory,
    robot,
    resume,
    video,
    cameras,
    clock: new MonotonicClock(),
    hasScene: isSceneDriver(options.driver),
  });
}

/** Undefined where none is wanted. */
function openDashboard(
  options: RecordOptions,
  { person, page, view, place }: Pick<Parts, 'person' | 'view' | 'place'> & { readonly page: PageJog | undefined },
): Promise<SessionDashboard | undefined> {
  const { episodes: wanted, driver, teleop, policy, dashboard, listen } = options;
  return openSessionDashboard(
    { ...(dashboard === undefined ? {} : { dashboard }), ...(listen === undefined ? {} : { listen }) },
    {
      robot: place.workplace.robot,
      driver,
      teleop,
      policy,
      person,
      page,
      asksFirst: page !== undefined,
      isAskedAtTerminal: !isSceneDriver(driver) && options.yes !== true,
      desk: (turn) => recordingDesk({ turn, view, wanted }),
    },
  );
}

interface Parts {
  readonly request: WorkRequest;
  readonly person: Person;
  readonly place: Place;
  readonly studio: Studio;
  readonly view: RecordingView;
  readonly dashboard?: SessionDashboard | undefined;
  readonly signal: AbortSignal;
}

/** Records until enough is saved or somebody has had enough. Throws what RecordingSession throws. */
async function session(options: RecordOptions, parts: Parts): Promise<void> {
  const { request, person, place, studio, view, dashboard, signal } = parts;
  const recording = new RecordingSession({
    place: place.workplace,
    request,
    writer: studio.writer,
    episodes: options.episodes,
    seed: options.seed ?? studio.writer.episodeCount,
    timeLimitS: options.episodeTime,
    agent: person.agent,
    isReady: async () =>
      (dashboard === undefined || (await dashboard.mayBegin(signal))) && (await place.isReady(person.keys, signal)),
    cameras: studio.sources,
    keep: (seed) => studio.keep(seed),
    listeners: dashboard === undefined ? [view] : [view, dashboard.listener],
    events: view,
    watch: dashboard && ((run) => dashboard.beginEpisode(run)),
    onEnded: ({ result }) => dashboard?.endEpisode(result),
    outlivesStops: dashboard?.outlivesStops,
    signal,
  });
  view.attach(recording);
  const unwatch = watchCameras(studio.hub, recording, options.onCameraLoss);
  const unlisten = listenForSession(person.keys, {
    onEnd: () => {
      if (dashboard?.begin() !== true) recording.endEpisode();
    },
    onAgain: () => recording.recordAgain(),
    onPause: () => recording.pause(!recording.isPaused),
    onStop: () => {
      recording.stop();
      dashboard?.leave();
    },
    onConsent: () => showConsent(place, (line) => view.say(line)),
  });
  try {
    await recording.run();
  } finally {
    unlisten();
    unwatch?.();
  }
}

/** What is done when a camera is lost or shows one and the same picture. */
const LOSS_POLICIES = ['mark', 'pause', 'stop'] as const;
type LossPolicy = (typeof LOSS_POLICIES)[number];

function watchCameras(
  hub: CameraHub | undefined,
  session: RecordingSession,
  policy: LossPolicy,
): (() => void) | undefined {
  return hub?.listen({
    onState: () => {
      const isWell = [...hub.health.values()].every(({ state }) => state === 'ok');
      if (policy === 'pause') session.pause(!isWell);
      if (policy === 'stop' && !isWell) session.stop();
    },
    // An episode without one of its videos is none. A process that has ended is started again, a full disk stays full.
    onFailure: ({ code }) => (code === 'E_CAMERA_DIED' ? session.recordAgain() : session.stop()),
  });
}

interface Reported {
  readonly out: string;
  readonly total: number;
  /** See Place. */
  readonly connection: Place['connection'] | undefined;
  readonly json: boolean;
}

function report(saved: readonly SavedSummary[], { out, total, connection, json }: Reported): void {
  if (json) console.log(JSON.stringify({ dataset: out, totalEpisodes: total, saved, connection }));
  else console.log(`${countOf(saved.length, 'episode')} saved in ${out}, which holds ${total} now`);
}

function atRate(robot: RobotSpec, controlHz = robot.rates.controlHz): RobotSpec {
  return { ...robot, rates: { ...robot.rates, controlHz } };
}

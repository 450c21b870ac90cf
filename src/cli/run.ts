import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { CameraHub } from '../runtime/camera/camera-hub.ts';
import { planSession } from '../runtime/policy-session.ts';
import type { SessionPlan } from '../runtime/policy-session.ts';
import type { RunMode } from '../runtime/workplace.ts';
import { compareWithRobot, parseCameras } from '../sensors/camera/camera-address.ts';
import type { CameraAddress } from '../sensors/camera/camera-address.ts';
import { addArmOptions, addCameraOption, isSceneDriver } from './arm-options.ts';
import type { ArmOptions } from './arm-options.ts';
import { Interruption } from './interruption.ts';
import { numberBetween, wholeNumber } from './option-values.ts';
import { openPlace, requestOf } from './place.ts';
import type { Place } from './place.ts';
import { freeReportPath } from './report/report-file.ts';
import { packageVersion } from './package-version.ts';
import { runEpisodes } from './run-episodes.ts';
import type { RunEpisodesOptions } from './run-episodes.ts';
import { successRate, summaryText } from './run-summary.ts';
import type { EpisodeSummary } from './run-summary.ts';

const EXAMPLES = `
Examples:
  armature run --robot so101 --driver sim --policy desk --task "lift the blue cube"
  armature run --robot so101 --driver sim --policy desk --task push --episodes 20 --lockstep --json
  armature run --robot so101 --driver mirror --policy desk --task reach --live
                               a dry run: nothing moves but a mirror arm, objects stand still
  armature run --robot so101 --driver sim --policy desk --task stack --record data/runs
  armature run --robot so101 --policy desk --task lift --live --black-box runs/black-box

Lockstep waits for the policy and repeats to the bit from its seed; live runs in real time, the policy in a
process of its own. Default: live in a terminal, lockstep where the output is a file, a pipe or JSON.
Ctrl-C brings the arm to a controlled stop; what was recorded is kept.`;

/** A camera that gives no picture for so long when a run begins is not there, ms. */
const CAMERA_READY_MS = 10_000;

interface RunOptions extends ArmOptions {
  readonly policy: string;
  readonly task: string;
  readonly scene?: string;
  readonly episodes: number;
  readonly rate?: number;
  readonly seed: number;
  readonly camera: readonly string[];
  readonly record?: string;
  readonly blackBox?: string;
  readonly safetyMask?: boolean;
  readonly live?: boolean;
  readonly lockstep?: boolean;
  /** False after --no-report. */
  readonly report: string | boolean;
  readonly json?: boolean;
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('Run a policy on a robot, with a report, and if wanted a recording');
  addCameraOption(addArmOptions(command))
    .requiredOption('--policy <folder>', 'policy, by name or folder')
    .requiredOption('--task <words>', 'name of a task, or an instruction in words')
    .option('--scene <task>', 'run words that no task asks for in the scene of this one')
    .option('--episodes <count>', 'how many', wholeNumber(1), 1)
    .option('--rate <hz>', 'decisions a second; must be what the policy was trained at', numberBetween(0.1, 1000))
    .option('--seed <number>', 'seed of the first episode; the next have the next seeds', wholeNumber(0), 0)
    .option('--no-safety-mask', 'let the policy choose what the gate would have to limit, too')
    .option('--record <folder>', 'save the episodes there as a LeRobotDataset v3.0; it must not hold one yet')
    .option('--black-box <folder>', 'at every stop, write the seconds before it there; see armature explain')
    .option('--live', 'in real time, with a panel')
    .option('--lockstep', 'as fast as possible, repeatable')
    .option('--report <file>', 'where the HTML report goes; default reports/run-<n>.html')
    .option('--no-report', 'write no report')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

async function run(options: RunOptions, command: Command): Promise<void> {
  const { robot, driver, policy, task, scene, seed, record, blackBox, json = false } = options;
  if (options.live === true && options.lockstep === true)
    command.error('error: --live and --lockstep exclude each other');
  if (options.lockstep === true && !isSceneDriver(driver))
    command.error('error: an arm of metal does not wait: --lockstep needs --driver sim or mirror');
  const request = requestOf({ driver, task, ...(scene === undefined ? {} : { scene }) });
  const mode = modeOf(options);
  const { rate: rateHz, safetyMask } = options;
  const plan = planSession({ robot, driver, policy, mode, rateHz, safetyMask }, [request]);
  if (plan.unknownWords.length > 0) {
    console.error(
      `warning: policy "${plan.manifest.name}" does not know: ${plan.unknownWords.join(', ')}; it acts on the other words`,
    );
  }
  const report = reportPath(options.report);
  const jobs = Array.from({ length: options.episodes }, (_, index) => ({ request, seed: seed + index }));
  const interruption = new Interruption();
  const { signal } = interruption;
  const work = { plan, jobs, title: `Run of ${task}`, record, blackBox, report, signal };
  const episodes =
    isSceneDriver(driver) && options.camera.length === 0 ? await runEpisodes(work) : await runAtPlace(options, work);
  interruption.close();
  if (json) {
    const rate = successRate(episodes);
    const names = { robot: plan.robot.name, driver, policy: plan.manifest.name, task };
    console.log(
      JSON.stringify({
        ...names,
        seed,
        mode,
        episodes,
        successRate: rate,
        report: episodes.length === 0 ? null : (report ?? null),
      }),
    );
  } else {
    const written = Object.entries({ dataset: record, report }).filter(([, path]) => path !== undefined);
    const lines = episodes.length === 0 ? [] : written.map(([what, path]) => `${what} ${path}`);
    console.log([summaryText(episodes), ...lines].join('\n'));
  }
  if (interruption.exitCode !== undefined) process.exitCode = interruption.exitCode;
}

/** With a real arm, or with real cameras. A real arm goes to its rest pose at the end. */
async function runAtPlace(options: RunOptions, work: RunEpisodesOptions): Promise<EpisodeSummary[]> {
  const { plan, signal, jobs, blackBox } = work;
  const { robot } = plan;
  const isArm = !isSceneDriver(options.driver);
  const addresses = parseCameras(options.camera);
  requireCameras(plan, addresses, isArm);
  const request = jobs[0]?.request;
  const hub = addresses.length === 0 ? undefined : await openCameras(robot, addresses);
  let place: Place | undefined;
  try {
    const orphaned = blackBox === undefined ? undefined : { directory: blackBox, version: packageVersion() };
    if (isArm && request !== undefined) place = await openPlace(options, { robot, request, blackBox: orphaned });
    const isReady = place === undefined ? undefined : () => place?.isReady(undefined, signal) ?? Promise.resolve(true);
    const episodes = await runEpisodes({ ...work, cameras: hub?.sources, arm: place?.workplace, isReady });
    await place?.end(signal);
    return episodes;
  } finally {
    await place?.close();
    await hub?.close();
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

function modeOf({ live, lockstep, json, driver, camera }: RunOptions): RunMode {
  if (live === true || !isSceneDriver(driver) || camera.length > 0) return 'live';
  if (lockstep === true || json === true) return 'lockstep';
  return process.stdout.isTTY ? 'live' : 'lockstep';
}

function reportPath(report: string | boolean): string | undefined {
  if (report === false) return undefined;
  return typeof report === 'string' ? report : freeReportPath('run');
}

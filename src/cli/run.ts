import type { Command } from 'commander';
import { planSession } from '../runtime/policy-session.ts';
import type { SessionPlan } from '../runtime/policy-session.ts';
import type { RunMode } from '../runtime/workplace.ts';
import { addArmOptions, addCameraOption, isSceneDriver } from './arm-options.ts';
import type { ArmOptions } from './arm-options.ts';
import { addDashboardOptions, openRunDashboard } from './dashboard/run-dashboard.ts';
import type { DashboardFlags } from './dashboard/run-dashboard.ts';
import { Interruption } from './interruption.ts';
import { numberBetween, wholeNumber } from './option-values.ts';
import { requestOf } from './place.ts';
import { freeReportPath } from './report/report-file.ts';
import { runAtPlace } from './run-at-place.ts';
import type { RunAtPlace } from './run-at-place.ts';
import { runEpisodes } from './run-episodes.ts';
import { successRate, summaryText } from './run-summary.ts';

const EXAMPLES = `
Examples:
  armature run --robot so101 --driver sim --policy desk --task "lift the blue cube"
  armature run --robot so101 --driver sim --policy desk --task push --episodes 20 --lockstep --json
  armature run --robot so101 --driver mirror --policy desk --task reach --live
                               a dry run: nothing moves but a mirror arm, objects stand still
  armature run --robot so101 --driver sim --policy desk --task stack --record data/runs
  armature run --robot so101 --driver sim --policy desk --task lift --dashboard
  armature run --robot so101 --policy desk --task lift --live --black-box runs/black-box
  armature run --robot so101 --driver serial --port /dev/ttyACM0 --policy desk --task "lift the blue cube" \
    --camera front=/dev/video0 --camera wrist=/dev/video2

Lockstep waits for the policy and repeats to the bit from its seed; live runs in real time, the policy in a
process of its own. Default: live in a terminal, lockstep where the output is a file, a pipe or JSON.
Ctrl-C brings the arm to a controlled stop; what was recorded is kept. With a real arm, which waits for Enter before each
episode, space and Escape stop it as well, and the right arrow ends the episode. At the end it goes to its rest pose.
With --dashboard a page in the browser shows all of it; its address stands on stderr, and Ctrl-C ends it.
Behind ROS, c shows a code with which somebody else may arm or reset it once.`;

interface RunOptions extends ArmOptions, DashboardFlags {
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
  addDashboardOptions(addCameraOption(addArmOptions(command)))
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
  const { robot, driver, policy, task, scene, seed, record, blackBox } = options;
  if (options.live === true && options.lockstep === true)
    command.error('error: --live and --lockstep exclude each other');
  if (options.dashboard === true && options.lockstep === true)
    command.error('error: --dashboard shows what happens in real time: leave --lockstep out');
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
  const dashboard = await openRunDashboard(options, plan);
  const work = { plan, jobs, title: `Run of ${task}`, record, blackBox, report, signal, dashboard };
  try {
    const isSimulated = isSceneDriver(driver) && options.camera.length === 0;
    const done: RunAtPlace = isSimulated ? { episodes: await runEpisodes(work) } : await runAtPlace(options, work);
    tell(options, { plan, mode, report, done });
  } finally {
    await dashboard?.close();
    interruption.close();
  }
  if (interruption.exitCode !== undefined) process.exitCode = interruption.exitCode;
}

interface RunFindings {
  readonly plan: SessionPlan;
  readonly mode: RunMode;
  readonly report: string | undefined;
  readonly done: RunAtPlace;
}

function tell(options: RunOptions, { plan, mode, report, done: { episodes, connection } }: RunFindings): void {
  const { driver, task, seed, record, json = false } = options;
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
        connection,
        report: episodes.length === 0 ? null : (report ?? null),
      }),
    );
  } else {
    const written = Object.entries({ dataset: record, report }).filter(([, path]) => path !== undefined);
    const lines = episodes.length === 0 ? [] : written.map(([what, path]) => `${what} ${path}`);
    console.log([summaryText(episodes), ...lines].join('\n'));
  }
}

function modeOf({ live, lockstep, json, driver, camera, dashboard }: RunOptions): RunMode {
  if (live === true || dashboard === true || !isSceneDriver(driver) || camera.length > 0) return 'live';
  if (lockstep === true || json === true) return 'lockstep';
  return process.stdout.isTTY ? 'live' : 'lockstep';
}

function reportPath(report: string | boolean): string | undefined {
  if (report === false) return undefined;
  return typeof report === 'string' ? report : freeReportPath('run');
}

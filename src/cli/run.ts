import type { Command } from 'commander';
import type { PromptSource } from '../runtime/demonstration-prompt.ts';
import type { TriedProvider } from '../policy/choose-provider.ts';
import { planSession } from '../runtime/policy-session.ts';
import type { SessionPlan } from '../runtime/policy-session.ts';
import type { RunMode } from '../runtime/workplace.ts';
import { addArmOptions, addCameraOption, isSceneDriver } from './arm-options.ts';
import type { ArmOptions } from './arm-options.ts';
import { addDashboardOptions, openLiveDashboard } from './dashboard/live-dashboard.ts';
import type { DashboardFlags } from './dashboard/live-dashboard.ts';
import { Interruption } from './interruption.ts';
import { numberBetween, promptSource, wholeNumber } from './option-values.ts';
import { requestOf } from './place.ts';
import { providerOption, withProvider } from './provider-choice.ts';
import type { ProviderOption } from './provider-choice.ts';
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
  armature run --robot so101 --driver sim --policy runs/desk-memory --task lift --prompt data/desk:12
                               a policy that looks back begins with the recorded episode 12
  armature run --robot so101 --driver sim --policy desk --task lift --dashboard
  armature run --robot so101 --policy desk --task lift --live --black-box runs/black-box
  armature run --robot so101 --policy my-pi0 --server ws://gpu-box:8000 --task "lift the blue cube" --live
                               a policy on another computer, see docs/remote-policies.md
  armature run --robot so101 --driver serial --port /dev/ttyACM0 --policy desk --task "lift the blue cube" \
    --camera front=/dev/video0 --camera wrist=/dev/video2

Lockstep waits for the policy and repeats to the bit from its seed; live runs in real time, the policy in a
process of its own. Default: live in a terminal, lockstep where the output is a file, a pipe or JSON.
--provider auto, the default live, times the policy on every execution provider that works here, and takes the fastest of
those that decide what the processor decides.
Ctrl-C brings the arm to a controlled stop; what was recorded is kept. With a real arm, which waits for Enter before each
episode, space and Escape stop it as well, and the right arrow ends the episode. At the end it goes to its rest pose.
With --dashboard a page in the browser shows all of it; its address stands on stderr, and Ctrl-C ends it.
Behind ROS, y shows a code with which somebody else may arm or reset it once.`;

interface RunOptions extends ArmOptions, DashboardFlags {
  readonly policy: string;
  readonly server?: string;
  readonly task: string;
  readonly scene?: string;
  readonly episodes: number;
  readonly rate?: number;
  readonly seed: number;
  readonly camera: readonly string[];
  readonly record?: string;
  readonly blackBox?: string;
  readonly safetyMask?: boolean;
  /** Default: auto live, cpu in lockstep. */
  readonly provider?: ProviderOption;
  readonly deadline?: number;
  readonly prompt?: PromptSource;
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
    .option('--server <url>', 'where a policy on a server is; default: ARMATURE_POLICY_SERVER, or what it names')
    .option('--rate <hz>', 'decisions a second; must be what the policy was trained at', numberBetween(0.1, 1000))
    .addOption(providerOption())
    .option('--seed <number>', 'seed of the first episode; the next have the next seeds', wholeNumber(0), 0)
    .option('--no-safety-mask', 'let the policy choose what the gate would have to limit, too')
    .option(
      '--deadline <ms>',
      'live: a decision that takes longer is cut short, and the joints that come last keep their last target; default: 95 % of the control period',
      numberBetween(0.1, 60_000),
    )
    .option(
      '--prompt <dataset[:episode]>',
      'begin each episode as if this recorded one had gone before; for policies that look back',
      promptSource,
    )
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
  const mode = modeOf(options);
  const contradiction = contradictionOf(options, mode);
  if (contradiction !== undefined) command.error(`error: ${contradiction}`);
  const request = requestOf({ driver, task, ...(scene === undefined ? {} : { scene }) });
  const { rate: rateHz, safetyMask, deadline: deadlineMs, prompt, server } = options;
  const attention = options.dashboard === true;
  const wanted = { robot, driver, policy, mode, rateHz, safetyMask, deadlineMs, prompt, server, attention };
  const checked = planSession(wanted, [request]);
  const { plan, tried } = await withProvider(checked, options.provider ?? (mode === 'live' ? 'auto' : 'cpu'));
  for (const warning of warningsOf(plan)) console.error(`warning: ${warning}`);
  const report = reportPath(options.report);
  const jobs = Array.from({ length: options.episodes }, (_, index) => ({ request, seed: seed + index }));
  const interruption = new Interruption();
  const { signal } = interruption;
  const dashboard = await openLiveDashboard(options, {
    ...plan,
    agent: plan.manifest.name,
    layout: plan.loaded?.layout,
  });
  const work = { plan, jobs, title: `Run of ${task}`, record, blackBox, report, signal, dashboard };
  try {
    const isSimulated = isSceneDriver(driver) && options.camera.length === 0;
    const done: RunAtPlace = isSimulated ? { episodes: await runEpisodes(work) } : await runAtPlace(options, work);
    tell(options, { plan, tried, mode, report, done });
  } finally {
    await dashboard?.close();
    interruption.close();
  }
  if (interruption.exitCode !== undefined) process.exitCode = interruption.exitCode;
}

/** What does not keep a policy from acting, and may explain what it does. */
function warningsOf({ manifest, robot, unknownWords }: SessionPlan): string[] {
  const warnings: string[] = [];
  if (unknownWords.length > 0)
    warnings.push(`policy "${manifest.name}" does not know: ${unknownWords.join(', ')}; it acts on the other words`);
  if (manifest.robot !== robot.name)
    warnings.push(
      `policy "${manifest.name}" was trained on robot "${manifest.robot}" and moves the joints of "${robot.name}" as if they were its own`,
    );
  return warnings;
}

interface RunFindings {
  readonly plan: SessionPlan;
  readonly tried: readonly TriedProvider[];
  readonly mode: RunMode;
  readonly report: string | undefined;
  readonly done: RunAtPlace;
}

function tell(options: RunOptions, findings: RunFindings): void {
  const { plan, tried, mode, report, done } = findings;
  const { episodes, connection } = done;
  const { driver, task, seed, record, json = false } = options;
  if (json) {
    const rate = successRate(episodes);
    const names = { robot: plan.robot.name, driver, policy: plan.manifest.name, task };
    console.log(
      JSON.stringify({
        ...names,
        seed,
        mode,
        provider: { name: plan.provider, tried },
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

/** What excludes each other; undefined for nothing. */
function contradictionOf(
  { live, lockstep, dashboard, driver, deadline }: RunOptions,
  mode: RunMode,
): string | undefined {
  if (live === true && lockstep === true) return '--live and --lockstep exclude each other';
  if (dashboard === true && lockstep === true)
    return '--dashboard shows what happens in real time: leave --lockstep out';
  if (lockstep === true && !isSceneDriver(driver))
    return 'an arm of metal does not wait: --lockstep needs --driver sim or mirror';
  if (deadline !== undefined && mode === 'lockstep')
    return 'lockstep waits for every decision: --deadline needs --live';
  return undefined;
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

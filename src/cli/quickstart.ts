import type { Command } from 'commander';
import { ArmatureError } from '../core/errors.ts';
import { listPolicies } from '../policy/find-policy.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import { planSession } from '../runtime/policy-session.ts';
import type { SessionPlan } from '../runtime/policy-session.ts';
import { resolveTask } from '../runtime/task-request.ts';
import { openBrowser } from './dashboard/open-browser.ts';
import { addDashboardOptions, openLiveDashboard } from './dashboard/live-dashboard.ts';
import type { DashboardFlags, LiveDashboard } from './dashboard/live-dashboard.ts';
import { Interruption } from './interruption.ts';
import { freeReportPath } from './report/report-file.ts';
import { runEpisodes } from './run-episodes.ts';
import { summaryText } from './run-summary.ts';
import type { EpisodeSummary } from './run-summary.ts';

const SHIPPED_POLICY = 'desk';

/** Three tasks of the shipped policy, in words; the seeds decide where things stand. */
const SHOWN = [
  { instruction: 'touch the red target', seed: 1 },
  { instruction: 'lift the blue cube', seed: 2 },
  { instruction: 'put the green cube in the bin', seed: 3 },
] as const;

const EXAMPLES = `
Examples:
  armature quickstart                       in a terminal: the dashboard, until Ctrl-C
  armature quickstart --no-dashboard        three episodes as fast as possible, and the end
  armature quickstart --policy models/desk --report out.html`;

interface QuickstartOptions extends DashboardFlags {
  readonly policy: string;
  /** False after --no-browser. */
  readonly browser: boolean;
  readonly report?: string;
}

export function addQuickstart(program: Command): void {
  const command = program
    .command('quickstart')
    .description('See it work: the shipped policy on a simulated arm, three instructions, one report')
    .option('--policy <folder>', 'another policy, by name or folder', SHIPPED_POLICY)
    .option('--report <file>', 'where the HTML report goes; default reports/quickstart-<n>.html');
  addDashboardOptions(command, 'show it in a browser, in real time; default: in a terminal')
    .option('--no-dashboard', 'as fast as possible, without a browser')
    .option('--no-browser', 'only say where the dashboard is')
    .addHelpText('after', EXAMPLES)
    .action(quickstart);
}

async function quickstart(options: QuickstartOptions): Promise<void> {
  const { policy } = options;
  if (policy === SHIPPED_POLICY && !listPolicies().includes(SHIPPED_POLICY)) throw notShipped();
  const jobs = SHOWN.map(({ instruction, seed }) => ({ request: resolveTask(instruction), seed }));
  const { robot } = loadPolicy(policy).manifest;
  const requests = jobs.map(({ request }) => request);
  const isShown = options.dashboard ?? (process.stdin.isTTY && process.stdout.isTTY);
  const mode = isShown ? 'live' : 'lockstep';
  const plan = planSession({ robot, driver: 'sim', policy, mode }, requests);
  console.log(
    `Policy ${plan.manifest.name} drives a simulated ${plan.robot.name} by what its cameras see and what it is told:\n`,
  );
  const report = options.report ?? freeReportPath('quickstart');
  const interruption = new Interruption();
  const { signal } = interruption;
  const dashboard = isShown ? await show(options, plan) : undefined;
  let episodes: EpisodeSummary[];
  try {
    // The first thing somebody sees is the beginning.
    await dashboard?.untilSeen(signal);
    episodes = await runEpisodes({ plan, jobs, title: 'Armature quickstart', report, signal, dashboard });
  } finally {
    await dashboard?.close();
    interruption.close();
  }
  if (episodes.length > 0)
    console.log(`\n${summaryText(episodes)}\n\nPictures, joints and timing: ${report} (open it in a browser)`);
  console.log('Next: armature run --help, armature tasks, armature doctor');
  // Ctrl-C is how somebody leaves the dashboard.
  if (!isShown && interruption.exitCode !== undefined) process.exitCode = interruption.exitCode;
}

/** Throws as openLiveDashboard. */
async function show(options: QuickstartOptions, plan: SessionPlan): Promise<LiveDashboard | undefined> {
  const flags = { ...options, dashboard: true };
  const dashboard = await openLiveDashboard(flags, {
    ...plan,
    agent: plan.manifest.name,
    layout: plan.loaded?.layout,
  });
  if (dashboard === undefined) return undefined;
  process.stderr.write(
    'The arm begins when the first address is open in a browser. Then give it words of your own there. Ctrl-C ends it.\n',
  );
  if (options.browser && process.stdin.isTTY) openBrowser(dashboard.operatorUrl);
  return dashboard;
}

function notShipped(): ArmatureError {
  return new ArmatureError('E_NO_POLICY', `this installation has no policy "${SHIPPED_POLICY}"`, {
    expected: `models/${SHIPPED_POLICY}/policy.json`,
    remedy: 'Fetch the folder models/ again, or give another policy with --policy.',
  });
}

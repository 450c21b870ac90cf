import type { Command } from 'commander';
import { ArmatureError } from '../core/errors.ts';
import { listPolicies } from '../policy/find-policy.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import { planSession } from '../runtime/policy-session.ts';
import { resolveTask } from '../runtime/task-request.ts';
import { Interruption } from './interruption.ts';
import { freeReportPath } from './report/report-file.ts';
import { runEpisodes } from './run-episodes.ts';
import { summaryText } from './run-summary.ts';

const SHIPPED_POLICY = 'desk';

/** Three tasks of the shipped policy, in words; the seeds decide where things stand. */
const SHOWN = [
  { instruction: 'touch the red target', seed: 1 },
  { instruction: 'lift the blue cube', seed: 2 },
  { instruction: 'put the green cube in the bin', seed: 3 },
] as const;

const EXAMPLES = `
Examples:
  armature quickstart
  armature quickstart --policy models/desk --report out.html`;

interface QuickstartOptions {
  readonly policy: string;
  readonly report?: string;
}

export function addQuickstart(program: Command): void {
  program
    .command('quickstart')
    .description('See it work: the shipped policy on a simulated arm, three instructions, one report')
    .option('--policy <folder>', 'another policy, by name or folder', SHIPPED_POLICY)
    .option('--report <file>', 'where the HTML report goes; default reports/quickstart-<n>.html')
    .addHelpText('after', EXAMPLES)
    .action(quickstart);
}

async function quickstart(options: QuickstartOptions): Promise<void> {
  const { policy } = options;
  if (policy === SHIPPED_POLICY && !listPolicies().includes(SHIPPED_POLICY)) throw notShipped();
  const jobs = SHOWN.map(({ instruction, seed }) => ({ request: resolveTask(instruction), seed }));
  const { robot } = loadPolicy(policy).manifest;
  const requests = jobs.map(({ request }) => request);
  const plan = planSession({ robot, driver: 'sim', policy, mode: 'lockstep' }, requests);
  console.log(
    `Policy ${plan.manifest.name} drives a simulated ${plan.robot.name} by what its cameras see and what it is told:\n`,
  );
  const report = options.report ?? freeReportPath('quickstart');
  const interruption = new Interruption();
  const { signal } = interruption;
  const episodes = await runEpisodes({ plan, jobs, title: 'Armature quickstart', report, signal });
  interruption.close();
  console.log(`\n${summaryText(episodes)}\n\nPictures, joints and timing: ${report} (open it in a browser)`);
  console.log('Next: armature run --help, armature tasks, armature doctor');
  if (interruption.exitCode !== undefined) process.exitCode = interruption.exitCode;
}

function notShipped(): ArmatureError {
  return new ArmatureError('E_NO_POLICY', `this installation has no policy "${SHIPPED_POLICY}"`, {
    expected: `models/${SHIPPED_POLICY}/policy.json`,
    remedy: 'Fetch the folder models/ again, or give another policy with --policy.',
  });
}

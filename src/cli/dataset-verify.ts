import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import type { DatasetProblem } from '../record/verify/problem.ts';
import { repairDataset } from '../record/verify/repair-dataset.ts';
import type { Repair } from '../record/verify/repair-dataset.ts';
import { verifyDataset } from '../record/verify/verify-dataset.ts';
import type { Verification } from '../record/verify/verify-dataset.ts';
import { countOf } from './count-of.ts';
import { showProgress } from './dataset-progress.ts';
import { defaultWorkers } from './option-values.ts';
import { formatDuration } from './progress.ts';

const EXAMPLES = `
Examples:
  armature dataset verify data/desk
  armature dataset verify data/desk --quick      without decoding pictures
  armature dataset verify data/desk --repair     after a crash: unfinished files away, complete episodes counted

Warnings do no harm; the status is 1 only where errors remain. Nothing is changed without --repair. Do not repair a
dataset that is being recorded.`;

/** Problems of one kind that are shown; --json gives all. */
const SHOWN_PROBLEMS = 50;

interface VerifyFlags {
  readonly repair?: boolean;
  readonly quick?: boolean;
  readonly json?: boolean;
}

export function addVerify(dataset: Command): void {
  dataset
    .command('verify')
    .description('Check a dataset completely: files, counts, rows, pictures, timestamps, statistics')
    .argument('<folder>', 'folder of the dataset')
    .option('--repair', 'make an interrupted dataset loadable; frames of complete episodes keep their values')
    .option('--quick', 'do not decode pictures: only containers and checksums are read')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(verify);
}

async function verify(folder: string, options: VerifyFlags): Promise<void> {
  const clock = new MonotonicClock();
  const startNs = clock.nowNs();
  let verification = await runVerification(folder, options);
  const problemsBefore = verification.problems;
  let repairs: Repair[] = [];
  if (options.repair === true) {
    repairs = await repairDataset(folder, verification);
    if (repairs.length > 0) verification = await runVerification(folder, options);
  }
  const ok = !verification.problems.some(({ severity }) => severity === 'error');
  if (!ok) process.exitCode = 1;
  if (options.json === true) {
    const { problems, episodes, frames, videos, uncheckedFeatures } = verification;
    const document = { directory: folder, ok, quick: options.quick ?? false, episodes, frames, videos };
    const repaired = options.repair === true ? { repairs, problemsBefore } : {};
    console.log(JSON.stringify({ ...document, uncheckedFeatures, problems, ...repaired }));
    return;
  }
  for (const { file, done } of repairs) console.log(`repaired  ${file}: ${done}`);
  printProblems(verification.problems);
  console.log(summary(verification, clock.nowNs() - startNs));
}

function runVerification(folder: string, { quick = false }: VerifyFlags): Promise<Verification> {
  return verifyDataset(folder, { quick, concurrency: defaultWorkers, onProgress: showProgress('verifying') });
}

function printProblems(problems: readonly DatasetProblem[]): void {
  const bySeverity = problems.toSorted((a, b) => (a.severity < b.severity ? -1 : a.severity > b.severity ? 1 : 0));
  for (const problem of bySeverity.slice(0, SHOWN_PROBLEMS)) console.log(formatProblem(problem));
  const hidden = bySeverity.length - SHOWN_PROBLEMS;
  if (hidden > 0) console.log(`... and ${hidden} more; --json shows all.`);
}

/** `error    data/chunk-000/file-000.parquet, episode 3: index is wrong in frame 7. Expected 7. Found 8. ...` */
export function formatProblem({ severity, file, episode, problem, expected, found, remedy }: DatasetProblem): string {
  const where = episode === undefined ? file : `${file}, episode ${episode}`;
  const details = [
    ...(expected === undefined ? [] : [`Expected ${expected}.`]),
    ...(found === undefined ? [] : [`Found ${found}.`]),
    remedy,
  ];
  return `${severity.padEnd(8)} ${where}: ${problem}. ${details.join(' ')}`;
}

function summary({ problems, episodes, frames, videos, uncheckedFeatures }: Verification, elapsedNs: number): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const counts = `${countOf(errors, 'error')}, ${countOf(problems.length - errors, 'warning')}`;
  const size = [
    countOf(episodes, 'episode'),
    countOf(frames, 'frame'),
    ...(videos > 0 ? [countOf(videos, 'video file')] : []),
  ];
  const unchecked = uncheckedFeatures.length === 0 ? '' : ` Values not checked: ${uncheckedFeatures.join(', ')}.`;
  return `${counts} in ${size.join(', ')} (${formatDuration(elapsedNs)}).${unchecked}`;
}

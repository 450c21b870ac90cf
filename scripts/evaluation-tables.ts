// What a model card says of evaluations: pure text of what `armature eval --json` printed.
import { z } from 'zod';
import { failurePhases } from '../src/sim/failure-phase.ts';
import type { FailurePhase } from '../src/sim/failure-phase.ts';

const phaseNames = Object.keys(failurePhases) as FailurePhase[];

export const evaluationSchema = z.object({
  suite: z.string(),
  policy: z.string(),
  agent: z.literal('policy'),
  precision: z.enum(['int8', 'fp32']),
  conditions: z.object({ shifted: z.boolean(), paraphrased: z.boolean() }),
  seed: z.number(),
  tasks: z
    .array(
      z.object({
        task: z.string(),
        episodes: z.number(),
        successes: z.number(),
        successRate: z.number(),
        ci95: z.tuple([z.number(), z.number()]),
        failures: z.partialRecord(z.enum(phaseNames), z.number()),
        wrongObjects: z.number(),
        wrongObjectRate: z.number(),
      }),
    )
    .min(1),
  meanSuccessRate: z.number(),
});

export type RecordedEvaluation = z.infer<typeof evaluationSchema>;

/** What `measured` of policy.json holds: the plain evaluation, and beside it what differs in the others. */
export function measuredOf(evaluations: readonly RecordedEvaluation[]): Record<string, unknown> {
  const [plain, ...others] = inOrder(evaluations);
  const { suite, precision, seed, tasks, meanSuccessRate } = plain;
  return {
    suite,
    seed,
    precision,
    tasks,
    meanSuccessRate,
    ...(others.length === 0 ? {} : { others: others.map(otherOf) }),
  };
}

function otherOf({ precision, conditions, seed, tasks, meanSuccessRate }: RecordedEvaluation): object {
  return { precision, conditions, seed, tasks, meanSuccessRate };
}

/** The lines between the marks of MODEL_CARD.md. */
export function cardTables(evaluations: readonly RecordedEvaluation[]): string {
  const [plain, ...others] = inOrder(evaluations);
  const parts = [successTable(plain), failureTable(plain)];
  if (others.length > 0) parts.push(comparisonTable(plain, others));
  return parts.join('\n\n');
}

/**
 * The plain evaluation first: conditions as in training, in the precision that is used by default. Then the
 * others: other precision, shifted, paraphrased, both.
 */
function inOrder(evaluations: readonly RecordedEvaluation[]): [RecordedEvaluation, ...RecordedEvaluation[]] {
  const rank = ({ conditions, precision }: RecordedEvaluation): number =>
    (precision === 'int8' ? 0 : 1) + 2 * Number(conditions.shifted) + 4 * Number(conditions.paraphrased);
  const [plain, ...others] = evaluations.toSorted((first, second) => rank(first) - rank(second));
  if (plain === undefined || plain.conditions.shifted || plain.conditions.paraphrased)
    throw new Error('One of the evaluations must be the plain one, without --shift and --paraphrases.');
  if (new Set(evaluations.map(rank)).size < evaluations.length)
    throw new Error('Two of the evaluations are of the same conditions and the same precision.');
  for (const { policy, suite, seed } of others) {
    if (policy !== plain.policy || suite !== plain.suite || seed !== plain.seed)
      throw new Error('The evaluations must be of one policy, one suite and the same seeds.');
  }
  return [plain, ...others];
}

function successTable({ tasks, meanSuccessRate }: RecordedEvaluation): string {
  return table(
    ['task', 'success', '95 % interval', 'episodes'],
    [
      ...tasks.map(({ task, successRate, ci95, episodes }) => [
        task,
        percent(successRate),
        `${percent(ci95[0])} to ${percent(ci95[1])}`,
        String(episodes),
      ]),
      ['mean', percent(meanSuccessRate), '', ''],
    ],
  );
}

function failureTable({ tasks }: RecordedEvaluation): string {
  const phases = phaseNames.filter((phase) => tasks.some(({ failures }) => failures[phase] !== undefined));
  const rows = tasks.map(({ task, failures, wrongObjects, episodes, wrongObjectRate }) => [
    task,
    ...phases.map((phase) => String(failures[phase] ?? 0)),
    `${wrongObjects} of ${episodes} (${percent(wrongObjectRate)})`,
  ]);
  const legend = phases.map((phase) => `*${heading(phase)}*: ${failurePhases[phase].meaning}`);
  const lead =
    'How the failures came about, and in how many episodes, successes included, anything but the named thing was acted upon:';
  return [lead, table(['task', ...phases.map(heading), 'another thing acted upon'], rows), ...legendText(legend)].join(
    '\n\n',
  );
}

function legendText(legend: readonly string[]): string[] {
  return legend.length === 0 ? [] : [legend.join(' ')];
}

function comparisonTable(plain: RecordedEvaluation, others: readonly RecordedEvaluation[]): string {
  const columns = [plain, ...others];
  const rate = ({ tasks }: RecordedEvaluation, name: string): string => {
    const found = tasks.find(({ task }) => task === name);
    return found === undefined ? '–' : percent(found.successRate);
  };
  const rows = plain.tasks.map(({ task }) => [task, ...columns.map((column) => rate(column, task))]);
  const means = ['mean', ...columns.map(({ meanSuccessRate }) => percent(meanSuccessRate))];
  const losses = [
    'against the first',
    ...columns.map((column) => points(column.meanSuccessRate - plain.meanSuccessRate)),
  ];
  const counts = others.map(({ tasks }) => Math.min(...tasks.map(({ episodes }) => episodes)));
  const lead = `The same seeds under other conditions (at least ${Math.min(...counts)} episodes a task): light, colours and camera mounts outside the range of training (\`--shift\`), wordings kept apart from training (\`--paraphrases\`), and the other precision:`;
  return [lead, table(['task', ...columns.map(columnName)], [...rows, means, losses])].join('\n\n');
}

function columnName({ conditions, precision }: RecordedEvaluation): string {
  const flags = [...(conditions.shifted ? ['--shift'] : []), ...(conditions.paraphrased ? ['--paraphrases'] : [])];
  return [precision, ...flags.map((flag) => `\`${flag}\``)].join(', ');
}

function heading(phase: FailurePhase): string {
  return failurePhases[phase].title.toLowerCase();
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)} %`;
}

function points(difference: number): string {
  const text = (100 * difference).toFixed(1);
  return Number(text) === 0 ? '0.0' : difference > 0 ? `+${text}` : text.replace('-', '−');
}

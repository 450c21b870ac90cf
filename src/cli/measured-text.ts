import { z } from 'zod';

const success = {
  seed: z.number(),
  precision: z.string().optional(),
  tasks: z.array(z.object({ task: z.string(), episodes: z.number(), successes: z.number() })),
  meanSuccessRate: z.number(),
};

/** What scripts/record-evaluation.ts writes into `measured` of policy.json, as far as it is shown. */
const measuredSchema = z.object({
  ...success,
  others: z
    .array(z.object({ ...success, conditions: z.object({ shifted: z.boolean(), paraphrased: z.boolean() }) }))
    .default([]),
});

type Measured = Omit<z.infer<typeof measuredSchema>, 'others'>;

/** The measured success of a policy in a few lines; `measured` of a manifest may hold anything. */
export function measuredText(measured: Readonly<Record<string, unknown>>): string[] {
  if (Object.keys(measured).length === 0) return ['nothing yet'];
  const { success: isKnown, data } = measuredSchema.safeParse(measured);
  if (!isKnown) return [`${Object.keys(measured).join(', ')}: see policy.json`];
  return [
    line(data, 'as in training'),
    ...data.others.map((other) => {
      const { shifted, paraphrased } = other.conditions;
      const changed = [...(shifted ? ['shifted'] : []), ...(paraphrased ? ['paraphrased'] : [])];
      return line(other, changed.length === 0 ? 'as in training' : changed.join(' and '));
    }),
  ];
}

function line({ tasks, meanSuccessRate, precision, seed }: Measured, conditions: string): string {
  const counts = tasks.map(({ task, successes, episodes }) => `${task} ${successes} of ${episodes}`);
  const setting = [conditions, ...(precision === undefined ? [] : [precision]), `seeds from ${seed}`];
  return `mean ${(100 * meanSuccessRate).toFixed(1)} %: ${counts.join(', ')} (${setting.join(', ')})`;
}

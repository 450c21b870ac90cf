// Writes an evaluation into a policy: `measured` of policy.json, and the table of MODEL_CARD.md between its marks.
// Usage: npx armature eval --policy desk --json > evaluation.json
//        npx tsx scripts/record-evaluation.ts evaluation.json models/desk
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const evaluationSchema = z.object({
  suite: z.string(),
  seed: z.number(),
  tasks: z.array(
    z.object({
      task: z.string(),
      episodes: z.number(),
      successes: z.number(),
      successRate: z.number(),
      ci95: z.tuple([z.number(), z.number()]),
    }),
  ),
  meanSuccessRate: z.number(),
});

const [evaluationPath, policyDirectory] = process.argv.slice(2);
if (evaluationPath === undefined || policyDirectory === undefined) {
  throw new Error('Pass the JSON of an evaluation and the folder of the policy.');
}
const { suite, seed, tasks, meanSuccessRate } = evaluationSchema.parse(
  JSON.parse(readFileSync(evaluationPath, 'utf8')),
);

const manifestPath = join(policyDirectory, 'policy.json');
const manifest = z.looseObject({}).parse(JSON.parse(readFileSync(manifestPath, 'utf8')));
const measured = { suite, seed, tasks, meanSuccessRate };
writeFileSync(manifestPath, `${JSON.stringify({ ...manifest, measured }, undefined, 2)}\n`);

const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
const table = [
  '| task | success | 95 % interval | episodes |',
  '|---|---|---|---|',
  ...tasks.map(
    ({ task, successRate, ci95, episodes }) =>
      `| ${task} | ${percent(successRate)} | ${percent(ci95[0])} to ${percent(ci95[1])} | ${episodes} |`,
  ),
  `| mean | ${percent(meanSuccessRate)} | | |`,
].join('\n');
const cardPath = join(policyDirectory, 'MODEL_CARD.md');
const card = readFileSync(cardPath, 'utf8');
const marked = /(<!-- measured -->\n)[\s\S]*?(<!-- end -->)/;
if (!marked.test(card))
  throw new Error(`${cardPath} has no lines <!-- measured --> and <!-- end --> to write between.`);
writeFileSync(cardPath, card.replace(marked, `$1${table}\n$2`));

// Writes evaluations into a policy: `measured` of policy.json, and the tables of MODEL_CARD.md between its marks.
// One evaluation must be plain; the others may be of the same seeds under other conditions or in the other precision.
// Usage: npx armature eval --policy desk --json > plain.json
//        npx armature eval --policy desk --json --shift > shift.json
//        npx armature eval --policy desk --json --paraphrases > paraphrases.json
//        npx armature eval --policy desk --json --precision fp32 > fp32.json
//        npx tsx scripts/record-evaluation.ts plain.json shift.json paraphrases.json fp32.json models/desk
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { cardTables, evaluationSchema, measuredOf } from './evaluation-tables.ts';

const paths = process.argv.slice(2);
const policyDirectory = paths.pop();
if (policyDirectory === undefined || paths.length === 0) {
  throw new Error('Pass the JSON of one evaluation or more, and the folder of the policy.');
}
const evaluations = paths.map((path) => evaluationSchema.parse(JSON.parse(readFileSync(path, 'utf8'))));
const [measured, tables] = [measuredOf(evaluations), cardTables(evaluations)];

const cardPath = join(policyDirectory, 'MODEL_CARD.md');
const card = readFileSync(cardPath, 'utf8');
const marked = /(<!-- measured -->\n)[\s\S]*?(<!-- end -->)/;
if (!marked.test(card))
  throw new Error(`${cardPath} has no lines <!-- measured --> and <!-- end --> to write between.`);

const manifestPath = join(policyDirectory, 'policy.json');
const manifest = z.looseObject({}).parse(JSON.parse(readFileSync(manifestPath, 'utf8')));
writeFileSync(manifestPath, `${JSON.stringify({ ...manifest, measured }, undefined, 2)}\n`);
// By a function: a dollar sign in the replacement would mean something.
writeFileSync(
  cardPath,
  card.replace(marked, (_, start: string, end: string) => `${start}${tables}\n${end}`),
);

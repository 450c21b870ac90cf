import { existsSync } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ArmatureError, InvalidFileError, messageOf } from '../../core/errors.ts';
import { parseJson } from '../../core/parse-json.ts';
import { blackBoxFacts } from '../../record/black-box-format.ts';
import type { BlackBoxFacts } from '../../record/black-box-format.ts';
import { glanceAtDataset } from '../../record/dataset-metadata.ts';
import { DATASET_PATHS } from '../../record/format.ts';
import type { DatasetInfo } from '../../record/format.ts';
import { isEvaluation, parseEvaluation } from './evaluation-file.ts';
import type { EvaluationFile } from './evaluation-file.ts';
import type { Trouble } from './replay-messages.ts';

/** What lies at a path; `trouble` where it is damaged. */
export type Found =
  | {
      readonly kind: 'recording';
      readonly path: string;
      readonly info: DatasetInfo | undefined;
      readonly trouble: Trouble | null;
    }
  | {
      readonly kind: 'black-box';
      readonly path: string;
      readonly facts: BlackBoxFacts | undefined;
      readonly bytes: number;
      readonly trouble: Trouble | null;
    }
  | {
      readonly kind: 'evaluation';
      readonly path: string;
      readonly file: EvaluationFile | undefined;
      readonly trouble: Trouble | null;
    }
  | { readonly kind: 'films'; readonly path: string; readonly clips: readonly string[] }
  | { readonly kind: 'other'; readonly path: string; readonly trouble: Trouble };

/** Of the first line of a black box, which holds the robot; and of its last. */
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 1024;
/** An evaluation is some kilobytes, with a thousand films some hundred. */
const LARGEST_EVALUATION = 4e6;

/** Looks whether a folder is a recording or a folder of films. Undefined: one with things in it. */
export async function lookAtFolder(path: string): Promise<Found | undefined> {
  const isDataset = existsSync(join(path, DATASET_PATHS.info)) || isDatasetWithoutInfo(path);
  if (isDataset) return lookAtDataset(path);
  if (!existsSync(join(path, 'index.html')) || existsSync(join(path, 'evaluation.json'))) return undefined;
  const clips = await filmsIn(path);
  return clips.length === 0 ? undefined : { kind: 'films', path, clips };
}

/** Looks at a file by its name and its beginning. Undefined for files of a kind that is never shown. */
export async function lookAtFile(path: string): Promise<Found | undefined> {
  try {
    if (path.endsWith('.jsonl')) return await lookAtLines(path);
    if (path.endsWith('.json')) return await lookAtJson(path);
    return undefined;
  } catch (error) {
    return { kind: 'other', path, trouble: troubleOf(error, path) };
  }
}

/** What is wrong, and what to do about it, whatever was thrown. @param path named beside it, and therefore not in it */
export function troubleOf(error: unknown, path = ''): Trouble {
  if (error instanceof ArmatureError) {
    const { problem, expected, found, remedy } = error;
    const details = [
      expected === undefined ? '' : ` Expected ${expected}.`,
      found === undefined ? '' : ` Found ${found}.`,
    ];
    const own =
      path !== '' && problem.startsWith(path) ? problem.slice(path.length).replace(/^[:/\\]\s*/, '') : problem;
    return { problem: `${own}.${details.join('')}`, remedy };
  }
  const problem = messageOf(error);
  return { problem, remedy: 'Check that it is there and that you may read it.' };
}

/** What was written before meta/info.json was lost. */
function isDatasetWithoutInfo(path: string): boolean {
  return existsSync(join(path, 'meta', 'tasks.parquet')) || existsSync(join(path, 'meta', 'episodes'));
}

async function lookAtDataset(path: string): Promise<Found> {
  try {
    return { kind: 'recording', path, info: await glanceAtDataset(path), trouble: null };
  } catch (error) {
    return { kind: 'recording', path, info: undefined, trouble: troubleOf(error, path) };
  }
}

async function lookAtLines(path: string): Promise<Found> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
    await file.read(head, 0, head.length, 0);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await file.read(tail, 0, tail.length, size - tail.length);
    const looked = blackBoxFacts(head.toString(), tail.toString(), path);
    const trouble = looked.damage === undefined ? null : troubleOf(looked.damage, path);
    return { kind: 'black-box', path, facts: looked.facts, bytes: size, trouble };
  } finally {
    await file.close();
  }
}

async function lookAtJson(path: string): Promise<Found | undefined> {
  if ((await stat(path)).size > LARGEST_EVALUATION) return undefined;
  const remedy = 'If it was the output of "armature eval --json", it was cut: evaluate again.';
  const document = parseJson(await readFile(path, 'utf8'), path, remedy);
  if (!isEvaluation(document)) {
    throw new InvalidFileError(path, 'is no evaluation', {
      expected: 'what "armature eval --json" prints',
      remedy: 'It is left alone.',
    });
  }
  try {
    return { kind: 'evaluation', path, file: parseEvaluation(document, path), trouble: null };
  } catch (error) {
    return { kind: 'evaluation', path, file: undefined, trouble: troubleOf(error, path) };
  }
}

/** Paths of the films below a folder, `<phase>/<task>-<seed>.mp4`, with forward slashes. */
async function filmsIn(path: string): Promise<string[]> {
  const folders = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const films = await Promise.all(
    folders.map(async ({ name }) =>
      (await readdir(join(path, name)))
        .filter((file) => file.endsWith('.mp4'))
        .map((file) => `${basename(name)}/${file}`),
    ),
  );
  return films.flat().toSorted();
}

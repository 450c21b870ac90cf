import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { InvalidFileError, messageOf } from '../core/errors.ts';
import { createLayout } from '../tokens/layout.ts';
import type { StepLayout } from '../tokens/layout.ts';
import { PieceVocabulary } from '../tokens/pieces.ts';
import { policyFamilies } from './families.ts';
import { findPolicy, parsePolicy } from './find-policy.ts';
import { manifestSchema } from './model-manifest.ts';
import { observationRows } from './warm-up.ts';
import type { ModelManifest } from './model-manifest.ts';

/** A policy whose manifest and files have been checked. */
export interface LoadedPolicy {
  readonly manifest: ModelManifest;
  /** The sequence of one control step, made from `manifest.tokens`. */
  readonly layout: StepLayout;
  /** Folder of policy.json; the paths in `manifest.files` are relative to it. */
  readonly directory: string;
}

/**
 * Loads a policy by name (`models/<name>`) or by the path of its folder or policy.json, and checks
 * the digest of every file it lists.
 * Throws UnknownNameError for a name that is neither, InvalidFileError for a manifest that does not
 * fit or has no graphs, and for a file that is missing or not the one the manifest was written for.
 */
export function loadPolicy(nameOrDirectory: string): LoadedPolicy {
  const file = findPolicy(nameOrDirectory);
  const { path } = file;
  if (file.family === 'remote') throw noGraphs(path);
  const manifest = parsePolicy(file, manifestSchema, 'Correct these entries, or export the policy again.');
  const layout = layoutOf(manifest, path);
  for (const graphs of Object.values(manifest.files)) {
    const { embed, trunk, attention } = graphs ?? {};
    const listed = [embed, ...(embed?.data ?? []), trunk, ...(trunk?.data ?? []), attention];
    for (const file of listed) if (file !== undefined) listedPath(file, path);
  }
  return { manifest, layout, directory: dirname(path) };
}

function noGraphs(path: string): InvalidFileError {
  return new InvalidFileError(path, 'describes a policy on a server, which has no graphs to load here', {
    remedy: 'Use it with armature run; what looks into a policy needs one that is here.',
  });
}

/** Also checks what the schema cannot say: entries that contradict each other. */
function layoutOf(manifest: ModelManifest, path: string): StepLayout {
  const { model, tokens, joints, files } = manifest;
  const layout = consistent(tokens, path);
  const problems: string[] = [];
  if (Object.values(files).length === 0) problems.push('files lists no precision');
  if (model.heads % model.kvHeads !== 0) problems.push('model.kvHeads does not divide model.heads');
  const moved = tokens.actions.map(({ joint }) => joint);
  if (moved.join() !== joints.join())
    problems.push(`joints are [${joints.join(', ')}], but tokens.actions move [${moved.join(', ')}]`);
  problems.push(...chunkProblems(manifest));
  problems.push(...stateProblems(manifest, layout));
  if (problems.length > 0) {
    throw new InvalidFileError(path, problems.join('; '), { remedy: 'Correct these entries.' });
  }
  return layout;
}

/** What a recurrent trunk remembers of a decision is its own affair, so long as no action token is pushed one by one. */
function chunkProblems({ state, model, context, tokens }: ModelManifest): string[] {
  const isFree = state.kind === 'recurrent' && model.actionTokens === 'parallel';
  if (isFree || context.steps === 1 || tokens.chunk.steps === 1) return [];
  return [`context.steps is ${context.steps} and tokens.chunk.steps ${tokens.chunk.steps}, but one of them must be 1`];
}

function stateProblems(manifest: ModelManifest, layout: StepLayout): string[] {
  const { family, state, model, context } = manifest;
  const { state: kind } = policyFamilies[family];
  if (state.kind !== kind) return [`state.kind is ${state.kind}, but family "${family}" has ${kind}`];
  if (state.kind === 'recurrent') return [];
  const stepRows = layout.positionsPerStep - layout.observationPositions + observationRows(manifest, layout);
  // The last action token of the newest step is not in the ring before the next step begins; parallel ones never are.
  const needed = model.actionTokens === 'parallel' ? context.steps * (stepRows - 1) : context.steps * stepRows - 1;
  // A relative ring lets go row by row, so it need hold no whole step.
  const least = state.kind === 'ring' ? needed : 1;
  if (context.ringPositions < least)
    return [`context.ringPositions is ${context.ringPositions}, but context.steps needs at least ${least}`];
  const ringBytes = 2 * model.layers * model.kvHeads * model.headWidth * context.ringPositions * 4;
  return ringBytes > totalmem()
    ? [
        `context.ringPositions is ${context.ringPositions}, which takes ${inGigabytes(ringBytes)} GB; this computer has ${inGigabytes(totalmem())}`,
      ]
    : [];
}

function inGigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(0);
}

function consistent(tokens: ModelManifest['tokens'], path: string): StepLayout {
  const pieces = piecesOf(tokens, path);
  try {
    return createLayout(tokens, pieces);
  } catch (cause) {
    const found = messageOf(cause);
    throw new InvalidFileError(path, 'has a token layout that contradicts itself', {
      found,
      remedy: 'Correct these entries, or export the policy again.',
      cause,
    });
  }
}

function piecesOf({ text }: ModelManifest['tokens'], manifestPath: string): PieceVocabulary | undefined {
  if (text.kind === 'words') return undefined;
  const path = listedPath({ path: text.file, sha256: text.sha256 }, manifestPath);
  return PieceVocabulary.parse(readFileSync(path, 'utf8'), path);
}

/** The path of a file that the manifest lists, which must be the one it was written for. */
function listedPath(file: { readonly path: string; readonly sha256: string }, manifestPath: string): string {
  const directory = dirname(manifestPath);
  const path = join(directory, file.path);
  // A graph is native code's input: a manifest may only name files that came with it.
  if (isAbsolute(file.path) || relative(directory, path).startsWith('..')) {
    throw new InvalidFileError(manifestPath, `lists the file "${file.path}" outside its own folder`, {
      remedy: 'Keep the files of a policy beside policy.json.',
    });
  }
  if (!existsSync(path)) {
    throw new InvalidFileError(path, `is missing, though ${manifestPath} lists it`, {
      remedy: 'Fetch the model again, or remove what lists it.',
    });
  }
  const found = sha256Of(path);
  if (found !== file.sha256) {
    throw new InvalidFileError(path, 'is not the file the manifest was written for', {
      expected: `sha256 ${file.sha256}`,
      found: `sha256 ${found}`,
      remedy: 'Fetch the model again; after exporting it again, write the new digest into policy.json.',
    });
  }
  return path;
}

/** Piece by piece: a file of weights may be larger than a buffer can be. */
function sha256Of(path: string): string {
  const hash = createHash('sha256');
  const piece = new Uint8Array(1 << 20);
  const file = openSync(path, 'r');
  try {
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece))
      hash.update(piece.subarray(0, count));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

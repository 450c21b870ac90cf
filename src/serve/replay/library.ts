import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { ArmatureError } from '../../core/errors.ts';
import { parseBlackBox } from '../../record/black-box-format.ts';
import type { BlackBoxFile } from '../../record/black-box-format.ts';
import { DatasetReader } from '../../record/dataset-reader.ts';
import { EpisodePictures } from '../../record/episode-pictures.ts';
import { DATASET_PATHS } from '../../record/format.ts';
import { clipsToMessage, evaluationTitle, evaluationToMessage } from './evaluation-file.ts';
import { lookAtFile, lookAtFolder, troubleOf } from './look-at.ts';
import type { Found } from './look-at.ts';
import type { EvaluationMessage, LibraryMessage, Trouble } from './replay-messages.ts';

/** A recording that somebody looks into. */
export interface OpenedRecording {
  readonly reader: DatasetReader;
  readonly pictures: EpisodePictures;
}

/** How far below the given folders is looked, in how many folders, and how many foreign files are named. */
const DEEPEST = 6;
const MOST_FOLDERS = 5000;
const MOST_OTHERS = 100;
/** Recordings that stay open. */
const MOST_OPEN = 4;
/** Never what a verb here has written. */
const SKIPPED = /^\.|^node_modules$|\.cache$/;

/**
 * What lies in some folders. It is found anew with each scan, and then known by ids that a page may name: nothing else is ever read
 * for it.
 */
export class Library {
  readonly #roots: readonly string[];
  #found: ReadonlyMap<string, Found> = new Map();
  /** What was found only when something was opened. */
  readonly #troubles = new Map<string, Trouble>();
  readonly #open = new Map<string, { readonly version: number; readonly recording: Promise<OpenedRecording> }>();
  #scan: Promise<LibraryMessage> | undefined;

  /** @param roots folders, or single files */
  constructor(roots: readonly string[]) {
    this.#roots = roots.map((root) => resolve(root));
  }

  /** What is there now. What cannot be read is named, and ends nothing. */
  scan(): Promise<LibraryMessage> {
    this.#scan ??= this.#scanAll().finally(() => (this.#scan = undefined));
    return this.#scan;
  }

  /** Throws E_NOT_LISTED, and what DatasetReader.open throws. */
  async recording(id: string): Promise<OpenedRecording> {
    const { path } = this.#listed(id, 'recording');
    return this.#noting(id, path, async () => {
      const version = (await stat(join(path, DATASET_PATHS.info))).mtimeMs;
      const known = this.#open.get(id);
      if (known?.version === version) return known.recording;
      this.#forget(id);
      const recording = DatasetReader.open(path).then((reader) => ({ reader, pictures: new EpisodePictures(reader) }));
      this.#open.set(id, { version, recording });
      const [oldest] = this.#open.keys();
      if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#forget(oldest);
      return recording;
    });
  }

  /** Throws E_NOT_LISTED, and what parseBlackBox throws. */
  async blackBox(id: string): Promise<{ readonly name: string; readonly file: BlackBoxFile }> {
    const { path } = this.#listed(id, 'black-box');
    return this.#noting(id, path, async () => ({
      name: basename(path),
      file: parseBlackBox(await readFile(path, 'utf8'), path),
    }));
  }

  /** Throws E_NOT_LISTED. */
  evaluation(id: string): EvaluationMessage {
    const found = this.#listed(id, 'evaluation', 'films');
    const path = this.#shown(found.path);
    if (found.kind === 'films') return clipsToMessage(found.clips, path);
    if (found.file === undefined) throw notReadable(found.trouble);
    return evaluationToMessage(found.file, path);
  }

  /** Folder and file of a film, neither of which leads out of the folder of the evaluation. Throws E_NOT_LISTED. */
  clip(id: string, index: number): { readonly folder: string; readonly file: string } {
    const found = this.#listed(id, 'evaluation', 'films');
    const clips = found.kind === 'films' ? found.clips : (found.file?.clips ?? []).map(({ path }) => path);
    const folder = found.kind === 'films' ? found.path : dirname(found.path);
    const file = clips[index];
    if (file === undefined || relative(folder, resolve(folder, file)).startsWith('..')) throw notListed();
    return { folder, file };
  }

  async close(): Promise<void> {
    const opened = [...this.#open.values()];
    this.#open.clear();
    for (const { recording } of opened) await recording.then(({ pictures }) => pictures.close()).catch(() => undefined);
  }

  /** Undefined ids and ids of something else are refused alike. */
  #listed<Kind extends Found['kind']>(id: string, ...kinds: readonly Kind[]): Extract<Found, { kind: Kind }> {
    const found = this.#found.get(id);
    if (found === undefined || !(kinds as readonly string[]).includes(found.kind)) throw notListed();
    return found as Extract<Found, { kind: Kind }>;
  }

  /** What turns out to be damaged is shown as such from then on. */
  async #noting<Value>(id: string, path: string, read: () => Promise<Value>): Promise<Value> {
    try {
      const value = await read();
      this.#troubles.delete(id);
      return value;
    } catch (error) {
      this.#troubles.set(id, troubleOf(error, path));
      this.#forget(id);
      throw error;
    }
  }

  #forget(id: string): void {
    const known = this.#open.get(id);
    this.#open.delete(id);
    known?.recording.then(({ pictures }) => pictures.close()).catch(() => undefined);
  }

  async #scanAll(): Promise<LibraryMessage> {
    const found = new Map<string, Found>();
    const budget = { folders: MOST_FOLDERS };
    for (const root of this.#roots) {
      for await (const one of this.#walk(root, DEEPEST, budget)) found.set(idOf(one.path), one);
    }
    this.#found = found;
    return this.#message();
  }

  /** Links are not followed: they may lead in circles. */
  async *#walk(path: string, depth: number, budget: { folders: number }): AsyncGenerator<Found, void> {
    if (!existsSync(path)) return;
    try {
      if ((await stat(path)).isFile()) {
        const file = await lookAtFile(path);
        if (file !== undefined) yield file;
        return;
      }
      const folder = await lookAtFolder(path);
      if (folder !== undefined) yield folder;
      budget.folders -= 1;
      if (folder?.kind === 'recording' || depth === 0 || budget.folders < 0) return;
      const entries = await readdir(path, { withFileTypes: true });
      for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        if (SKIPPED.test(entry.name) || entry.isSymbolicLink()) continue;
        yield* this.#walk(join(path, entry.name), depth - 1, budget);
      }
    } catch (error) {
      yield { kind: 'other', path, trouble: troubleOf(error, path) };
    }
  }

  #message(): LibraryMessage {
    const all = [...this.#found].map(([id, found]) => ({ id, found, path: this.#shown(found.path) }));
    const others = all.flatMap(({ found, path }) => (found.kind === 'other' ? [{ path, ...found.trouble }] : []));
    return {
      folders: this.#roots.map((root) => this.#shown(root)),
      recordings: all.flatMap(({ id, found, path }) => {
        if (found.kind !== 'recording') return [];
        const { robot_type, total_episodes = 0, total_frames = 0, fps = 0 } = found.info ?? {};
        const trouble = found.trouble ?? this.#troubles.get(id) ?? null;
        return [{ id, path, robot: robot_type ?? '', episodes: total_episodes, frames: total_frames, fps, trouble }];
      }),
      blackBoxes: all.flatMap(({ id, found, path }) => {
        if (found.kind !== 'black-box') return [];
        const { robot = '', cause = '', writtenAt = '' } = found.facts ?? {};
        const trouble = found.trouble ?? this.#troubles.get(id) ?? null;
        return [{ id, path, robot, cause, writtenAt, bytes: found.bytes, trouble }];
      }),
      evaluations: all.flatMap(({ id, found, path }) => {
        if (found.kind === 'films')
          return [{ id, path, title: 'Films', meanSuccessRate: null, clips: found.clips.length, trouble: null }];
        if (found.kind !== 'evaluation') return [];
        const { file, trouble } = found;
        const title = file === undefined ? basename(path) : evaluationTitle(file);
        const clips = file?.clips?.length ?? 0;
        return [{ id, path, title, meanSuccessRate: file?.meanSuccessRate ?? null, clips, trouble }];
      }),
      others: others.slice(0, MOST_OTHERS),
      unnamedOthers: Math.max(0, others.length - MOST_OTHERS),
    };
  }

  /** A path as people here would write it. */
  #shown(path: string): string {
    const below = relative('.', path);
    return below === '' || below.startsWith('..') ? path : below;
  }
}

/** The same for the same path, and nothing from which a path could be made. */
function idOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16);
}

function notListed(): ArmatureError {
  return new ArmatureError('E_NOT_LISTED', 'this is not in the list of what is there', {
    remedy: 'Load the list again and choose from it; what was moved or deleted is no longer shown.',
  });
}

function notReadable(trouble: Trouble | null): ArmatureError {
  return new ArmatureError('E_NOT_LISTED', trouble?.problem ?? 'this cannot be read', {
    remedy: trouble?.remedy ?? 'Load the list again.',
  });
}

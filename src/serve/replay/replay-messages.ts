import { z } from 'zod';
import { patchedPicture, scene } from '../messages.ts';
import type { Immutable } from '../message-parts.ts';

/**
 * What `armature serve` answers to its page, once: both check it against these tables. Numbers that are not finite travel as
 * null. Times are seconds since the first row, angles rad where the unit says so.
 */
const reading = z.number().nullable();
const line = z.array(reading);
/** One line for each joint, as long as there are rows; empty where it was not recorded. */
const jointLines = z.array(line);

/** What is wrong with something, and what to do about it. */
const problem = z.strictObject({ problem: z.string(), remedy: z.string() });

const recordingEntry = z.strictObject({
  /** All that a page names it by; paths are for people. */
  id: z.string(),
  path: z.string(),
  robot: z.string(),
  episodes: z.int(),
  frames: z.int(),
  fps: z.number(),
  /** Null for one that is in order as far as a look at its metadata tells. */
  trouble: problem.nullable(),
});

const blackBoxEntry = z.strictObject({
  id: z.string(),
  path: z.string(),
  robot: z.string(),
  cause: z.string(),
  writtenAt: z.string(),
  bytes: z.int(),
  trouble: problem.nullable(),
});

const evaluationEntry = z.strictObject({
  id: z.string(),
  path: z.string(),
  title: z.string(),
  meanSuccessRate: reading,
  clips: z.int(),
  trouble: problem.nullable(),
});

/** What is there. */
export const libraryMessage = z.strictObject({
  folders: z.array(z.string()),
  recordings: z.array(recordingEntry),
  blackBoxes: z.array(blackBoxEntry),
  evaluations: z.array(evaluationEntry),
  /** Files that are none of these, or that cannot be told. */
  others: z.array(problem.extend({ path: z.string() })),
  /** More files of that kind, which are not named. */
  unnamedOthers: z.int(),
});

/** The episodes of a recording. */
export const recordingMessage = z.strictObject({
  path: z.string(),
  fps: z.number(),
  cameras: z.array(z.string()),
  /** Success is null where the recording does not say. */
  episodes: z.array(z.strictObject({ task: z.string(), rows: z.int(), isSuccess: z.boolean().nullable() })),
});

/** Rows in which something was so; `toRow` is the last of them. */
const span = z.strictObject({ fromRow: z.int(), toRow: z.int(), text: z.string() });

/** A line of the time line. */
const lane = z.strictObject({
  name: z.string(),
  /** What the names of its spans are: states of the gate, reasons of it, or plain words. */
  kind: z.enum(['state', 'reason', 'words']),
  spans: z.array(span),
});

/** The tokens of one decision. The probability is null where it was not kept. */
const decision = z.strictObject({
  /** At which the decision arrived. */
  row: z.int(),
  words: z.array(z.strictObject({ word: z.string(), isKnown: z.boolean() })),
  images: z.array(patchedPicture),
  states: z.array(z.strictObject({ name: z.string(), ids: z.array(z.int()) })),
  actions: z.array(z.strictObject({ joint: z.string(), id: z.int(), probability: reading, isKept: z.boolean() })),
});

/** An episode of a recording, or a black box: everything about it but its pictures. */
export const trackMessage = z.strictObject({
  title: z.string(),
  robot: z.string(),
  /** Empty where it was not recorded. */
  instruction: z.string(),
  isSuccess: z.boolean().nullable(),
  facts: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  /** Rises from row to row, from 0. */
  timesS: z.array(z.number()),
  /** Of the positions; empty where the recording does not say. */
  unit: z.string(),
  joints: z.array(z.strictObject({ name: z.string(), low: reading, high: reading })),
  measured: jointLines,
  sent: jointLines,
  requested: jointLines,
  cameras: z.array(z.strictObject({ name: z.string(), width: z.int(), height: z.int() })),
  /** Pictures that come with it, by the row from which on they are the newest: PNG in base64. Those of a recording are asked for. */
  stills: z.array(z.strictObject({ row: z.int(), camera: z.string(), png: z.base64() })),
  lanes: z.array(lane),
  /** Other values over time. */
  series: z.array(z.strictObject({ name: z.string(), unit: z.string(), values: line })),
  decisions: z.array(decision),
  /** What is to be known of the decisions; where there are none, why. */
  aboutDecisions: z.string(),
  scene: scene.nullable(),
  /** Why there is no scene; empty where there is. */
  withoutScene: z.string(),
});

const failures = z.record(z.string(), z.int().nonnegative());

export const evaluationMessage = z.strictObject({
  path: z.string(),
  title: z.string(),
  /** Conditions and seeds, in words. */
  subtitle: z.string(),
  meanSuccessRate: reading,
  tick: z.strictObject({ p50Ms: z.number(), p99Ms: z.number() }).nullable(),
  tasks: z.array(
    z.strictObject({
      task: z.string(),
      episodes: z.int(),
      successes: z.int(),
      successRate: z.number(),
      ci95: z.tuple([z.number(), z.number()]),
      wrongObjects: z.int(),
      failures,
    }),
  ),
  clips: z.array(
    z.strictObject({
      task: z.string(),
      seed: z.int(),
      /** Empty for a success. */
      phase: z.string(),
      instruction: z.string(),
      command: z.string(),
    }),
  ),
});

/** Why a request was refused. */
export const refusalMessage = z.strictObject({ refused: problem });

export type LibraryMessage = Immutable<z.infer<typeof libraryMessage>>;
export type RecordingMessage = Immutable<z.infer<typeof recordingMessage>>;
export type TrackMessage = Immutable<z.infer<typeof trackMessage>>;
export type Lane = Immutable<z.infer<typeof lane>>;
export type Span = Immutable<z.infer<typeof span>>;
export type Decision = Immutable<z.infer<typeof decision>>;
export type EvaluationMessage = Immutable<z.infer<typeof evaluationMessage>>;
export type Trouble = Immutable<z.infer<typeof problem>>;
export type Refusal = Immutable<z.infer<typeof refusalMessage>>;

const index = z.coerce.number().int().nonnegative().default(0);

/** What a page may name in an address: ids of the list, and numbers within what they stand for. */
export const addressSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  episode: index,
  camera: index,
  row: index,
  clip: index,
});
export type Address = z.infer<typeof addressSchema>;

import { z } from 'zod';
import { ArmatureError } from '../core/errors.ts';
import { controlReports, controlRequests } from './control-messages.ts';
import { operator, share } from './message-parts.ts';
import type { Immutable } from './message-parts.ts';

/**
 * What the page and the runtime say to each other, once: both check what they get against these tables. Numbers that are not
 * finite travel as null. Angles rad, lengths m, quaternions w, x, y, z.
 */
const reading = z.number().nullable();
const readings = z.array(reading);
const vector3 = z.array(z.number()).length(3);
const quaternion = z.array(z.number()).length(4);

const jointInfo = z.strictObject({
  name: z.string(),
  lowRad: z.number(),
  highRad: z.number(),
  velocityRadPerS: z.number(),
  effortNm: z.number(),
});

/** Said first, once. */
const hello = z.strictObject({
  kind: z.literal('hello'),
  robot: z.string(),
  driver: z.string(),
  agent: z.string(),
  joints: z.array(jointInfo),
  cameras: z.array(z.string()),
  /** Motors hotter than this stop the arm, degrees Celsius. */
  hottestC: reading,
  /** Instructions to choose from; any other words may be given. */
  suggestions: z.array(z.string()),
  isOperator: z.boolean(),
  /** Number of this page among those that were opened. */
  page: z.int(),
});

const sceneBody = z.strictObject({
  name: z.string(),
  parent: z.int().min(-1),
  positionM: vector3,
  quaternion,
  isArm: z.boolean(),
  joint: z
    .strictObject({
      kind: z.enum(['hinge', 'slide']),
      axis: vector3,
      anchorM: vector3,
      reference: z.number(),
      robotJoint: z.int().nonnegative(),
      ratio: z.number(),
    })
    .nullable(),
});

const sceneGeom = z.strictObject({
  body: z.int().min(-1),
  shape: z.enum(['plane', 'sphere', 'capsule', 'ellipsoid', 'cylinder', 'box']),
  positionM: vector3,
  quaternion,
  sizeM: vector3,
  colour: z.array(z.number()).length(4),
});

/** What is drawn; said at the beginning of each episode. */
export const scene = z.strictObject({
  kind: z.literal('scene'),
  bodies: z.array(sceneBody),
  geoms: z.array(sceneGeom),
});

const shares = z.array(z.number());

/** A picture as the sequence holds it: its patches, row by row. */
export const patchedPicture = z.strictObject({ camera: z.string(), patches: z.int(), columns: z.int() });

/** The tokens of one decision, in the order of the sequence; see TokenStrip. */
const strip = z.strictObject({
  tick: z.int(),
  words: z.array(z.strictObject({ word: z.string(), isKnown: z.boolean() })),
  images: z.array(patchedPicture),
  states: z.array(z.strictObject({ name: z.string(), ids: z.array(z.int()) })),
  actions: z.array(
    z.strictObject({
      joint: z.string(),
      id: z.int(),
      bin: z.int(),
      probability: z.number(),
      isMasked: z.boolean(),
      isKept: z.boolean(),
      allowed: z.array(z.int()).length(2).nullable(),
      likeliest: z.int().nullable(),
    }),
  ),
  bins: z.int().positive(),
  attention: z
    .strictObject({
      text: z.number(),
      words: shares,
      images: z.array(shares),
      states: z.array(shares),
      separator: z.number(),
    })
    .nullable(),
});

/** What the arm is nearest to; see Clearance. */
const clearance = z.strictObject({
  kind: z.enum(['self', 'scene', 'thing']),
  where: z.string(),
  distanceM: z.number(),
  fromM: vector3,
  toM: vector3,
  minimumM: reading,
  slowM: reading,
});

/** What the gate did, from the moment on when it began to do so. */
const gateEvent = z.strictObject({
  number: z.int(),
  timeS: z.number(),
  state: z.string(),
  reasons: z.array(z.string()),
});

/** How things stand; said many times a second, and not said to a page that has not read the last ones yet. */
const frame = z.strictObject({
  kind: z.literal('frame'),
  episode: z.strictObject({
    number: z.int(),
    instruction: z.string(),
    timeS: z.number(),
    isRunning: z.boolean(),
    /** How the last one ended; empty before. */
    outcome: z.string(),
    succeeded: z.int(),
    finished: z.int(),
  }),
  joints: z.strictObject({
    requestedRad: readings,
    sentRad: readings,
    measuredRad: readings,
    velocityRadPerS: readings,
    effortNm: readings,
    temperatureC: readings,
  }),
  loop: z.strictObject({
    rateHz: z.number(),
    wantedHz: z.number(),
    /** Lateness of the last seconds, ms. */
    latenessMs: z.strictObject({ p50: z.number(), p99: z.number(), max: z.number() }),
    /** Ticks of the last seconds by lateness: see LATENESS_EDGES_MS. */
    histogram: z.array(z.int()),
    skippedTicks: z.int(),
    inferenceMs: z.strictObject({ newest: z.number(), p50: z.number(), p99: z.number() }),
    /** Decisions that had not come when the next one was due. */
    missedDecisions: z.int(),
  }),
  sensors: z.array(z.strictObject({ name: z.string(), ageMs: reading, isFresh: z.boolean() })),
  gate: z.strictObject({
    state: z.string(),
    reasons: z.array(z.string()),
    events: z.array(gateEvent),
    /** Share of the velocity limits that may be used. */
    speedShare: z.number(),
  }),
  strip: strip.nullable(),
  /** Bodies that are not the arm: index, position, quaternion. */
  things: z.array(z.array(z.number()).length(8)),
  /** The nearest of each kind; none where nobody knows. */
  clearances: z.array(clearance),
});

/** The answer to something the page asked for. */
const notice = z.strictObject({ kind: z.literal('notice'), level: z.enum(['done', 'refused']), text: z.string() });

export const serverMessage = z.discriminatedUnion('kind', [hello, scene, frame, notice, ...controlReports]);
export type HelloMessage = Immutable<z.infer<typeof hello>>;
export type SceneMessage = Immutable<z.infer<typeof scene>>;
export type FrameMessage = Immutable<z.infer<typeof frame>>;
export type NoticeMessage = Immutable<z.infer<typeof notice>>;

/** What a page may say and ask for. Everything that lets the arm do more needs the operator's token. */
export const pageMessage = z.discriminatedUnion('kind', [
  /** A picture has come: there is room for another one on the way. */
  z.strictObject({ kind: z.literal('got') }),
  z.strictObject({ kind: z.literal('stop') }),
  z.strictObject({ kind: z.literal('slow'), share }),
  z.strictObject({ kind: z.literal('fast'), share, operator }),
  z.strictObject({ kind: z.literal('instruct'), text: z.string().trim().min(1).max(200), operator }),
  z.strictObject({ kind: z.literal('begin'), text: z.string().trim().min(1).max(200), operator }),
  ...controlRequests,
]);
export type PageMessage = Immutable<z.infer<typeof pageMessage>>;

/** Before the pixels of a binary message, as JSON behind its length in four bytes, little end first. */
export const pictureHeader = z.strictObject({
  camera: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
  /** 1: all pixels the camera has; else every so many of them, in both directions. */
  stride: z.int().positive(),
  /** Number of the picture, so that a page can tell its rate. */
  number: z.int(),
  ageMs: z.number(),
});
export type PictureHeader = Immutable<z.infer<typeof pictureHeader>>;

/** Upper ends of the bars of the lateness histogram, ms; the last bar has none. */
export const LATENESS_EDGES_MS: readonly number[] = [0.1, 0.2, 0.5, 1, 2, 5, 10];

/** A picture as one binary message: header, then 8-bit RGB from the top left. */
export function encodePicture(header: PictureHeader, rgb: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(4 + head.length + rgb.length);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  bytes.set(rgb, 4 + head.length);
  return bytes;
}

/** Throws ArmatureError E_DASHBOARD_MESSAGE for bytes that are no picture. */
export function decodePicture(bytes: Uint8Array): { readonly header: PictureHeader; readonly rgb: Uint8Array } {
  const length = bytes.length < 4 ? Infinity : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (4 + length > bytes.length) throw badMessage(`${bytes.length} bytes`);
  const header = parseMessage(pictureHeader, new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const rgb = bytes.subarray(4 + length);
  if (rgb.length !== header.width * header.height * 3) throw badMessage(`a picture of ${rgb.length} bytes`);
  return { header, rgb };
}

/** Throws ArmatureError E_DASHBOARD_MESSAGE for a text that is not what the table says. */
export function parseMessage<Schema extends z.ZodType>(schema: Schema, text: string): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badMessage('no JSON');
  }
  const result = schema.safeParse(value);
  if (!result.success) throw badMessage(z.prettifyError(result.error).replaceAll('\n', ' '));
  return result.data;
}

function badMessage(found: string): ArmatureError {
  return new ArmatureError('E_DASHBOARD_MESSAGE', 'a message between page and runtime does not fit', {
    expected: 'one of the messages in src/serve/messages.ts',
    found,
    remedy: 'Load the page again, so that it is of the same version as the runtime.',
  });
}

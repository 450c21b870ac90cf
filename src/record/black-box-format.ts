import { z } from 'zod';
import { InvalidFileError } from '../core/errors.ts';
import { robotSchema } from '../robot/robot-spec.ts';
import { exactNumber, exactNumberSchema, fromExactJson, toExactJson } from './exact-numbers.ts';
import { HashChain, sha256, verifyChain } from './hash-chain.ts';

/** Of the lines below; another number is another format. */
const VERSION = 3;
/** Before there were words and pictures in it; all else was the same. */
const WITHOUT_SIGHT = 2;
const versionSchema = z.union([z.literal(VERSION), z.literal(WITHOUT_SIGHT)]);
const KIND = 'armature-black-box';

const numbers = z.array(exactNumberSchema);
/** Values per joint; where there is not one per joint, only how many there were: -1 for what is no array of numbers. */
const jointValues = z.union([numbers, z.strictObject({ length: z.int().min(-1) })]);
export type JointValues = z.infer<typeof jointValues>;

const headerSchema = z.strictObject({
  kind: z.literal(KIND),
  version: versionSchema,
  /** Why it was written: a reason of the gate, or how the episode ended. */
  cause: z.string(),
  /** Wall time, ISO 8601. */
  writtenAt: z.string(),
  armature: z.string(),
  node: z.string(),
  platform: z.string(),
  /** The description the gate was made from, without the folder it lay in. */
  robot: robotSchema,
  /** See limitsDigest. */
  limitsSha256: z.string(),
  /** What the gate knew before the first tick, for a replay; its content is the gate's own. Null where it is not known. */
  start: z.unknown(),
});

const healthSchema = z.strictObject({
  currentsA: numbers.optional(),
  temperaturesC: numbers.optional(),
  voltagesV: numbers.optional(),
  motorErrors: numbers.optional(),
  mode: z.string().optional(),
});

const tickSchema = z.strictObject({
  kind: z.literal('tick'),
  /** What the arm was told to do from this tick on, where that is not what the tick before had. */
  instruction: z.string().optional(),
  /** Rises by one from tick to tick, but for those that nobody saw. */
  tick: z.int(),
  /** Monotonic ns. */
  timeNs: exactNumberSchema,
  /** Since the tick before, ns; NaN in the first. */
  stepNs: exactNumberSchema,
  /**
   * State of the gate before this tick where that is not what the tick before left, because an operator commanded
   * something or ticks are missing; its content is the gate's own.
   */
  imposed: z.unknown().optional(),
  /** As the gate was asked, rad; null when it was asked for nothing. */
  target: z
    .strictObject({
      positionsRad: jointValues,
      createdNs: exactNumberSchema,
      observedNs: exactNumberSchema,
      /** See GateInput. */
      isPlanned: z.boolean(),
    })
    .nullable(),
  measured: z.strictObject({
    positionsRad: jointValues,
    velocitiesRadPerS: jointValues,
    effortsNm: jointValues,
    stampNs: exactNumberSchema,
    ageNs: exactNumberSchema,
    fresh: z.boolean(),
  }),
  /** What motors and robot reported of themselves; null for nothing. */
  health: healthSchema.nullable(),
  /** Ages of the pictures, ns, in the order of the robot's cameras; NaN for one that is not there. */
  cameraAgesNs: numbers,
  /** Of the decision that arrived at this tick; null where none did. */
  actionTokens: z.array(z.int()).nullable(),
  /** How many of them, the last ones, its deadline cut off: those joints kept their last target. */
  keptJoints: z.int().nonnegative().optional(),
  /** Commands in rad, shape (J): the one before, the one of this tick, and what the driver made of it. */
  previousRad: numbers,
  emittedRad: numbers,
  sentRad: numbers,
  reasons: z.array(z.string()),
  /** Of the gate, after the tick. */
  state: z.string(),
});

/** A picture as the agent was given it, or made smaller. */
const pictureSchema = z.strictObject({
  kind: z.literal('picture'),
  camera: z.string(),
  /** Of the tick at which it was there first, monotonic ns. */
  timeNs: exactNumberSchema,
  width: z.int().positive(),
  height: z.int().positive(),
  /** 8-bit RGB, in base64. */
  png: z.base64(),
});

/** The last line; `pictures` is not there where nobody saw any. */
const endSchema = z.strictObject({
  kind: z.literal('end'),
  ticks: z.int(),
  pictures: z.int().nonnegative().optional(),
});

export type BlackBoxHeader = Omit<z.infer<typeof headerSchema>, 'kind' | 'version' | 'limitsSha256'>;
export type HealthValues = z.infer<typeof healthSchema>;
export type BlackBoxTick = Omit<z.infer<typeof tickSchema>, 'kind'>;
export type BlackBoxPicture = Omit<z.infer<typeof pictureSchema>, 'kind'>;

/** What a black box holds: the last seconds before it was written, tick after tick. */
export interface BlackBoxFile {
  readonly header: BlackBoxHeader;
  readonly ticks: readonly BlackBoxTick[];
  /** A few of each camera, in order of time. */
  readonly pictures: readonly BlackBoxPicture[];
  readonly limitsSha256: string;
  /** Hash of the last line: who notes it can tell a forged file. */
  readonly sha256: string;
}

/** SHA-256 of the limits and rates a robot's gate works with: equal digests, equal gates. */
export function limitsDigest(robot: Pick<BlackBoxHeader['robot'], 'joints' | 'rates' | 'timeouts'>): string {
  const { joints, rates, timeouts } = robot;
  return sha256(
    JSON.stringify([joints.map(({ name, limits }) => [name, sorted(limits)]), sorted(rates), sorted(timeouts)]),
  );
}

/** The lines of a file, in order; each ends with a line end. */
export function* blackBoxLines(
  header: BlackBoxHeader,
  ticks: Iterable<BlackBoxTick>,
  pictures: readonly BlackBoxPicture[] = [],
): Generator<string, void> {
  const chain = new HashChain();
  const { start, ...facts } = header;
  const limitsSha256 = limitsDigest(header.robot);
  yield `${chain.line({ kind: KIND, version: VERSION, ...facts, limitsSha256, start: toExactJson(start ?? null) })}\n`;
  let count = 0;
  for (const tick of ticks) {
    yield `${chain.line(tickDocument(tick))}\n`;
    count += 1;
  }
  for (const picture of pictures)
    yield `${chain.line({ kind: 'picture', ...picture, timeNs: exactNumber(picture.timeNs) })}\n`;
  yield `${chain.line({ kind: 'end', ticks: count, ...(pictures.length > 0 ? { pictures: pictures.length } : {}) })}\n`;
}

/**
 * Reads what blackBoxLines made. Throws InvalidFileError for a file that is something else, was cut, or was
 * changed in any line.
 */
export function parseBlackBox(text: string, path: string): BlackBoxFile {
  requireBlackBox(text, path);
  const { documents, sha256: lastHash } = verifyChain(text, path);
  const [first, ...rest] = documents;
  const last = rest.pop();
  const { limitsSha256, kind: _kind, version: _version, ...header } = fitting(headerSchema, first, `${path}: line 1`);
  const end = endSchema.safeParse(last);
  const promised = end.success ? end.data.ticks + (end.data.pictures ?? 0) : undefined;
  if (!end.success || promised !== rest.length) {
    throw new InvalidFileError(path, `it was cut behind line ${documents.length}`, {
      expected: end.success ? `${promised} ticks and pictures` : 'a last line of kind "end"',
      found: `${rest.length} ticks and pictures`,
      remedy: 'Use the whole file.',
    });
  }
  if (limitsSha256 !== limitsDigest(header.robot)) {
    throw new InvalidFileError(path, 'its limits do not have the digest it names', {
      remedy: 'It was written by something else than Armature.',
    });
  }
  const line = (index: number): string => `${path}: line ${index + 2}`;
  const ticks = rest.slice(0, end.data.ticks).map((document, index) => {
    const { kind: _tick, ...tick } = fitting(tickSchema, document, line(index));
    return { ...tick, imposed: fromExactJson(tick.imposed) };
  });
  const pictures = rest.slice(end.data.ticks).map((document, index) => {
    const { kind: _picture, ...picture } = fitting(pictureSchema, document, line(end.data.ticks + index));
    return picture;
  });
  return {
    header: { ...header, start: fromExactJson(header.start) ?? undefined },
    ticks,
    pictures,
    limitsSha256,
    sha256: lastHash,
  };
}

/** What the two ends of a file tell without reading it. */
export type BlackBoxFacts = Pick<BlackBoxHeader, 'cause' | 'writtenAt'> & { readonly robot: string };

const factsSchema = z.object({
  version: versionSchema,
  cause: z.string(),
  writtenAt: z.string(),
  robot: z.object({ name: z.string() }),
});

/**
 * Looks at the two ends of a file, without judging what is between them: parseBlackBox does. Throws InvalidFileError for a file that is
 * something else.
 * @param head from the first byte on, with the whole first line
 * @param tail up to the last byte, with the whole last line
 * @returns `facts` where the first line is whole and of this version; `damage` where one of the ends is not
 */
export function blackBoxFacts(
  head: string,
  tail: string,
  path: string,
): { readonly facts: BlackBoxFacts | undefined; readonly damage: InvalidFileError | undefined } {
  requireBlackBox(head, path);
  const facts = firstLineFacts(head);
  if (facts === undefined) {
    const remedy = 'Read it with the version of Armature that wrote it, or use the whole file.';
    const damage = new InvalidFileError(path, 'its first line is of another version, or was cut', {
      expected: `format version ${VERSION}`,
      remedy,
    });
    return { facts, damage };
  }
  const isWhole = tail.endsWith('\n') && tail.trimEnd().split('\n').at(-1)?.includes('"kind":"end"') === true;
  if (isWhole) return { facts, damage: undefined };
  const remedy = 'Use the whole file.';
  return { facts, damage: new InvalidFileError(path, 'it was cut', { expected: 'a last line of kind "end"', remedy }) };
}

function firstLineFacts(head: string): BlackBoxFacts | undefined {
  try {
    const { cause, writtenAt, robot } = factsSchema.parse(JSON.parse(head.slice(0, head.indexOf('\n'))));
    return { cause, writtenAt, robot: robot.name };
  } catch {
    return undefined;
  }
}

function requireBlackBox(text: string, path: string): void {
  if (text.startsWith(`{"previous":"`) && text.slice(0, 200).includes(`"kind":"${KIND}"`)) return;
  throw new InvalidFileError(path, 'is no black box', {
    expected: `JSON lines, the first of kind "${KIND}"`,
    remedy: 'Give a file that "armature run --black-box" wrote.',
  });
}

function fitting<T>(schema: z.ZodType<T>, document: unknown, where: string): T {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw new InvalidFileError(where, `does not fit:\n${z.prettifyError(result.error)}`, {
    expected: `format version ${VERSION}`,
    remedy: 'Read it with the version of Armature that wrote it; the first line names it.',
  });
}

function tickDocument(tick: BlackBoxTick): Readonly<Record<string, unknown>> {
  const { timeNs, stepNs, target, measured, health } = tick;
  return {
    kind: 'tick',
    ...tick,
    timeNs: exactNumber(timeNs),
    stepNs: exactNumber(stepNs),
    imposed: toExactJson(tick.imposed),
    target: target === null ? null : exactMembers(target),
    measured: exactMembers(measured),
    health: health === null ? null : exactMembers(health),
    cameraAgesNs: tick.cameraAgesNs.map(exactNumber),
    previousRad: tick.previousRad.map(exactNumber),
    emittedRad: tick.emittedRad.map(exactNumber),
    sentRad: tick.sentRad.map(exactNumber),
  };
}

type Member = JointValues | number | boolean | string | undefined;

function exactMembers(values: Readonly<Record<string, Member>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, unknown] => {
      if (typeof value === 'number') return [name, exactNumber(value)];
      return [name, Array.isArray(value) ? value.map(exactNumber) : value];
    }),
  );
}

function sorted(values: object): unknown {
  return Object.entries(values).toSorted(([left], [right]) => (left < right ? -1 : 1));
}

import { z } from 'zod';

const numbers = z.array(z.number()).min(1);

/**
 * Gato's value codec (arXiv 2205.06175, section 2.1). The defaults are the paper's; a checkpoint
 * carries its own because published implementations differ in companding and decoding.
 */
export const codecSchema = z.strictObject({
  /** Bins per continuous value, over [-1, 1]. */
  bins: z.int().positive().default(1024),
  /** mu-law: F(x) = sgn(x) ln(|x| mu + 1) / ln(M mu + 1). */
  mu: z.number().positive().default(100),
  maximum: z.number().positive().default(256),
  /** Text ids are [0, textVocabulary); continuous ids follow; the separator comes after them. */
  textVocabulary: z.int().positive().default(32000),
  /** Which point of its bin an action token stands for. */
  decode: z.enum(['lower', 'centre']).default('centre'),
  /** Decoded values of fewer bins than this from zero are zero; a bin centre can never be. */
  deadbandBins: z.number().nonnegative().default(1),
});

/** How an instruction becomes ids. It is padded with id 0 to `positions`. */
const textSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('words').default('words'),
    /** Token id of a word = its index; index 0 is padding. */
    vocabulary: z.array(z.string()).min(1),
    positions: z.int().positive(),
  }),
  /** Gato's: a unigram model of SentencePiece, of 32000 pieces. */
  z.strictObject({
    kind: z.literal('sentencepiece'),
    /** A tokenizer.json beside policy.json; see PieceVocabulary. */
    file: z.string().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** How many the file holds: ids are [0, pieces). */
    pieces: z.int().positive(),
    positions: z.int().positive(),
    /**
     * Ids that training has met; a policy knows nothing of the others, and reads them as the unknown piece.
     * Default: all of them.
     */
    trainedIds: z.array(z.int().nonnegative()).optional(),
  }),
]);

/**
 * One modality of the proprioceptive state. `linear` maps [low, high] per joint to [-1, 1] and skips
 * companding ("if not already there"); `mulaw` companding takes the SI value as it is.
 */
const stateModalitySchema = z.discriminatedUnion('codec', [
  z.strictObject({
    name: z.enum(['positions', 'velocities', 'efforts']),
    codec: z.literal('linear'),
    low: numbers,
    high: numbers,
  }),
  z.strictObject({ name: z.enum(['positions', 'velocities', 'efforts']), codec: z.literal('mulaw') }),
  /** As `linear`, but of values that are no joint's, as many as it has bounds: a task that is no arm's. */
  z.strictObject({ name: z.string().min(1), codec: z.literal('linear-values'), low: numbers, high: numbers }),
]);

/**
 * What the action token of one joint means, per control tick: `delta` moves the last command by a
 * value in [lowRad, highRad], `position` goes to a value in [lowRad, highRad].
 */
const actionSchema = z.strictObject({
  joint: z.string().min(1),
  kind: z.enum(['delta', 'position']),
  lowRad: z.number(),
  highRad: z.number(),
});

/** One token per step that is one of so many things: ids from 0 on, which text shares (Gato, section 2.1). */
const choiceSchema = z.strictObject({ name: z.string().min(1), values: z.int().positive().max(1024) });

/**
 * Actions decided at once, with a receding horizon: one decision holds the action tokens of `steps` control
 * ticks, tick after tick, of which the first `execute` are carried out before the next decision. A delta of a
 * later tick moves the command of that tick.
 */
const chunkSchema = z.strictObject({
  steps: z.int().positive(),
  /** At most `steps`. Nothing is trained on it: it may be changed in policy.json. */
  execute: z.int().positive(),
});

/** Width and height are whole multiples of patchSize. */
const cameraSchema = z.strictObject({
  name: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
  /**
   * Makes it a goal: no camera of the robot, but what this other camera of the layout, of the same size, sees when
   * the task is finished. In training the last picture of the episode.
   */
  goalOf: z.string().optional(),
});

/** Everything that decides which ids and patches an observation becomes. Part of policy.json. */
export const layoutSpecSchema = z.strictObject({
  /** `exact`: one position per value, as Gato. `packed`: the embeddings of one state modality are summed into one position. */
  layout: z.enum(['exact', 'packed']),
  codec: codecSchema,
  text: textSchema,
  /** In sequence order. */
  cameras: z.array(cameraSchema),
  patchSize: z.int().positive().default(16),
  /** In sequence order. */
  state: z.array(stateModalitySchema).min(1),
  /** In emission order: one token per joint. */
  actions: z.array(actionSchema),
  /** In the place of actions, for a task that is no arm's. */
  choice: choiceSchema.optional(),
  chunk: chunkSchema.default({ steps: 1, execute: 1 }),
  /** A target strays at most this far from the measured position, per joint, rad: what stops deltas winding up on contact. */
  leashRad: z.number().positive(),
});

export type LayoutSpec = Readonly<z.infer<typeof layoutSpecSchema>>;
export type TextSpec = LayoutSpec['text'];
export type Codec = LayoutSpec['codec'];
export type StateModality = LayoutSpec['state'][number];
/** What an arm measures of its joints. */
export type JointStateName = Exclude<StateModality, { codec: 'linear-values' }>['name'];
export type ActionSpec = LayoutSpec['actions'][number];
/** Values of one modality of the state of a layout. */
export function stateWidth(spec: LayoutSpec, modality: StateModality): number {
  return modality.codec === 'linear-values' ? modality.low.length : spec.actions.length;
}

/** Values that an action token can take, called bins where they are. */
export function actionValues({ choice, codec }: LayoutSpec): number {
  return choice?.values ?? codec.bins;
}

/** Id of the first of these values; the others follow. */
export function firstActionId({ choice, codec }: LayoutSpec): number {
  return choice === undefined ? codec.textVocabulary : 0;
}

/** Action tokens of one control tick. */
export function tokensPerTick({ actions, choice }: LayoutSpec): number {
  return choice === undefined ? actions.length : 1;
}

import { z } from 'zod';
import { layoutSpecSchema } from '../tokens/layout-spec.ts';
import { policyFamilies } from './families.ts';
import type { FamilyName } from './families.ts';

const fileSchema = z.strictObject({ path: z.string().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** A graph, and the files its weights are in where they do not fit into it: a file of protobuf ends at 2 GB. */
const graphSchema = fileSchema.extend({ data: z.array(fileSchema).optional() });

/** Two graphs: `embed` turns a token frame into embeddings, `trunk` runs the transformer over them. */
const graphsSchema = z.strictObject({
  embed: graphSchema,
  trunk: graphSchema,
  /** More nodes for the trunk, which tell what it attended to. Behind the trunk's bytes they make one graph with them. */
  attention: fileSchema.optional(),
});

/** How the next token is chosen from the allowed logits. */
const samplingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('greedy') }),
  /** The bin nearest to the mean of the distribution within windowBins of its best bin. */
  z.strictObject({ kind: z.literal('expected'), windowBins: z.int().positive() }),
  z.strictObject({
    kind: z.literal('temperature'),
    temperature: z.number().positive(),
    topK: z.int().positive().optional(),
  }),
]);

/** How the policy remembers its past, see src/policy/state/. */
const stateSchema = z.discriminatedUnion('kind', [
  /** Keys and values of the newest context.steps steps, with rotary positions. */
  z.strictObject({ kind: z.literal('ring') }),
  /** Keys and values of the newest context.ringPositions positions, without positions of their own. */
  z.strictObject({
    kind: z.literal('relative-ring'),
    /** `zeros`: the memory begins full of zeros, which take their share of the attention, as DB1's released code has it. */
    beforeStart: z.enum(['nothing', 'zeros']).default('nothing'),
  }),
  /** Tensors that each run replaces: the trunk takes `state_<name>` and gives `next_<name>`. */
  z.strictObject({
    kind: z.literal('recurrent'),
    tensors: z
      .array(z.strictObject({ name: z.string().regex(/^[a-z0-9_]+$/), shape: z.array(z.int().positive()) }))
      .min(1),
  }),
]);

/** `models/<name>/policy.json`. */
export const manifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  name: z.string().min(1),
  family: z.enum(Object.keys(policyFamilies) as [FamilyName, ...FamilyName[]]),
  description: z.string(),
  /** The embodiment it was trained on, and the tasks and suite. */
  robot: z.string().min(1),
  joints: z.array(z.string()),
  suite: z.string().min(1),
  tasks: z.array(z.string()).min(1),
  controlHz: z.number().positive(),
  tokens: layoutSpecSchema,
  /** Transformer shape; kvHeads divides heads. */
  model: z.strictObject({
    layers: z.int().positive(),
    width: z.int().positive(),
    heads: z.int().positive(),
    kvHeads: z.int().positive(),
    headWidth: z.int().positive(),
    feedForward: z.int().positive(),
    /**
     * `autoregressive`: each action token sees those before it. `parallel`: all are read from one pass; the embed
     * graph then appends a query for each but the first, which the separator predicts.
     */
    actionTokens: z.enum(['autoregressive', 'parallel']).default('autoregressive'),
    /** Rows the embed graph makes of an observation, separator included, where they are not one per token of the layout. */
    observationRows: z.int().positive().optional(),
  }),
  context: z.strictObject({
    /**
     * Control ticks the policy looks back on, this one included; of a recurrent one those it was trained on, and 1: none of
     * the past. More than one only without chunks, unless parallel and recurrent.
     */
    steps: z.int().positive(),
    /** Slots of the key-value ring; 0 where there is none. */
    ringPositions: z.int().nonnegative(),
  }),
  state: stateSchema.default({ kind: 'ring' }),
  sampling: samplingSchema,
  /**
   * Files per precision of the weights; which one a provider runs is in providers.ts. int8: one scale per output, activations
   * in int8 too; fp16: widened when loaded, so that only the files are smaller; int4: one scale per block of 32.
   */
  files: z.strictObject({
    int8: graphsSchema.optional(),
    fp32: graphsSchema.optional(),
    fp16: graphsSchema.optional(),
    int4: graphsSchema.optional(),
  }),
  /** The weights for PyTorch: to train on from, and to compare with. Nothing here reads them. */
  weights: fileSchema.optional(),
  /** Where the weights came from; free form, for people. */
  training: z.record(z.string(), z.unknown()).default({}),
  /** Measured success, by `armature eval`; free form, for people. */
  measured: z.record(z.string(), z.unknown()).default({}),
});

export type ModelManifest = Readonly<z.infer<typeof manifestSchema>>;
export type Sampling = ModelManifest['sampling'];
export type StateSpec = ModelManifest['state'];
export type Precision = keyof ModelManifest['files'];

/** Of the weights, as policy.json may list them. */
export const precisions = Object.keys(manifestSchema.shape.files.shape) as readonly Precision[];

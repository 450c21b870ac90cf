import { z } from 'zod';

const size = z.int().min(1).max(4096);

/** Where a value stands in a message: a key, or the keys that lead to it through nested maps. */
const keySchema = z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(8)]);

const range = z
  .tuple([z.number(), z.number()])
  .refine(([first, second]) => first !== second, 'the two ends must differ');

/** How the server counts a joint. */
const unitSchema = z.union([
  z.enum(['rad', 'deg']),
  /** The two numbers of the server that stand for the two of ours, rad; straight in between and beyond. */
  z.strictObject({ server: range, rad: range }),
]);

const jointSchema = z.strictObject({ joint: z.string().min(1), unit: unitSchema });

const imageSchema = z.strictObject({
  camera: z.string().min(1),
  key: keySchema,
  /** Pixels that are sent; the picture is fitted into them, black around it. */
  width: size,
  height: size,
  /** `hwc`: shape (height, width, 3); `chw`: shape (3, height, width). */
  layout: z.enum(['hwc', 'chw']).default('hwc'),
});

const stateSchema = z.strictObject({
  key: keySchema,
  /** `position`: measured, rad; `velocity`: measured, rad/s; `effort`: measured, Nm; `command`: what was sent last, rad. */
  quantity: z.enum(['position', 'velocity', 'effort', 'command']).default('position'),
  dtype: z.enum(['float32', 'float64']).default('float64'),
  /** In the server's order. */
  joints: z.array(jointSchema).min(1),
});

const columnSchema = z.strictObject({
  ...jointSchema.shape,
  /**
   * `absolute`: where to be. `from-state`: how far from where the joint was when the server was asked. `per-step`: how
   * far from the last command, at each control tick.
   */
  meaning: z.enum(['absolute', 'from-state', 'per-step']).default('absolute'),
});

/** `models/<name>/policy.json` of a policy that is on a server which speaks as openpi's does. */
export const remoteManifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  name: z.string().min(1),
  family: z.literal('remote'),
  description: z.string(),
  robot: z.string().min(1),
  /** The joints the actions move: all those of the robot, in its order. */
  joints: z.array(z.string()).min(1),
  /** Rows of a chunk in a second. */
  controlHz: z.number().positive(),
  server: z.strictObject({
    url: z.url({ protocol: /^wss?$/ }),
    /** An answer that takes longer is not waited for, ms. */
    timeoutMs: z.number().positive().default(1000),
    /** The first answer of an episode may take so long: a server may have to compile its model first, ms. */
    firstTimeoutMs: z.number().positive().default(60_000),
    /** Name of the variable of the environment that holds the key the server wants; none: no key. */
    apiKeyVariable: z.string().min(1).optional(),
  }),
  observation: z.strictObject({
    images: z.array(imageSchema),
    states: z.array(stateSchema),
    /** Where the instruction goes. */
    instruction: keySchema.optional(),
    /** Where the seed of the episode goes, for servers that draw. */
    seed: keySchema.optional(),
  }),
  actions: z.strictObject({
    key: keySchema.default('actions'),
    /** Control ticks of one answer: its shape is (steps, columns). */
    steps: z.int().min(1).max(1000),
    /** Of them, those carried out before the server is asked again. */
    execute: z.int().positive(),
    /** So many control ticks before that, live runs ask, and go on with what they have until the answer is there. */
    askAhead: z.int().nonnegative().default(0),
    /** In the server's order; null: a column that moves nothing. */
    columns: z.array(columnSchema.nullable()).min(1),
  }),
  /** Free form, for people. */
  training: z.record(z.string(), z.unknown()).default({}),
  measured: z.record(z.string(), z.unknown()).default({}),
});

export type RemoteManifest = Readonly<z.infer<typeof remoteManifestSchema>>;
export type MessageKey = z.infer<typeof keySchema>;
export type ServerUnit = z.infer<typeof unitSchema>;
export type RemoteState = RemoteManifest['observation']['states'][number];

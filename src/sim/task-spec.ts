import { z } from 'zod';

const positive = z.number().positive();
const range = z.tuple([z.number(), z.number()]).refine(([low, high]) => low <= high, 'the lower end must come first');
const channels = z.tuple([z.number(), z.number(), z.number()]);
const holdTicks = z.int().positive();
/** {source} and {destination} stand for colour names. */
const wording = z.string().regex(/^[a-z{} ]+$/);

/** When the task counts as done; the condition must hold for `holdTicks` control ticks in a row. */
const successSchema = z.discriminatedUnion('rule', [
  /** Gripper frame within a distance of the point above the source's centre. */
  z.strictObject({ rule: z.literal('reached'), aboveCentreM: z.number(), withinM: positive, holdTicks }),
  /** Underside of the source cube at least this high above the table. */
  z.strictObject({ rule: z.literal('lifted'), bottomM: positive, holdTicks }),
  /** Source at rest on the table, its centre within a distance of the destination's. */
  z.strictObject({ rule: z.literal('pushed'), withinM: positive, speedMPerS: positive, holdTicks }),
  /** Source rests on the destination, untouched by the fingers. */
  z.strictObject({ rule: z.literal('stacked'), withinM: positive, heightToleranceM: positive, holdTicks }),
  /** Source inside the destination's walls, its top below the rim, untouched by the fingers. */
  z.strictObject({ rule: z.literal('contained'), halfWidthM: positive, rimM: positive, holdTicks }),
  /** Source cube rests on the destination, whose origin is the middle of its top, untouched by the fingers. */
  z.strictObject({ rule: z.literal('shelved'), withinM: positive, heightToleranceM: positive, holdTicks }),
  /** Source button pushed in by at least this much; pushing in another one is a failure at once. */
  z.strictObject({ rule: z.literal('pressed'), travelM: positive, holdTicks }),
]);

/** Things of one kind, placed by the same rule. */
const groupSchema = z.strictObject({
  /** Bodies of the scene; one with a colour has a geom of the same name. */
  bodies: z.array(z.string().min(1)).min(1),
  /** Height of the body's origin when it stands on the table. */
  heightM: z.number(),
  /** Radius of the circle on the table that holds the thing at any yaw. */
  footprintM: positive,
  /** Where it may stand: distance from the first joint's axis, angle from straight ahead (left positive). */
  region: z.strictObject({ radiusM: range, azimuthRad: range }),
  /** The region lies on both sides: the first body on a random side, the next on the other. */
  mirrored: z.boolean().default(false),
  /** Largest turn away from facing the arm's axis. */
  yawRad: z.number().nonnegative(),
  /** Each body of a coloured group gets another colour, by which the instruction names it. */
  coloured: z.boolean(),
});

/** `sim/tasks/<name>.yaml`: what is on the desk, what is asked for and when it is done. */
export const taskSchema = z.strictObject({
  scene: z.string().min(1),
  description: z.string().min(1),
  timeLimitS: positive,
  /** How people ask for it. */
  instructions: z.array(wording).min(1),
  /** Placed in this order. */
  groups: z.record(z.string(), groupSchema),
  /** Group that holds the thing to act on. */
  source: z.string().min(1),
  /** Group that holds the place where it must go; may be the source's own. */
  destination: z.string().min(1).optional(),
  /** Distance from the first joint's axis inside which things stay reachable; one beyond it ends the episode. */
  reachM: range.optional(),
  /** Smallest free distance between footprints. */
  gapM: z.number().nonnegative(),
  /** A strip from behind the source to the destination that other things of the source's group keep out of. */
  lane: z
    .strictObject({
      halfWidthM: positive,
      /** How far behind the source's centre it starts. */
      startM: positive,
      /** Distance of its start from the first joint's axis. */
      startRadiusM: range,
    })
    .optional(),
  success: successSchema,
});

/** `sim/variation.yaml`: what differs between episodes of every task. */
export const variationSchema = z.strictObject({
  colours: z.record(z.string().regex(/^[a-z]+$/), channels),
  colourJitter: z.number().nonnegative(),
  lighting: z.strictObject({ ambient: range, diffuse: range, elevationRad: range, azimuthRad: range, gain: range }),
  table: z.strictObject({ rgb: channels, jitter: z.number().nonnegative() }),
  cameraShift: z.strictObject({ positionM: z.number().nonnegative(), rotationRad: z.number().nonnegative() }),
  startPose: z.strictObject({ armRad: z.number().nonnegative(), gripperRad: z.number().nonnegative() }),
});

/** `sim/paraphrases.yaml`: wordings by task that no demonstration uses. */
export const paraphrasesSchema = z.record(z.string(), z.array(wording).min(1));

type VariationRanges = Readonly<z.infer<typeof variationSchema>>;

export type VariationSpec = VariationRanges & {
  /** Light, colours and camera mounts are drawn outside these ranges. */
  readonly outside?: VariationRanges;
};
export type TaskGroup = z.infer<typeof groupSchema>;
export type SuccessRule = z.infer<typeof successSchema>;
/** A validated task with the ranges of what varies. */
export type TaskSpec = Readonly<z.infer<typeof taskSchema>> & {
  readonly name: string;
  readonly variation: VariationSpec;
};

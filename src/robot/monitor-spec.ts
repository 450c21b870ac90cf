import { z } from 'zod';

const positive = z.number().positive();
/** How far over a joint's limit a measured value may be, and for how long. */
const overLimitSchema = z.strictObject({
  /** Times the limit of the joint. */
  factor: z.number().min(1),
  forMs: z.number().nonnegative(),
});
const rangeSchema = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low < high, 'the lower end must be below the upper one');

/** What the motors report of themselves, for robots that do. */
const healthSchema = z.strictObject({
  /** Per motor, A. */
  currentA: positive,
  /** Per motor, degrees Celsius. */
  temperatureC: positive,
  /** At the motors, V. */
  voltageV: rangeSchema,
  /** How long a value may be outside: motors start with a peak of current. */
  forMs: z.number().nonnegative(),
});

/** When what is measured is no longer believed or no longer tolerated. All entries but `health` are required. */
export const monitorsSchema = z.strictObject({
  /** A joint may be further from its command than its `trackingErrorRad` for so long. */
  tracking: z.strictObject({ forMs: positive }),
  velocity: overLimitSchema,
  effort: overLimitSchema,
  /** How far beyond its hard range a joint may be measured, rad. */
  positionToleranceRad: z.number().nonnegative(),
  /** A joint that moves faster than this many times its velocity limit between two measurements did not: the sensor did. */
  impossibleFactor: z.number().min(1),
  frozen: z.strictObject({
    /** Values that stay equal to the bit for so long */
    forMs: positive,
    /** while the arm is told to move at least so far, rad, are frozen. The gripper does not count: it may hold a thing. */
    commandedRad: positive,
  }),
  lateTicks: z.strictObject({
    /** Gate ticks more than two periods after the one before, */
    most: z.int().nonnegative(),
    /** within so long. */
    windowMs: positive,
  }),
  health: healthSchema.optional(),
});

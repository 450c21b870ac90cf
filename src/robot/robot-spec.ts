import { z } from 'zod';
import { monitorsSchema } from './monitor-spec.ts';
import { rosSchema } from './ros-spec.ts';
import { serialSchema } from './serial-spec.ts';
import { spaceSchema } from './space-spec.ts';

const positive = z.number().positive();
const vector3 = z.tuple([z.number(), z.number(), z.number()]);
const rangeSchema = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low < high, 'the lower end must be below the upper one');

/**
 * Limits of one joint. All are required: a joint without a limit does not load.
 * `position` is the hard range; the gate keeps commands `softMarginRad` inside it.
 */
const jointLimitsSchema = z.strictObject({
  positionRad: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, 'lower position limit must be below the upper one'),
  softMarginRad: z.number().nonnegative(),
  velocityRadPerS: positive,
  /**
   * A velocity limit that falls towards the ends of the range, besides `velocityRadPerS`: at a distance d to the end ahead
   * -offsetRadPerS + sqrt(slopeRadPerS2 * d). Default: none.
   */
  velocityByPosition: z
    .strictObject({ offsetRadPerS: positive, slopeRadPerS2: positive, endsRad: rangeSchema })
    .optional(),
  accelerationRadPerS2: positive,
  jerkRadPerS3: positive,
  effortNm: positive,
  /** How far the measured position may stay from the command; see `monitors.tracking`. */
  trackingErrorRad: positive,
});

const jointSchema = z.strictObject({
  name: z.string().min(1),
  /** What the joint does where its angle grows, for the person who is asked to move it so: `turns the arm to its right`. */
  positive: z.string().min(1).optional(),
  limits: jointLimitsSchema,
});

/** A pinhole camera as the policy sees it: the driver delivers this size. */
const cameraSchema = z.strictObject({
  name: z.string().min(1),
  width: z.int().positive(),
  height: z.int().positive(),
  rateHz: positive,
  /** Older frames than this are stale. */
  timeoutMs: positive,
});

/**
 * How a scripted expert grasps a cube of 30 mm: angles of the gripper joint, and places along the x of the gripper frame, from the fixed
 * to the moving finger. The defaults are those of the SO-101.
 */
const graspSchema = z.strictObject({
  /** Some 54 mm between the fingertips. */
  openRad: z.number().default(0.5),
  /** From this opening on, moving away cannot drag the cube along. */
  releasedRad: z.number().default(0.32),
  /** Where the cube's centre is when the open fingers go down around it, which leaves room at both. */
  aheadM: z.number().default(0.011),
  /** How low the gripper frame goes: the fingertips lie below it, m. */
  lowestM: z.number().default(0.013),
  /** A cube whose centre is within is between the fingers. */
  betweenM: z.tuple([z.number(), z.number()]).default([-0.004, 0.02]),
});

/**
 * `robots/<name>/robot.yaml`. Everything the runtime knows about an embodiment: SI units, radians,
 * arrays in joint order. How an arm is reached stands in one block per driver.
 */
export const robotSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  joints: z.array(jointSchema).min(1),
  /** Name of the joint that opens and closes the gripper; one of `joints`. */
  gripper: z.string().min(1),
  homeRad: z.array(z.number()),
  restRad: z.array(z.number()),
  cameras: z.array(cameraSchema),
  /** Axis-aligned box the gripper frame must stay in, base frame, m. */
  workspaceM: z.strictObject({ low: vector3, high: vector3 }),
  space: spaceSchema.prefault({}),
  rates: z.strictObject({
    /** How often the policy decides. */
    controlHz: positive,
    /** How often the gate emits a command; a whole multiple of controlHz. */
    gateHz: positive,
    /** How often joint states are read. */
    stateHz: positive,
  }),
  timeouts: z.strictObject({
    /** A joint state older than this is stale. */
    sensorMs: positive,
    /** A target older than this no longer counts. */
    commandMs: positive,
    /** A source that was silent may go on without an operator within this time; 0: never. */
    resumeMs: z.number().nonnegative(),
  }),
  monitors: monitorsSchema,
  /** How each driver reaches this arm. A driver without a block cannot drive it. */
  drivers: z.strictObject({
    sim: z
      .strictObject({
        /** MJCF file beside robot.yaml. */
        model: z.string().min(1),
        /** Site whose pose is the gripper frame: the point between the fingertips. */
        gripperSite: z.string().min(1),
        grasp: graspSchema.prefault({}),
        noise: z.strictObject({
          positionRad: z.number().nonnegative(),
          velocityRadPerS: z.number().nonnegative(),
          effortNm: z.number().nonnegative(),
          /** From measurement to delivery. */
          stateLatencyMs: z.number().nonnegative(),
          cameraLatencyMs: z.number().nonnegative(),
          /** Standard deviation of the 8-bit pixel values. */
          pixel: z.number().nonnegative(),
        }),
      })
      .optional(),
    mirror: z.strictObject({}).optional(),
    serial: serialSchema.optional(),
    ros: rosSchema.optional(),
  }),
  /** Stops this arm may make, by IEC 60204-1; 0 only for an arm that may fall. See StopCategory. */
  stopCategories: z
    .array(z.union([z.literal(0), z.literal(1), z.literal(2)]))
    .refine((categories) => categories.some((category) => category !== 2), 'an emergency stop needs category 0 or 1'),
  /**
   * Of these, those that a fault may make by itself. An arm that falls without torque and has no brakes lists 2 alone: then
   * only an operator, an emergency stop or the motors' own protections take the torque away. Default: all.
   */
  protectiveStopCategories: z
    .array(z.union([z.literal(0), z.literal(1), z.literal(2)]))
    .min(1)
    .optional(),
});

/** A validated robot description; `directory` is where its files lie. */
export type RobotSpec = Readonly<z.infer<typeof robotSchema>> & { readonly directory: string };
export type JointSpec = RobotSpec['joints'][number];
/** How a scripted expert grasps a cube with this gripper: rad and m. */
export type GraspSpec = NonNullable<RobotSpec['drivers']['sim']>['grasp'];
/** Stop categories of IEC 60204-1. 0: torque off at once. 1: decelerate, then torque off. 2: decelerate and hold. */
export type StopCategory = RobotSpec['stopCategories'][number];
export type CameraSpec = RobotSpec['cameras'][number];

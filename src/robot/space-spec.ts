import { z } from 'zod';

const positive = z.number().positive();
const vector3 = z.tuple([z.number(), z.number(), z.number()]);
const lengths3 = z.tuple([positive, positive, positive]);

/** No nearer than `minimum`; slower and slower between `slow` and `minimum`. Between commands half of it is kept. */
const clearanceSchema = z
  .strictObject({ minimum: positive, slow: positive })
  .refine(
    ({ minimum, slow }) => minimum < slow,
    'the minimum must be below the distance from which the arm slows down',
  );

/** A part of space no part of the arm may be in: an axis-aligned box or a sphere in the base frame. */
const keepOutSchema = z.union([
  z.strictObject({
    name: z.string().min(1),
    box: z.strictObject({ centreM: vector3, halfSizesM: lengths3 }),
  }),
  z.strictObject({ name: z.string().min(1), sphere: z.strictObject({ centreM: vector3, radiusM: positive }) }),
]);

/**
 * The `space` block of robot.yaml: where the arm may be, judged by its model. All of it has defaults. The workspace
 * box of the gripper frame is `workspaceM`.
 */
export const spaceSchema = z.strictObject({
  /**
   * Highest speed of the gripper frame, m/s. Default 1 in normal mode and 0.25 in reduced mode, the figure of
   * ISO 10218 for manual reduced speed.
   */
  speedMPerS: z
    .strictObject({ normal: positive.default(1), reduced: positive.default(0.25) })
    .refine(({ normal, reduced }) => reduced <= normal, 'the reduced speed must not be above the normal one')
    .prefault({}),
  /** Between links that are not neighbours. Default 3 mm, slow from 12 mm. */
  selfClearanceM: clearanceSchema.prefault({ minimum: 0.003, slow: 0.012 }),
  /** Between the arm and keep-out zones and the table. Default 10 mm, slow from 40 mm. */
  sceneClearanceM: clearanceSchema.prefault({ minimum: 0.01, slow: 0.04 }),
  /** Height of a table under the arm, base frame, m; absent: no table. Fingers are kept from it by `workspaceM` alone. */
  tableHeightM: z.number().optional(),
  /** Geoms of the model that work at the table and close on each other: neither is checked. Default none. */
  fingers: z.array(z.string().min(1)).default([]),
  /** Default none. */
  keepOut: z.array(keepOutSchema).default([]),
});

export type SpaceSpec = Readonly<z.infer<typeof spaceSchema>>;
export type KeepOutZone = SpaceSpec['keepOut'][number];

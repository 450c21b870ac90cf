import { z } from 'zod';
import { NS_PER_S } from '../../core/clock.ts';
import type { RosVersion } from './message-types.ts';
import { badMessage } from './ros-errors.ts';

/** A list in JSON, with null for what is no number; an array of floats in cbor. */
const numbers = z
  .union([
    z.array(z.number().nullable()).transform((values) => Float64Array.from(values, (value) => value ?? Number.NaN)),
    z.instanceof(Float64Array),
  ])
  .default(() => new Float64Array());
/** base64 in JSON. */
const bytes = z.union([
  z.instanceof(Uint8Array),
  z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64')),
  z.array(z.int().min(0).max(255)).transform((values) => Uint8Array.from(values)),
]);

const seconds = z.int().nonnegative();
const nanoseconds = z.int().min(0).max(999_999_999);
/** Of either version, as ns since the epoch of the robot's clock; a double holds it to 0.25 us. */
const stamp = z.union([
  z.object({ secs: seconds, nsecs: nanoseconds }).transform(({ secs, nsecs }) => secs * NS_PER_S + nsecs),
  z.object({ sec: seconds, nanosec: nanoseconds }).transform(({ sec, nanosec }) => sec * NS_PER_S + nanosec),
]);
const header = z.object({ stamp });

const jointState = z.object({
  header,
  name: z.array(z.string()),
  position: numbers,
  velocity: numbers,
  effort: numbers,
});
export type JointStateMessage = z.infer<typeof jointState>;

const compressedImage = z.object({ header, format: z.string(), data: bytes });

/** ROS 1: a number and a text for each; ROS 2: constants of the same names. */
const safetyMode = z.object({ mode: z.int() });
const robotMode = z.object({ mode: z.int() });
const bool = z.object({ data: z.boolean() });
/** Franka: `robot_mode`, and an error is a flag that is true among those of `current_errors`. */
const frankaState = z.object({
  robot_mode: z.int(),
  current_errors: z.record(z.string(), z.boolean().or(z.int()).transform(Boolean)).default({}),
});
export type FrankaStateMessage = z.infer<typeof frankaState>;

const trigger = z.object({ success: z.boolean(), message: z.string() });
const controllers = z.object({ controller: z.array(z.object({ name: z.string(), state: z.string() })) });
const topics = z.object({ topics: z.array(z.string()), types: z.array(z.string()) });
const services = z.object({ services: z.array(z.string()) });
const subscribers = z.object({ subscribers: z.array(z.string()) });
const topicType = z.object({ type: z.string() });
/** control_msgs/FollowJointTrajectory: 0 is success, what is negative an error. */
const trajectoryResult = z.object({ error_code: z.int(), error_string: z.string().default('') });
/** Result of an action of ROS 1, as its topic tells. */
const actionResult = z.object({
  status: z.object({ goal_id: z.object({ id: z.string() }), status: z.int() }),
  result: z.unknown(),
});

/** What comes from a bridge, by schema; fields that Armature does not read may be there. */
export const SCHEMAS = {
  jointState,
  compressedImage,
  safetyMode,
  robotMode,
  bool,
  frankaState,
  trigger,
  controllers,
  topics,
  services,
  topicType,
  subscribers,
  trajectoryResult,
  actionResult,
} as const;

/** The message, checked. Throws E_ROS_MESSAGE, which names where it came from and what is wrong with it. */
export function parseMessage<Schema extends z.ZodType>(
  schema: Schema,
  message: unknown,
  origin: { readonly name: string; readonly type: string },
): z.infer<Schema> {
  const result = schema.safeParse(message);
  if (result.success) return result.data;
  throw badMessage(origin.name, origin.type, z.prettifyError(result.error).replaceAll(/\s*\n\s*/g, '; '));
}

/** ns since the epoch, or a duration, as the version writes it. */
export function toRosTime(version: RosVersion, timeNs: number): Record<string, number> {
  const [whole, rest] = [Math.floor(timeNs / NS_PER_S), Math.round(timeNs % NS_PER_S)];
  return version === 2 ? { sec: whole, nanosec: rest } : { secs: whole, nsecs: rest };
}

/** Numbers for a message. Throws E_ROS_MESSAGE for what is no number: JSON would make null of it, and say nothing. */
export function toRosNumbers(values: ArrayLike<number>, name: string): number[] {
  const list = Array.from(values);
  if (list.every(Number.isFinite)) return list;
  throw badMessage(name, 'list of numbers', list.join(', '));
}

/** What is printed of any message: texts and lists of numbers as they are, pictures by their size. */
export function toReadable(message: unknown): unknown {
  if (message instanceof Uint8Array) return `${message.length} bytes`;
  if (ArrayBuffer.isView(message)) return Array.from(message as Float64Array);
  if (Array.isArray(message)) return message.map(toReadable);
  if (typeof message === 'string' && message.length > 2000) return `${message.length} characters`;
  if (typeof message !== 'object' || message === null) return message;
  return Object.fromEntries(Object.entries(message).map(([key, value]) => [key, toReadable(value)]));
}

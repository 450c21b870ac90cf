import { z } from 'zod';

const id = z.string().optional();
const topic = z.string();

/** What a client may send, by `op`. Fields that are not here are taken and ignored, as the true server does. */
const CLIENT_OPS = [
  z.object({ op: z.literal('advertise'), id, topic, type: z.string(), latch: z.boolean().optional() }),
  z.object({ op: z.literal('unadvertise'), id, topic }),
  z.object({ op: z.literal('publish'), id, topic, msg: z.unknown() }),
  z.object({
    op: z.literal('subscribe'),
    id,
    topic,
    type: z.string().optional(),
    /** Shortest time between two messages, ms. */
    throttle_rate: z.number().default(0),
    /** How many wait while throttled; 0: none, they are dropped. */
    queue_length: z.number().default(0),
    compression: z.string().default('none'),
  }),
  z.object({ op: z.literal('unsubscribe'), id, topic }),
  z.object({ op: z.literal('call_service'), id, service: z.string(), args: z.unknown() }),
  z.object({ op: z.literal('advertise_service'), id, service: z.string(), type: z.string() }),
  z.object({ op: z.literal('unadvertise_service'), id, service: z.string() }),
  z.object({ op: z.literal('service_response'), id, service: z.string(), values: z.unknown(), result: z.boolean() }),
] as const;

/** Ops that only the bridge of ROS 2 knows. */
const ACTION_OPS = [
  z.object({
    op: z.literal('send_action_goal'),
    id: z.string(),
    action: z.string(),
    action_type: z.string(),
    args: z.unknown(),
    feedback: z.boolean().default(false),
  }),
  z.object({ op: z.literal('cancel_action_goal'), id: z.string(), action: z.string() }),
  z.object({ op: z.literal('advertise_action'), id, action: z.string(), type: z.string() }),
  z.object({ op: z.literal('unadvertise_action'), id, action: z.string() }),
  z.object({ op: z.literal('action_feedback'), id: z.string(), action: z.string(), values: z.unknown() }),
  z.object({
    op: z.literal('action_result'),
    id: z.string(),
    action: z.string(),
    values: z.unknown(),
    status: z.number().default(0),
    result: z.boolean(),
  }),
] as const;

const opsOf1 = z.discriminatedUnion('op', CLIENT_OPS);
const opsOf2 = z.discriminatedUnion('op', [...CLIENT_OPS, ...ACTION_OPS]);

export type ClientOp = z.infer<typeof opsOf2>;
export type Op<Name extends ClientOp['op']> = Extract<ClientOp, { op: Name }>;

/** An op of a client; a string says why the server would have written it into its log and answered nothing. */
export function parseOp(version: 1 | 2, text: string): ClientOp | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'the message is not JSON';
  }
  const parsed = (version === 1 ? opsOf1 : opsOf2).safeParse(value);
  return parsed.success ? parsed.data : `the message is no known operation: ${z.prettifyError(parsed.error)}`;
}

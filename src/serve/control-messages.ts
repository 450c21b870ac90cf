import { z } from 'zod';
import { operator } from './message-parts.ts';
import type { Immutable } from './message-parts.ts';

/**
 * What a page that works an arm, or a recording, and the runtime say to each other; part of the tables in messages.ts. A request
 * that moves something carries the operator's token, every time.
 */
const MODES = ['base', 'tool', 'joint'] as const;
const SPEEDS = ['slow', 'medium', 'fast'] as const;
const SESSION_ACTIONS = ['begin', 'end', 'again', 'pause', 'go-on', 'leave'] as const;

/** How far something is pushed. zod numbers are finite. */
const push = z.number().min(-1).max(1);
const axes = z.strictObject({
  x: push,
  y: push,
  z: push,
  roll: push,
  pitch: push,
  yaw: push,
  gripper: push,
  joint: push,
});

/** What a press sets; see JogAction. */
const jogAction = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['faster', 'slower', 'next-mode', 'next-joint', 'previous-joint', 'give-back']) }),
  z.strictObject({ kind: z.literal('joint'), number: z.int().min(1).max(100) }),
  z.strictObject({ kind: z.literal('mode'), mode: z.enum(MODES) }),
  z.strictObject({ kind: z.literal('speed'), speed: z.enum(SPEEDS) }),
]);

const takeControl = z.strictObject({ kind: z.literal('take-control'), operator });
const leaveControl = z.strictObject({ kind: z.literal('leave-control'), operator });
/** Said every HELD_PERIOD_MS by the page that has the control, held or not; it gets no answer. */
const jog = z.strictObject({
  kind: z.literal('jog'),
  axes,
  isDeadManHeld: z.boolean(),
  /** `beatMs` of the newest report it has got: what was held back on the way is no wish to move now. */
  seenMs: z.number(),
  operator,
});
const set = z.strictObject({ kind: z.literal('set'), action: jogAction, operator });
/** What the keys of a recording do: see `SessionActions` of the command line. */
const session = z.strictObject({ kind: z.literal('session'), action: z.enum(SESSION_ACTIONS), operator });
/** Leaves a latched stop of a simulated arm. */
const reset = z.strictObject({ kind: z.literal('reset'), operator });

export const controlRequests = [takeControl, leaveControl, jog, set, session, reset] as const;
export const controlRequest = z.discriminatedUnion('kind', controlRequests);
export type ControlRequest = Immutable<z.infer<typeof controlRequest>>;
export type SessionAction = (typeof SESSION_ACTIONS)[number];

/** How control and recording stand; said 25 times a second where a page may move the arm, and else when something has changed. */
const control = z.strictObject({
  kind: z.literal('control'),
  /** When that was so, monotonic ms of the runtime; 0 where no page moves the arm. */
  beatMs: z.number(),
  /** Number of the page that has the control. */
  holder: z.int().nullable(),
  /** Null where no page moves the arm. */
  jog: z
    .strictObject({
      /** What is set, and what is in the way, for people. */
      setting: z.string(),
      problem: z.string(),
      isEngaged: z.boolean(),
      modes: z.array(z.enum(MODES)),
      mode: z.enum(MODES),
      /** Index in joint order. */
      joint: z.int(),
      speed: z.enum(SPEEDS),
      /** A policy acts while no person does. */
      hasPolicy: z.boolean(),
    })
    .nullable(),
  /** Null for what has no episodes of a person's. */
  session: z
    .strictObject({
      state: z.enum(['waits', 'runs', 'paused']),
      /** What is done with its episodes. */
      isRecorded: z.boolean(),
      /** Of the dataset, and how many there are to be; 0 where nothing is recorded. */
      saved: z.int(),
      wanted: z.int(),
      rows: z.int(),
      /** What happened last. */
      said: z.string(),
      can: z.array(z.enum(SESSION_ACTIONS)),
    })
    .nullable(),
  /** The last episode ended in a stop that somebody has to look at, whatever the gate says now. */
  isLatched: z.boolean(),
  /** Whether the operator's page may leave a latched stop; of a real arm only the terminal may. */
  canReset: z.boolean(),
});

/** How an evaluation stands; said whenever an episode has ended, and when another one is shown. */
const evaluation = z.strictObject({
  kind: z.literal('evaluation'),
  title: z.string(),
  done: z.int(),
  total: z.int(),
  elapsedS: z.number(),
  workers: z.int(),
  /** The episode that frames, pictures and the scene are of; null before the first. */
  seen: z.strictObject({ task: z.string(), seed: z.int() }).nullable(),
  tasks: z.array(
    z.strictObject({
      task: z.string(),
      done: z.int(),
      total: z.int(),
      successes: z.int(),
      /** 95 % confidence interval of the rate; null before the first episode. */
      ci95: z.array(z.number()).length(2).nullable(),
      wrongObjects: z.int(),
      failures: z.string(),
    }),
  ),
  /** The newest ones, the last first. */
  episodes: z.array(
    z.strictObject({
      task: z.string(),
      seed: z.int(),
      instruction: z.string(),
      success: z.boolean(),
      phase: z.string(),
      durationS: z.number(),
    }),
  ),
});

export const controlReports = [control, evaluation] as const;
export type ControlReport = Immutable<z.infer<typeof control>>;
export type EvaluationReport = Immutable<z.infer<typeof evaluation>>;

/** How often a page with the control says what is pushed, ms. */
export const HELD_PERIOD_MS = 50;

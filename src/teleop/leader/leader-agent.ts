import type { AgentDecision } from '../../core/agent.ts';
import type { Clock } from '../../core/clock.ts';
import type { Observation } from '../../core/observation.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { KeySource } from '../keyboard/key-source.ts';
import { Standby } from '../standby.ts';
import { teleopLimits, withinLimits } from '../teleop-limits.ts';
import type { TeleopLimits } from '../teleop-limits.ts';
import type { TeleopListener, TeleopStatus, Teleoperator } from '../teleoperator.ts';
import { mapJoints } from './joint-mapping.ts';
import type { LeaderMapping, MapJoints } from './joint-mapping.ts';
import { LeaderCheck } from './leader-source.ts';
import type { LeaderSource } from './leader-source.ts';

/**
 * `absolute`: the follower goes to where the leader is, so both have to be aligned first. `relative`: it moves as the leader
 * moves from where both were when leading began, as with a clutch; the gripper is absolute all the same.
 */
export const LEADER_MODES = ['absolute', 'relative'] as const;
export type LeaderMode = (typeof LEADER_MODES)[number];

export interface LeaderOptions {
  readonly robot: RobotSpec;
  /** Closed with the agent. */
  readonly source: LeaderSource;
  /** The clock of the source's stamps. */
  readonly clock: Clock;
  readonly mapping?: LeaderMapping | undefined;
  /** Default `absolute`. */
  readonly mode?: LeaderMode | undefined;
  /** Default 0.35 rad: joints further apart than this do not begin to lead, and catch up slowly when it happens later. */
  readonly toleranceRad?: number | undefined;
  /** Speed at which a joint catches up, default 0.5 rad/s. */
  readonly catchUpRadPerS?: number | undefined;
  /** A state older than this does not count, ms; default 100. */
  readonly staleMs?: number | undefined;
  /** A key or pedal: pressing it is the act by which leading begins, and letting go ends it. Default: `engage`, `disengage`. */
  readonly deadMan?: (() => boolean) | undefined;
  /** With it Enter switches leading on and off. Not closed here. */
  readonly keys?: KeySource | undefined;
}

/** A joint that is nearer to the leader than this has caught up, rad. */
const CAUGHT_UP_RAD = 0.03;
/** Of the velocity limits, the follower uses this much: what the gate limits is no longer what the leader does. */
const VELOCITY_SHARE = 0.9;
/** No hand turns a joint faster, rad/s. */
const FASTEST_RAD_PER_S = 8;
const FROZEN_MS = 300;

/** What a leader's joint is from the follower's. */
export interface AlignmentGap {
  readonly joint: string;
  /** How much further the leader is, rad; as the follower counts. */
  readonly gapRad: number;
}

/**
 * A person who moves another arm by hand. Leading is switched on by a deliberate act (`engage`), and refused while joints are
 * not aligned; it ends by itself when the leader cannot be believed. From then on the follower never moves faster than its
 * limits allow, and slowly as long as it is behind.
 */
export class LeaderAgent implements Teleoperator {
  readonly name: string;
  readonly #options: LeaderOptions;
  readonly #limits: TeleopLimits;
  readonly #map: MapJoints;
  readonly #check: LeaderCheck;
  readonly #gripper: number;
  readonly #standby = new Standby();
  readonly #listeners = new Set<TeleopListener>();
  readonly #unlisten: (() => void) | undefined;
  #isEngaged = false;
  /** The dead-man, when it was looked at last: one that is held all along begins nothing. */
  #wasHeld = true;
  /** Undefined: leading has not begun. Relative mode: what the follower is ahead by, rad, shape (J). */
  #offsetsRad: Float64Array | undefined;
  #isCatchingUp: boolean[] = [];
  #gaps: readonly AlignmentGap[] = [];
  #problem: string | undefined;

  /** Throws ArmatureError E_LEADER_MAPPING, see mapJoints. */
  constructor(options: LeaderOptions) {
    const { robot, source, mapping, keys, staleMs = 100 } = options;
    this.name = `leader ${source.name}`;
    this.#options = options;
    this.#limits = teleopLimits(robot, VELOCITY_SHARE);
    this.#map = mapJoints(robot, source.jointNames, mapping);
    this.#check = new LeaderCheck({ staleMs, frozenMs: FROZEN_MS, fastestRadPerS: FASTEST_RAD_PER_S });
    this.#gripper = robot.joints.findIndex(({ name }) => name === robot.gripper);
    this.#unlisten = keys?.listen({
      onKey: ({ key, kind }) => {
        if (key !== 'enter' || kind !== 'press') return;
        if (this.#isEngaged) this.disengage();
        else this.engage();
      },
    });
  }

  get isEngaged(): boolean {
    const isHeld = this.#options.deadMan?.();
    if (this.#options.keys?.isOpen === false) this.disengage();
    if (isHeld === false) this.disengage();
    if (isHeld === true && !this.#wasHeld) this.engage();
    this.#wasHeld = isHeld ?? false;
    return this.#isEngaged;
  }

  /** How far each joint is from the leader, as of the last decision; empty when nothing is known of the leader. */
  get gaps(): readonly AlignmentGap[] {
    return this.#gaps;
  }

  get status(): TeleopStatus {
    const { mode = 'absolute' } = this.#options;
    const doing = this.#isEngaged
      ? this.#isCatchingUp.some(Boolean)
        ? 'leading, catching up'
        : 'leading'
      : 'not leading';
    return { setting: `${doing}, ${mode}`, problem: this.#problem };
  }

  listen(listener: TeleopListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The deliberate act by which leading begins, at the next decision and if the joints are aligned then. */
  engage(): void {
    if (this.#isEngaged) return;
    this.#isEngaged = true;
    this.#offsetsRad = undefined;
    for (const listener of this.#listeners) listener.onEngaged?.();
  }

  /** Leading ends: the arm brakes and stays. */
  disengage(): void {
    this.#isEngaged = false;
  }

  reset(): Promise<void> {
    this.disengage();
    this.#wasHeld = true;
    this.#check.reset();
    this.#standby.reset();
    this.#problem = undefined;
    return Promise.resolve();
  }

  act({ commandRad, timeNs }: Observation): Promise<AgentDecision> {
    const positionsRad = this.#next(commandRad);
    const target = positionsRad && { positionsRad, createdNs: timeNs, observedNs: timeNs };
    return Promise.resolve({ target, computeNs: 0 });
  }

  close(): Promise<void> {
    this.#unlisten?.();
    this.#listeners.clear();
    return this.#options.source.close();
  }

  #next(commandRad: Float64Array): Float64Array | undefined {
    const { source, clock } = this.#options;
    const state = source.read();
    const problem = this.#check.problem(state, source.jointNames.length, clock.nowNs());
    if (state === undefined || problem !== undefined || !commandRad.every(Number.isFinite)) {
      this.#gaps = [];
      return this.#lose(problem === undefined ? undefined : `the leader ${problem}; switch leading on again`);
    }
    const wishRad = this.#map(state.positionsRad, commandRad);
    this.#gaps = this.#gapsOf(wishRad, commandRad);
    if (!this.isEngaged) return this.#standby.next(commandRad);
    if (this.#offsetsRad === undefined && !this.#begin(wishRad, commandRad)) return this.#standby.next(commandRad);
    this.#problem = undefined;
    this.#standby.reset();
    return this.#follow(wishRad, commandRad);
  }

  /** Nothing is known: no target at all, until somebody switches leading on again. */
  #lose(problem: string | undefined): undefined {
    this.disengage();
    this.#problem = problem;
    this.#standby.reset();
  }

  /** Begins to lead; false, with the joints that are too far apart named, when they are not aligned. */
  #begin(wishRad: Float64Array, commandRad: Float64Array): boolean {
    const { mode = 'absolute', robot, toleranceRad = 0.35 } = this.#options;
    if (mode === 'absolute') {
      const apart = this.#gaps.filter(
        ({ joint, gapRad }) => joint !== robot.gripper && Math.abs(gapRad) > toleranceRad,
      );
      if (apart.length > 0) {
        this.disengage();
        this.#problem = `not aligned, the leader is off at ${apart.map(gapText).join(', ')}: move it there and switch leading on again`;
        return false;
      }
    }
    this.#offsetsRad = wishRad.map((wish, joint) =>
      mode === 'relative' && joint !== this.#gripper ? (commandRad[joint] ?? wish) - wish : 0,
    );
    this.#isCatchingUp = Array.from(wishRad, () => true);
    return true;
  }

  #follow(wishRad: Float64Array, commandRad: Float64Array): Float64Array {
    const { toleranceRad = 0.35, catchUpRadPerS = 0.5, mode = 'absolute' } = this.#options;
    const offsetsRad = this.#offsetsRad ?? new Float64Array(wishRad.length);
    const { periodS, velocityRadPerS } = this.#limits;
    const stepsRad = commandRad.map((command, joint) => {
      const free = (wishRad[joint] ?? command) + (offsetsRad[joint] ?? 0);
      const wish = withinLimits(free, command, joint, this.#limits);
      // As a clutch does: a leader that went on beyond the end is followed as soon as it turns back.
      if (mode === 'relative' && joint !== this.#gripper) offsetsRad[joint] = (offsetsRad[joint] ?? 0) + wish - free;
      const gapRad = wish - command;
      if (Math.abs(gapRad) > toleranceRad) this.#isCatchingUp[joint] = true;
      else if (Math.abs(gapRad) < CAUGHT_UP_RAD) this.#isCatchingUp[joint] = false;
      const fastest = velocityRadPerS[joint] ?? 0;
      const speed = this.#isCatchingUp[joint] === true ? Math.min(catchUpRadPerS, fastest) : fastest;
      return Math.min(speed * periodS, Math.max(-speed * periodS, gapRad));
    });
    return commandRad.map((command, joint) => command + (stepsRad[joint] ?? 0));
  }

  #gapsOf(wishRad: Float64Array, commandRad: Float64Array): AlignmentGap[] {
    return this.#options.robot.joints.map(({ name }, joint) => ({
      joint: name,
      gapRad: (wishRad[joint] ?? 0) - (commandRad[joint] ?? 0),
    }));
  }
}

function gapText({ joint, gapRad }: AlignmentGap): string {
  return `${joint} by ${gapRad > 0 ? '+' : ''}${gapRad.toFixed(2)} rad`;
}

import type { JointTarget } from '../core/action.ts';
import { InvalidFileError } from '../core/errors.ts';
import type { ArmState, Sampled } from '../core/observation.ts';
import type { BlackBoxFile, BlackBoxTick, HealthValues, JointValues } from '../record/black-box-format.ts';
import { sameNumbers } from '../record/exact-numbers.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { SafetyGate } from '../safety/gate.ts';
import type { GateDecision, GateInput, GateSnapshot } from '../safety/gate.ts';
import type { ArmHealth } from '../safety/health-monitor.ts';
import { openSpace } from '../safety/space-guard.ts';
import type { SpaceGuard } from '../safety/space-guard.ts';

/** A tick at which the gate of today does not do what it did. */
export interface ReplayDifference {
  readonly tick: number;
  readonly what: 'emittedRad' | 'reasons' | 'state';
  readonly recorded: string;
  readonly replayed: string;
}

export interface Replay {
  readonly ticks: number;
  /** Undefined when every tick was repeated to the bit. */
  readonly firstDifference: ReplayDifference | undefined;
}

/**
 * Puts what a black box holds through the safety gate once more, from the state it was in and with what operators
 * commanded. The same gate gives the same commands, reasons and states, to the bit.
 * @param space the guard it had then; what a guard says does not depend on what it was asked before
 * Throws InvalidFileError for a file that does not say where to begin.
 */
export function replayBlackBox(file: BlackBoxFile, path: string, space: SpaceGuard = openSpace): Replay {
  const { header, ticks } = file;
  const robot: RobotSpec = { ...header.robot, directory: '' };
  let gate = SafetyGate.restore(robot, startOf(header.start, path), space);
  for (const tick of ticks) {
    if (tick.imposed !== undefined) gate = SafetyGate.restore(robot, startOf(tick.imposed, path), space);
    const difference = differenceOf(tick, gate.step(inputOf(tick)));
    if (difference !== undefined) return { ticks: ticks.length, firstDifference: difference };
  }
  return { ticks: ticks.length, firstDifference: undefined };
}

function startOf(start: unknown, path: string): GateSnapshot {
  if (typeof start === 'object' && start !== null && 'memory' in start) return start as GateSnapshot;
  throw new InvalidFileError(path, 'does not hold the state of the gate before its first tick', {
    remedy: 'It can be explained, but not replayed.',
  });
}

function inputOf({ timeNs, target, measured, health }: BlackBoxTick): GateInput {
  const { ageNs, fresh, stampNs } = measured;
  const value: ArmState = {
    positionsRad: vector(measured.positionsRad),
    velocitiesRadPerS: vector(measured.velocitiesRadPerS),
    effortsNm: vector(measured.effortsNm),
    stampNs,
  };
  const sampled: Sampled<ArmState> = { value, ageNs, fresh };
  const asked = target === null ? undefined : targetOf(target);
  return { nowNs: timeNs, target: asked, isPlanned: target?.isPlanned, measured: sampled, health: healthOf(health) };
}

function healthOf(health: HealthValues | null): ArmHealth | undefined {
  if (health === null) return undefined;
  const parts = Object.entries(health).map(([name, part]) => {
    if (!Array.isArray(part)) return [name, part];
    return [name, name === 'motorErrors' ? Uint8Array.from(part) : Float64Array.from(part)];
  });
  return Object.fromEntries(parts) as ArmHealth;
}

function targetOf({ positionsRad, createdNs, observedNs }: NonNullable<BlackBoxTick['target']>): JointTarget {
  return { positionsRad: vector(positionsRad), createdNs, observedNs };
}

/** Of a wrong length only the length is known, and the gate looks at nothing else. */
function vector(values: JointValues): Float64Array {
  if (Array.isArray(values)) return Float64Array.from(values);
  if (values.length >= 0) return new Float64Array(values.length);
  // What was no array of numbers then must be none now: the gate doubts the type of what it is given.
  return null as unknown as Float64Array;
}

function differenceOf(tick: BlackBoxTick, { emittedRad, reasons, state }: GateDecision): ReplayDifference | undefined {
  const difference = (what: ReplayDifference['what'], recorded: unknown, replayed: unknown): ReplayDifference => ({
    tick: tick.tick,
    what,
    recorded: String(recorded),
    replayed: String(replayed),
  });
  if (!sameNumbers(tick.emittedRad, emittedRad)) return difference('emittedRad', tick.emittedRad, emittedRad);
  if (tick.state !== state) return difference('state', tick.state, state);
  // A tick has room for so many reasons; the gate may have named more.
  const named = reasons.slice(0, tick.reasons.length);
  if (named.join() !== tick.reasons.join()) return difference('reasons', tick.reasons, reasons);
  return undefined;
}

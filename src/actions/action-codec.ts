import { ArmatureError } from '../core/errors.ts';
import type { ActionSpec, Codec, LayoutSpec } from '../tokens/layout-spec.ts';
import { linearId, notFinite, toUnit } from '../tokens/value-codec.ts';

/** Tokens of one action, and how many joints saturated: the action range does not reach their target. */
export interface EncodedAction {
  /** Shape (J), joint order of the robot. */
  readonly ids: Int32Array;
  readonly clips: number;
}

/**
 * Tokens that come nearest to a target.
 * @param targetRad where the joints shall be, rad, shape (J)
 * @param commandRad the last command sent before the decision, rad, shape (J)
 * Throws E_NOT_FINITE and E_JOINT_COUNT.
 */
export function encodeAction(
  spec: LayoutSpec,
  targetRad: ArrayLike<number>,
  commandRad: ArrayLike<number>,
): EncodedAction {
  requireJoints(spec, { target: targetRad, command: commandRad });
  const ids = new Int32Array(spec.actions.length);
  let clips = 0;
  for (const [joint, action] of spec.actions.entries()) {
    const base = action.kind === 'delta' ? finite(commandRad[joint], `command of "${action.joint}"`) : 0;
    const value = finite(targetRad[joint], `target of "${action.joint}"`) - base;
    const unit = toUnit(value, action.lowRad, action.highRad);
    if (Math.abs(unit) > 1) clips += 1;
    ids[joint] = linearId(unit, spec.codec);
  }
  return { ids, clips };
}

/**
 * Targets of action tokens, rad, shape (J): `delta` moves the command, `position` is absolute; then
 * the leash keeps every target within leashRad of the measured position.
 * Throws E_ACTION_TOKEN for an id that is no action, E_NOT_FINITE and E_JOINT_COUNT.
 */
export function decodeActions(
  spec: LayoutSpec,
  ids: ArrayLike<number>,
  commandRad: ArrayLike<number>,
  measuredRad: ArrayLike<number>,
): Float64Array {
  requireJoints(spec, { ids, command: commandRad, measured: measuredRad });
  const targetsRad = new Float64Array(spec.actions.length);
  for (const [joint, action] of spec.actions.entries()) {
    const bin = actionBin(spec.codec, ids[joint], action.joint);
    targetsRad[joint] = decodeBin(spec, joint, bin, { commandRad, measuredRad });
  }
  return targetsRad;
}

/** What targets are decoded on, rad, shapes (J): the last command sent, and the measured position. */
export interface DecodedFrom {
  readonly commandRad: ArrayLike<number>;
  readonly measuredRad: ArrayLike<number>;
}

/** Target of one joint's bin, rad, leash included. Throws E_NOT_FINITE. */
export function decodeBin(
  spec: LayoutSpec,
  joint: number,
  bin: number,
  { commandRad, measuredRad }: DecodedFrom,
): number {
  const action = spec.actions[joint] as ActionSpec;
  const command = finite(commandRad[joint], `command of "${action.joint}"`);
  const measured = finite(measuredRad[joint], `measured position of "${action.joint}"`);
  const target = binTarget(action, spec.codec, bin, command);
  return Math.min(Math.max(target, measured - spec.leashRad), measured + spec.leashRad);
}

/**
 * Target of one bin before the leash, rad. Never decreases from bin to bin. A delta within the
 * dead band of zero is exactly zero: bin centres have no zero of their own, and an arm at rest would creep.
 */
export function binTarget(action: ActionSpec, codec: Codec, bin: number, commandRad: number): number {
  const { kind, lowRad, highRad } = action;
  const spanRad = highRad - lowRad;
  const coordinate = bin + (codec.decode === 'centre' ? 0.5 : 0);
  const valueRad = lowRad + (coordinate / codec.bins) * spanRad;
  if (kind === 'position') return valueRad;
  // Compared in bins, not rad: exact at the edge of the dead band.
  const zeroBin = (-lowRad / spanRad) * codec.bins;
  return commandRad + (Math.abs(coordinate - zeroBin) < codec.deadbandBins ? 0 : valueRad);
}

function actionBin(codec: Codec, id: number | undefined, joint: string): number {
  const bin = (id ?? Number.NaN) - codec.textVocabulary;
  if (Number.isInteger(bin) && bin >= 0 && bin < codec.bins) return bin;
  throw new ArmatureError('E_ACTION_TOKEN', `the token for joint "${joint}" is no action`, {
    expected: `an id in [${codec.textVocabulary}, ${codec.textVocabulary + codec.bins})`,
    found: String(id),
    remedy: 'Mask the logits to the continuous vocabulary before choosing a token.',
  });
}

function finite(value: number | undefined, what: string): number {
  if (value === undefined || !Number.isFinite(value)) throw notFinite(`the ${what}`, value);
  return value;
}

function requireJoints(spec: LayoutSpec, arrays: Readonly<Record<string, ArrayLike<number>>>): void {
  for (const [name, values] of Object.entries(arrays)) {
    if (values.length === spec.actions.length) continue;
    throw new ArmatureError('E_JOINT_COUNT', `the ${name} array is of another robot`, {
      expected: `${spec.actions.length} joints`,
      found: String(values.length),
      remedy: 'Use a policy trained on this robot.',
    });
  }
}

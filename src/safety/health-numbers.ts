import { ROBOT_MODES } from './health-monitor.ts';
import type { ArmHealth } from './health-monitor.ts';

/** Values per joint, in the order in which they stand among the numbers; which of them there are is told by bits. */
const PARTS = ['currentsA', 'temperaturesC', 'voltagesV', 'motorErrors'] as const;
const HAS_HEALTH = 1 << PARTS.length;

/** How many numbers hold the health of an arm: which parts there are, the robot's mode, and the parts. */
export function healthLength(jointCount: number): number {
  return 2 + PARTS.length * jointCount;
}

/** Writes health as numbers, from `offset` on; joints that a part lacks become not a number. Allocates nothing. */
export function writeHealth(
  health: ArmHealth | undefined,
  into: Float64Array,
  offset: number,
  jointCount: number,
): void {
  let bits = health === undefined ? 0 : HAS_HEALTH;
  for (let part = 0; part < PARTS.length; part += 1) {
    const values = health?.[PARTS[part] as (typeof PARTS)[number]];
    if (values !== undefined) bits |= 1 << part;
    const from = offset + 2 + part * jointCount;
    for (let joint = 0; joint < jointCount; joint += 1) into[from + joint] = values?.[joint] ?? Number.NaN;
  }
  into[offset] = bits;
  into[offset + 1] = health?.mode === undefined ? -1 : ROBOT_MODES.indexOf(health.mode);
}

/** The health that was written. */
export function readHealth(numbers: Float64Array, offset: number, jointCount: number): ArmHealth | undefined {
  const bits = numbers[offset] as number;
  if (!(bits >= HAS_HEALTH)) return undefined;
  const mode = ROBOT_MODES[numbers[offset + 1] as number];
  const parts = PARTS.flatMap((name, part): (readonly [string, Float64Array | Uint8Array])[] => {
    if ((bits & (1 << part)) === 0) return [];
    const from = offset + 2 + part * jointCount;
    const values = numbers.slice(from, from + jointCount);
    return [[name, name === 'motorErrors' ? Uint8Array.from(values) : values]];
  });
  return { ...Object.fromEntries(parts), ...(mode === undefined ? {} : { mode }) };
}

import type { FrameMessage } from '../../src/serve/messages.ts';

export type Clearance = FrameMessage['clearances'][number];
export type ClearanceLevel = 'clear' | 'slow' | 'close';

/** What the gate makes of a distance: nothing, going slower, or no nearer. It makes nothing of what it does not know. */
export function clearanceLevel({ distanceM, slowM, minimumM }: Clearance): ClearanceLevel {
  if (minimumM !== null && distanceM < minimumM) return 'close';
  return slowM !== null && distanceM < slowM ? 'slow' : 'clear';
}

/** The one that a line is drawn to: what the gate minds, or else what is nearest of all but the arm itself. */
export function mostPressing(clearances: readonly Clearance[]): Clearance | undefined {
  const nearestFirst = clearances.toSorted((a, b) => a.distanceM - b.distanceM);
  return (
    nearestFirst.find((clearance) => clearanceLevel(clearance) !== 'clear') ??
    nearestFirst.find(({ kind }) => kind !== 'self') ??
    nearestFirst[0]
  );
}

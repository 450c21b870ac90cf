import type { FrameMessage, HelloMessage } from '../../src/serve/messages.ts';

/** From this share of a limit on a joint is shown as near it, and from the second one as at it. */
const NEAR = 0.9;
const AT = 0.995;

export type LoadLevel = 'free' | 'near' | 'at';

/** Shares of the limits of one joint, in [0, 1] where it keeps them. */
export interface JointLoad {
  /** 0 in the middle of the range, 1 at either end. */
  readonly position: number;
  readonly velocity: number;
  readonly effort: number;
  /** Of the temperature at which the arm stops; 0 where nothing is known. */
  readonly temperature: number;
}

type Joint = HelloMessage['joints'][number];

/** How near a joint is to each of its limits. What is not known counts as 0. */
export function jointLoad(
  { lowRad, highRad, velocityRadPerS, effortNm }: Joint,
  index: number,
  { joints }: FrameMessage,
  hottestC: number | null,
): JointLoad {
  const measured = joints.measuredRad[index] ?? (lowRad + highRad) / 2;
  return {
    position: Math.abs((2 * (measured - lowRad)) / (highRad - lowRad) - 1),
    velocity: Math.abs(joints.velocityRadPerS[index] ?? 0) / velocityRadPerS,
    effort: Math.abs(joints.effortNm[index] ?? 0) / effortNm,
    temperature: hottestC === null ? 0 : Math.max(0, joints.temperatureC[index] ?? 0) / hottestC,
  };
}

export function levelOf(share: number): LoadLevel {
  if (share >= AT) return 'at';
  return share >= NEAR ? 'near' : 'free';
}

/** The limit that a joint is nearest to. */
export function heaviest(load: JointLoad): { readonly what: keyof JointLoad; readonly share: number } {
  // Of a copy: the entries of an interface have no type.
  const [what, share] = Object.entries<number>({ ...load }).reduce((most, entry) =>
    entry[1] > most[1] ? entry : most,
  );
  return { what: what as keyof JointLoad, share };
}

/** Of every joint, in joint order. */
export function jointLevels(hello: HelloMessage, frame: FrameMessage): LoadLevel[] {
  return hello.joints.map((joint, index) => levelOf(heaviest(jointLoad(joint, index, frame, hello.hottestC)).share));
}

import type { ModelFacts, Point } from './model-facts.ts';

/** A ball fixed to a body, in its frame, m. */
export interface Ball {
  readonly centreM: Point;
  readonly radiusM: number;
}

/** The ball around a geom, in the frame of its body. */
export function geomBall(facts: ModelFacts, geom: number): Ball {
  const spread = Math.hypot(...facts.geomBox(2 * geom + 1)) + Math.hypot(...facts.geomBox(2 * geom));
  return { centreM: facts.geomPosition(geom), radiusM: spread };
}

/**
 * The farthest that any point of balls fixed to a body can be from the anchor of a joint that moves this body,
 * whatever the other joints do, m. So many metres is the most that a point moves per radian of that joint.
 *
 * @param travelM the farthest that a slide joint goes from zero, by its number in the model.
 */
export function reachM(
  facts: ModelFacts,
  joint: number,
  of: { readonly body: number; readonly balls: readonly Ball[] },
  travelM: (joint: number) => number,
): number {
  const anchor = facts.jointPosition(joint);
  const root = facts.jointBody(joint);
  const farthest = (from: Point): number =>
    Math.max(0, ...of.balls.map(({ centreM, radiusM }) => distance(centreM, from) + radiusM));
  if (of.body === root) return farthest(anchor);
  let sum = farthest([0, 0, 0]);
  for (let body = of.body; body !== root; body = facts.bodyParent(body)) {
    const start = facts.bodyParent(body) === root ? anchor : ([0, 0, 0] as const);
    sum += distance(facts.bodyPosition(body), start);
    if (facts.bodyJointCount(body) === 0) continue;
    const own = facts.bodyFirstJoint(body);
    // A joint off the origin of its body swings that origin around; a slide carries it along.
    sum += 2 * Math.hypot(...facts.jointPosition(own)) + travelM(own);
  }
  return sum;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

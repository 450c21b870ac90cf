import type { MainModule, MjModel } from '@mujoco/mujoco';

export type Point = readonly [number, number, number];
/** Entry of a table by its number. */
type Lookup<Value> = (index: number) => Value;

/** A joint whose coordinate is a polynomial of another's, both counted from their references. */
export interface JointCoupling {
  readonly follower: number;
  /** Negative: there is no other joint. */
  readonly leader: number;
  /** From the constant to the fourth power. */
  readonly coefficients: readonly number[];
}

/** What a model says of its bodies, joints, geoms and sites, by their numbers; lengths in m. */
export interface ModelFacts {
  readonly bodyCount: number;
  readonly geomCount: number;
  readonly jointCount: number;
  readonly bodyName: Lookup<string>;
  readonly bodyParent: Lookup<number>;
  /** Bodies fixed to each other have one number; 0 is what does not move. */
  readonly bodyWeld: Lookup<number>;
  readonly bodyPosition: Lookup<Point>;
  readonly bodyFirstJoint: Lookup<number>;
  readonly bodyJointCount: Lookup<number>;
  readonly geomBody: Lookup<number>;
  readonly geomType: Lookup<number>;
  readonly geomPosition: Lookup<Point>;
  readonly geomCollides: Lookup<boolean>;
  /** Entry 2 * geom is the centre of the geom's box in the geom's frame, entry 2 * geom + 1 its half sizes. */
  readonly geomBox: Lookup<Point>;
  readonly jointType: Lookup<number>;
  readonly jointQpos: Lookup<number>;
  readonly jointBody: Lookup<number>;
  readonly jointPosition: Lookup<Point>;
  /** The coordinate in which the model is drawn, rad or m. */
  readonly jointReference: Lookup<number>;
  /** What `<equality><joint>` of the MJCF couples. */
  readonly couplings: readonly JointCoupling[];
  readonly siteBody: Lookup<number>;
  readonly sitePosition: Lookup<Point>;
  /** Pairs of bodies that `<contact><exclude>` of the MJCF names: (first << 16) + second. */
  readonly excludedBodies: ReadonlySet<number>;
}

/**
 * Reads a model. Copies: views into the memory of MuJoCo are detached when it grows. MuJoCo's bindings leave the
 * types of array fields open; this is where they are stated.
 */
export function modelFacts(module: MainModule, model: MjModel): ModelFacts {
  const references = numbers(model.qpos0);
  const jointQpos = integers(model.jnt_qposadr);
  return {
    bodyCount: model.nbody,
    geomCount: model.ngeom,
    jointCount: model.njnt,
    bodyName: textAt(model.names, model.name_bodyadr),
    bodyParent: integers(model.body_parentid),
    bodyWeld: integers(model.body_weldid),
    bodyPosition: points(model.body_pos),
    bodyFirstJoint: integers(model.body_jntadr),
    bodyJointCount: integers(model.body_jntnum),
    geomBody: integers(model.geom_bodyid),
    geomType: integers(model.geom_type),
    geomPosition: points(model.geom_pos),
    geomCollides: either(integers(model.geom_contype), integers(model.geom_conaffinity)),
    geomBox: points(model.geom_aabb),
    jointType: integers(model.jnt_type),
    jointQpos,
    jointBody: integers(model.jnt_bodyid),
    jointPosition: points(model.jnt_pos),
    jointReference: (joint) => references(jointQpos(joint)),
    couplings: jointCouplings(module, model),
    siteBody: integers(model.site_bodyid),
    sitePosition: points(model.site_pos),
    excludedBodies: new Set(
      Array.from({ length: model.nexclude }, (_, index) => integers(model.exclude_signature)(index)),
    ),
  };
}

function jointCouplings(module: MainModule, model: MjModel): JointCoupling[] {
  const [types, followers, leaders] = [model.eq_type, model.eq_obj1id, model.eq_obj2id].map(integers);
  const data = numbers(model.eq_data);
  const count: number = model.neq;
  const size = count === 0 ? 0 : (model.eq_data as Float64Array).length / count;
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => types?.(index) === module.mjtEq.mjEQ_JOINT.value)
    .map((index) => ({
      follower: followers?.(index) ?? -1,
      leader: leaders?.(index) ?? -1,
      coefficients: [0, 1, 2, 3, 4].map((power) => data(size * index + power)),
    }));
}

function numbers(field: unknown): Lookup<number> {
  const copy = Float64Array.from(field as Float64Array);
  return (index) => copy[index] as number;
}

function integers(field: unknown): Lookup<number> {
  const copy = Array.from(field as Int32Array);
  return (index) => copy[index] as number;
}

function points(field: unknown): Lookup<Point> {
  const copy = Float64Array.from(field as Float64Array);
  return (index) => [copy[3 * index] as number, copy[3 * index + 1] as number, copy[3 * index + 2] as number];
}

function either(first: Lookup<number>, second: Lookup<number>): Lookup<boolean> {
  return (index) => first(index) !== 0 || second(index) !== 0;
}

function textAt(names: unknown, addresses: unknown): Lookup<string> {
  const bytes = Uint8Array.from(names as Int8Array);
  const start = integers(addresses);
  return (index) => new TextDecoder().decode(bytes.subarray(start(index), bytes.indexOf(0, start(index))));
}

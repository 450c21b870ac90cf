import type { DoubleBuffer } from '@mujoco/mujoco';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { KeepOutZone } from '../../robot/space-spec.ts';
import { rulesOf, withoutConstantContacts } from './rules.ts';
import type { GeomPair, Rule } from './rules.ts';
import type { TwinGuardOptions } from './twin-guard.ts';
import { Twin } from './twin.ts';

/** What an arm is nearest to, for people who look on. The gate judges by Clearances, not by this. */
export interface Clearance {
  /** What the gate keeps the arm from: the arm itself, or the table and zones; or else a thing, which the gate does not know. */
  readonly kind: 'self' | 'scene' | 'thing';
  /** What it is between, for people. */
  readonly where: string;
  /** Negative where they overlap. */
  readonly distanceM: number;
  /** The two points that are nearest, of the arm first; base frame, m, shape (3). */
  readonly fromM: readonly number[];
  readonly toM: readonly number[];
  /** Nearer than this the gate lets the arm come nowhere, m; null where the gate does not know of it. */
  readonly minimumM: number | null;
  /** From here on the gate lets the arm go slower, m; null as above. */
  readonly slowM: number | null;
}

/** Further away nothing is looked for, m. */
export const FURTHEST_M = 1;

/** A distance that no joint changes by more than this says nothing, m. */
const CHANGE_M = 0.001;
const TABLE = 'the table';
/** Larger than any reach, m. */
const TABLE_HALF_WIDTH_M = 3;
const TABLE_HALF_HEIGHT_M = 0.25;

/**
 * The smallest distances of an arm to itself, to its keep-out zones and to the table, under the rules of the gate but on a
 * twin of its own. Call dispose() when done; WASM memory is not collected.
 */
export class ArmClearances {
  readonly #twin: Twin;
  readonly #rules: readonly Rule[];
  readonly #points: DoubleBuffer;

  /** Throws ArmatureError E_SPACE_MODEL when the model cannot be judged. */
  constructor(options: TwinGuardOptions) {
    const robot = withTableAsZone(options.robot);
    this.#twin = new Twin({ ...options, robot });
    const { rules } = withoutConstantContacts(rulesOf(this.#twin.shape, robot), this.#twin, robot);
    const { fingerGeoms } = this.#twin.shape;
    const isChanged = this.#findChanged(robot);
    // Fingers touch the table at work.
    this.#rules = rules.map((rule) => ({
      ...rule,
      pairs: rule.pairs.filter(
        (pair) => isChanged(pair) && !(rule.where.endsWith(TABLE) && pair.some((geom) => fingerGeoms.has(geom))),
      ),
    }));
    this.#points = new options.module.DoubleBuffer(6);
  }

  /** The nearest of each kind. @param jointsRad finite, rad, shape (J) */
  at(jointsRad: Float64Array): Clearance[] {
    this.#twin.setPose(jointsRad);
    return (['scene', 'self'] as const).flatMap((kind) => this.#nearest(kind) ?? []);
  }

  dispose(): void {
    this.#points.delete();
    this.#twin.dispose();
  }

  /** Whether a joint changes the distance of two geoms: a shoulder that turns about the upright is always as high above a table. */
  #findChanged(robot: RobotSpec): (pair: GeomPair) => boolean {
    const { homeRad } = robot;
    const poses = robot.joints.flatMap(({ limits }, joint) =>
      limits.positionRad.map((end) => Float64Array.from(homeRad, (home, index) => (index === joint ? end : home))),
    );
    return ([a, b]) => {
      const distancesM = [Float64Array.from(homeRad), ...poses].map((pose) => {
        this.#twin.setPose(pose);
        return this.#twin.exactDistanceM(a, b, FURTHEST_M);
      });
      return Math.max(...distancesM) - Math.min(...distancesM) > CHANGE_M;
    };
  }

  #nearest(kind: Clearance['kind']): Clearance | undefined {
    let distanceM = FURTHEST_M;
    let found: { readonly rule: Rule; readonly pair: GeomPair } | undefined;
    for (const rule of this.#rules) {
      if ((rule.reason === 'self-collision') !== (kind === 'self')) continue;
      for (const pair of rule.pairs) {
        const candidate = this.#twin.distanceM([pair], distanceM, distanceM);
        if (candidate >= distanceM) continue;
        distanceM = candidate;
        found = { rule, pair };
      }
    }
    if (found === undefined) return undefined;
    const { where, minimumM, slowM } = found.rule;
    this.#twin.exactDistanceM(...found.pair, FURTHEST_M, this.#points);
    return { kind, where, distanceM, ...nearestPoints(this.#points), minimumM, slowM };
  }
}

function nearestPoints(buffer: DoubleBuffer): Pick<Clearance, 'fromM' | 'toM'> {
  const points = Array.from(buffer.GetView() as Float64Array);
  return { fromM: points.slice(0, 3), toM: points.slice(3) };
}

/** A plane has no nearest point that MuJoCo tells; the top of a box has. */
function withTableAsZone(robot: RobotSpec): RobotSpec {
  const { space } = robot;
  if (space.tableHeightM === undefined) return robot;
  const table: KeepOutZone = {
    name: TABLE,
    box: {
      centreM: [0, 0, space.tableHeightM - TABLE_HALF_HEIGHT_M],
      halfSizesM: [TABLE_HALF_WIDTH_M, TABLE_HALF_WIDTH_M, TABLE_HALF_HEIGHT_M],
    },
  };
  return { ...robot, space: { ...space, tableHeightM: undefined, keepOut: [...space.keepOut, table] } };
}

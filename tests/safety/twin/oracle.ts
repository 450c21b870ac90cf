import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RobotSpec } from '../../../src/robot/robot-spec.ts';
import { Clearances } from '../../../src/safety/twin/clearances.ts';
import { PathPoses } from '../../../src/safety/twin/path-poses.ts';
import { rulesOf } from '../../../src/safety/twin/rules.ts';
import type { Rule } from '../../../src/safety/twin/rules.ts';
import { Twin } from '../../../src/safety/twin/twin.ts';
import type { mujoco } from '../../../src/sim/mujoco.ts';

/** Distances and places of poses, looked up one by one: nothing that the guard remembers is in it. */
export class Oracle {
  readonly twin: Twin;
  readonly rules: Rule[];
  readonly #clearances: Clearances;
  readonly #place = new Float64Array(3);

  constructor(module: Awaited<ReturnType<typeof mujoco>>, of: RobotSpec) {
    const block = of.drivers.sim;
    if (block === undefined) throw new Error('no model');
    const modelXml = readFileSync(join(of.directory, block.model), 'utf8');
    this.twin = new Twin({ module, robot: of, block, modelXml });
    this.rules = rulesOf(this.twin.shape, of);
    this.#clearances = new Clearances(of, [], new PathPoses(this.twin, of.joints.length));
  }

  /** The least that a rule of this kind leaves over its minimum, m. */
  spareM(pose: Float64Array, reason?: Rule['reason']): number {
    return Math.min(...this.sparesM(pose, reason));
  }

  /** What each rule of this kind leaves, m. */
  sparesM(pose: Float64Array, reason?: Rule['reason']): number[] {
    this.twin.setPose(pose);
    const rules = this.rules.filter((rule) => reason === undefined || rule.reason === reason);
    return rules.map((rule) => this.#clearances.distanceM(rule) - rule.minimumM);
  }

  place(pose: Float64Array): number[] {
    this.twin.setPose(pose);
    this.twin.copyGripperPosition(this.#place, 0);
    return Array.from(this.#place);
  }

  stepM(from: Float64Array, to: Float64Array): number {
    const [a, b] = [this.place(from), this.place(to)];
    return Math.hypot(...a.map((value, axis) => value - (b[axis] ?? 0)));
  }
}

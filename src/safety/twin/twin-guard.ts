import type { MainModule } from '@mujoco/mujoco';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { CLEAR } from '../space-guard.ts';
import type { SpaceGuard, SpaceVerdict } from '../space-guard.ts';
import { Clearances } from './clearances.ts';
import type { Finding } from './clearances.ts';
import { GripperSpeed } from './gripper-speed.ts';
import { PathPoses } from './path-poses.ts';
import { rulesOf, withoutConstantContacts } from './rules.ts';
import type { Rule } from './rules.ts';
import { spaceModelError } from './twin-model.ts';
import type { ModelBlock } from './twin-model.ts';
import { Twin } from './twin.ts';

export interface TwinGuardOptions {
  /** MuJoCo; the twin has a model and data of its own in it. */
  readonly module: MainModule;
  readonly robot: RobotSpec;
  readonly block: ModelBlock;
  /** Contents of the model file, MJCF. */
  readonly modelXml: string;
}

const UNCHECKED: SpaceVerdict = { clear: false, speedFactor: 1, reasons: ['space-unchecked'], where: undefined };
const GRIPPER = 'the gripper';

/**
 * The space guard of an arm with a model: speed of the gripper frame, its workspace, keep-out zones, table, and the
 * arm itself, judged on a twin of the arm in MuJoCo. Proven of a path that is clear: see Clearances; the speed
 * is that of the gripper's way from pose to pose. It looks at commands: what the arm does on the way to
 * them, what it holds, and people, it does not know.
 */
export class TwinGuard implements SpaceGuard {
  /** Links that are nearer than the minimum in every pose looked at, by their model; they are not checked. */
  readonly constantContacts: readonly string[];
  readonly #robot: RobotSpec;
  readonly #twin: Twin;
  readonly #poses: PathPoses;
  readonly #clearances: Clearances;
  readonly #speed: GripperSpeed;

  /** Throws ArmatureError E_SPACE_MODEL when the model cannot be judged, or the home or rest pose is not clear. */
  constructor(options: TwinGuardOptions) {
    const { robot } = options;
    this.#robot = robot;
    this.#twin = new Twin(options);
    this.#poses = new PathPoses(this.#twin, robot.joints.length);
    const { rules, dropped } = withoutConstantContacts(rulesOf(this.#twin.shape, robot), this.#twin, robot);
    this.constantContacts = dropped;
    this.#clearances = new Clearances(robot, rules, this.#poses);
    const workspace = rules.find((rule) => rule.reason === 'workspace');
    this.#speed = new GripperSpeed(robot, workspace?.leversM ?? new Float64Array(robot.joints.length));
    this.#checkNamedPoses(rules);
  }

  check(path: readonly Float64Array[], stepS: number, isReduced = false): SpaceVerdict {
    try {
      if (!(stepS > 0 && stepS < Infinity) || !this.#poses.begin(path)) return UNCHECKED;
      return this.#judge(stepS, isReduced);
    } catch {
      // Whatever is wrong with the twin, the arm must not move on its word.
      return UNCHECKED;
    }
  }

  dispose(): void {
    this.#twin.dispose();
  }

  #judge(stepS: number, isReduced: boolean): SpaceVerdict {
    const { speedMPerS } = this.#robot.space;
    const limitMPerS = isReduced ? speedMPerS.reduced : speedMPerS.normal;
    const finding = this.#clearances.judge();
    if (!finding.isComplete) return UNCHECKED;
    const factor = this.#speed.factor(this.#poses, stepS, limitMPerS);
    const isSlow = this.#speed.isWithin(this.#poses, stepS, limitMPerS);
    return verdict(finding, factor, isSlow);
  }

  #checkNamedPoses(rules: readonly Rule[]): void {
    const { homeRad, restRad } = this.#robot;
    for (const [name, pose] of Object.entries({ homeRad, restRad })) {
      this.#twin.setPose(Float64Array.from(pose));
      const broken = rules.find((rule) => this.#clearances.distanceM(rule) < rule.minimumM);
      if (broken === undefined) continue;
      throw spaceModelError(this.#robot, `is not clear in ${name} of robot.yaml: ${broken.where}`, {
        expected: `${1000 * broken.minimumM} mm or more`,
        found: `${(1000 * this.#clearances.distanceM(broken)).toFixed(1)} mm`,
        remedy:
          'Change the pose, the shapes or the clearances; a pair of links that may touch gets <contact><exclude> in the MJCF.',
      });
    }
  }
}

function verdict(finding: Finding, speedFactor: number, isSlow: boolean): SpaceVerdict {
  if (finding.isClear && isSlow) return slowed(finding, speedFactor);
  const [reason, where] = finding.isClear
    ? (['tcp-speed', GRIPPER] as const)
    : [finding.rule?.reason, finding.rule?.where];
  const factor = Math.min(finding.speedFactor, speedFactor);
  return { clear: false, speedFactor: factor, reasons: [reason ?? 'space-unchecked'], where };
}

/** The reason that slows down most comes first. */
function slowed(finding: Finding, speedFactor: number): SpaceVerdict {
  const slowing = [
    { reason: 'near-obstacle' as const, where: finding.rule?.where, factor: finding.speedFactor },
    { reason: 'tcp-speed' as const, where: GRIPPER, factor: speedFactor },
  ]
    .filter(({ factor }) => factor < 1)
    .toSorted((a, b) => a.factor - b.factor);
  const [first] = slowing;
  if (first === undefined) return CLEAR;
  return { clear: true, speedFactor: first.factor, reasons: slowing.map(({ reason }) => reason), where: first.where };
}

import type { MainModule, MjModel } from '@mujoco/mujoco';
import { ArmatureError } from '../../core/errors.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { KeepOutZone } from '../../robot/space-spec.ts';

/** The robot's `drivers.sim` block: where its model lies and which site is the gripper frame. */
export type ModelBlock = NonNullable<RobotSpec['drivers']['sim']>;

export const ZONE_PREFIX = 'keep-out ';

let compiledTwins = 0;

/**
 * The robot's own model with its keep-out zones, and nothing else: no scene, no physics. Throws ArmatureError
 * E_SPACE_MODEL when MuJoCo refuses it.
 */
export function compileTwin(module: MainModule, robot: RobotSpec, modelXml: string): MjModel {
  compiledTwins += 1;
  const directory = `/twin-${compiledTwins}`;
  module.FS.mkdirTree(directory, 0o777);
  module.FS.writeFile(`${directory}/robot.xml`, modelXml);
  module.FS.writeFile(`${directory}/twin.xml`, twinXml(robot.space.keepOut));
  const vfs = new module.MjVFS();
  try {
    const model = module.MjModel.from_xml_path(`${directory}/twin.xml`, vfs);
    if (model !== null) return model;
  } catch (cause) {
    throw spaceModelError(robot, 'does not load', { found: String(cause), remedy: 'Correct the MJCF of the robot.' });
  } finally {
    vfs.delete();
    for (const file of ['robot.xml', 'twin.xml']) module.FS.unlink(`${directory}/${file}`);
    module.FS.rmdir(directory);
  }
  throw spaceModelError(robot, 'gave no model', { remedy: 'Correct the MJCF of the robot.' });
}

/** An error about the model by which the space around the arm is judged. */
export function spaceModelError(
  robot: RobotSpec,
  problem: string,
  details: { readonly expected?: string; readonly found?: string; readonly remedy: string },
): ArmatureError {
  const file = `${robot.directory}/${robot.drivers.sim?.model ?? 'model.xml'}`;
  return new ArmatureError('E_SPACE_MODEL', `${file}: the model for the safety gate ${problem}`, details);
}

// The arena is for contacts and solvers, neither of which a twin has.
function twinXml(zones: readonly KeepOutZone[]): string {
  const geoms = zones.map((zone, index) => `<geom name="${ZONE_PREFIX}${index}" ${shapeAttributes(zone)}/>`);
  return `<mujoco><size memory="256K"/><include file="robot.xml"/><worldbody>${geoms.join('')}</worldbody></mujoco>`;
}

function shapeAttributes(zone: KeepOutZone): string {
  return 'box' in zone
    ? `type="box" pos="${zone.box.centreM.join(' ')}" size="${zone.box.halfSizesM.join(' ')}"`
    : `type="sphere" pos="${zone.sphere.centreM.join(' ')}" size="${zone.sphere.radiusM}"`;
}

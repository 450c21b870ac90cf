import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { TokenStripReader } from '../../runtime/token-strip.ts';
import type { SceneMessage } from '../messages.ts';
import { messageOf } from '../../core/errors.ts';

/** What this computer knows of the robots that things were recorded with. */
export interface KnownRobots {
  /** Undefined for a robot that is not known here. */
  robot(name: string): RobotSpec | undefined;
  /** What is drawn of the arm. Throws where it has no model, or one that cannot be loaded. */
  scene(robot: RobotSpec): Promise<Omit<SceneMessage, 'kind'>>;
  /** A policy of the robot whose decisions have so many action tokens, or any number; undefined where none is known. */
  strips(robot: RobotSpec, actionTokens?: number): KnownStrips | undefined;
}

export interface KnownStrips {
  readonly policy: string;
  readonly reader: TokenStripReader;
}

/** A scene, or the reason why there is none. */
export async function sceneOf(
  robots: KnownRobots,
  robot: RobotSpec | undefined,
  otherwise: string,
): Promise<{ readonly scene: SceneMessage | null; readonly withoutScene: string }> {
  if (robot === undefined) return { scene: null, withoutScene: otherwise };
  try {
    return { scene: { kind: 'scene', ...(await robots.scene(robot)) }, withoutScene: '' };
  } catch (error) {
    return { scene: null, withoutScene: messageOf(error) };
  }
}

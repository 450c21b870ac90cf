import type { RobotSpec } from '../robot/robot-spec.ts';

/** What the operator may say at a step; the first of a step is what Enter means. */
export type CalibrationWord = 'middle' | 'swept' | 'moved' | 'again' | 'closed' | 'open' | 'yes' | 'no' | 'back';

/** One step of the procedure: what to do, and how to say that it is done. */
export interface CalibrationStep {
  readonly kind: 'middle' | 'sweep' | 'direction' | 'closed' | 'open' | 'review';
  /** The joint a step is about; undefined: all. */
  readonly joint: string | undefined;
  readonly title: string;
  readonly instruction: string;
  readonly words: readonly CalibrationWord[];
}

/** The procedure for a robot, in order. Its gripper's direction is found by closing and opening it. */
export function calibrationSteps(robot: RobotSpec): readonly CalibrationStep[] {
  const motors = robot.drivers.serial?.motors ?? {};
  const turning = robot.joints.map(({ name }) => name).filter((name) => motors[name]?.fullTurn === true);
  const steps = [
    middle(robot.gripper, turning),
    sweep(turning),
    ...robot.joints.filter(({ name }) => name !== robot.gripper).map(({ name, positive }) => direction(name, positive)),
    gripperEnd('closed', robot.gripper),
    gripperEnd('open', robot.gripper),
  ];
  const title = (text: string, index: number): string => `Step ${index + 1} of ${steps.length}: ${text}`;
  return [...steps.map((step, index) => ({ ...step, title: title(step.title, index) })), REVIEW];
}

const REVIEW: CalibrationStep = {
  kind: 'review',
  joint: undefined,
  title: 'Review',
  instruction: 'Write this into the servos and the file?',
  words: ['yes', 'no', 'back'],
};

function middle(gripper: string, turning: readonly string[]): CalibrationStep {
  const exactly = turning.length === 0 ? '' : ` ${listed(turning)} has no other reference: set it with care.`;
  return {
    kind: 'middle',
    joint: undefined,
    title: 'middle pose',
    instruction: `Bring every joint to the middle of its range, the ${gripper} half open, and hold the arm still.${exactly}`,
    words: ['middle'],
  };
}

function sweep(turning: readonly string[]): CalibrationStep {
  const but = turning.length === 0 ? '' : ` but ${listed(turning)}`;
  return {
    kind: 'sweep',
    joint: undefined,
    title: 'ranges',
    instruction: `Move every joint${but} slowly through its whole range, from stop to stop, and rest a moment at each stop.`,
    words: ['swept', 'back'],
  };
}

function direction(joint: string, positive: string | undefined): CalibrationStep {
  const way = positive === undefined ? 'in its positive direction' : `so that it ${positive}`;
  return {
    kind: 'direction',
    joint,
    title: `direction of ${joint}`,
    instruction: `Move ${joint} ${way}, by about 30 degrees. For more room, move it back first and say "again".`,
    words: ['moved', 'again', 'back'],
  };
}

function gripperEnd(kind: 'closed' | 'open', joint: string): CalibrationStep {
  const instruction =
    kind === 'closed' ? `Close the ${joint} fully and hold it.` : `Open the ${joint} fully and hold it.`;
  return { kind, joint, title: `${joint} ${kind}`, instruction, words: [kind, 'back'] };
}

function listed(names: readonly string[]): string {
  return names.join(' and ');
}

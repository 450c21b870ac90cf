import { MonotonicClock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { armDriverSpec } from '../runtime/arm/arm-driver-spec.ts';
import type { ArmConnection, ArmSpec } from '../runtime/arm/arm-spec.ts';
import { ArmWorkplace } from '../runtime/arm-workplace.ts';
import { SimulatedTask } from '../runtime/simulated-task.ts';
import { resolveTask, resolveWork } from '../runtime/task-request.ts';
import type { TaskRequest, WorkRequest } from '../runtime/task-request.ts';
import type { Workplace } from '../runtime/workplace.ts';
import type { KeySource } from '../teleop/keyboard/key-source.ts';
import { isSceneDriver } from './arm-options.ts';
import type { ArmOptions } from './arm-options.ts';
import { sayConnection } from './connection-words.ts';
import { askConsent } from './consent.ts';

export interface PlaceOptions extends ArmOptions {
  readonly task: string;
  readonly scene?: string;
}

/** What a verb does, in a scene or with a real arm. Throws as resolveTask does, and E_INSTRUCTION for a scene without simulation. */
export function requestOf({
  driver,
  task,
  scene,
}: Pick<PlaceOptions, 'driver' | 'task' | 'scene'>): TaskRequest | WorkRequest {
  if (isSceneDriver(driver)) return resolveTask(task, scene);
  if (scene === undefined) return resolveWork(task);
  throw new ArmatureError('E_INSTRUCTION', 'a real arm stands in no simulated scene', {
    found: `--scene ${scene}`,
    remedy: 'Leave --scene out, or use --driver sim or mirror.',
  });
}

/** Where a verb's episodes take place, and the consent a real arm needs. */
export interface Place {
  readonly workplace: Workplace;
  /** Whether the next episode may begin: a real arm waits for the person at the terminal. Throws E_PROTECTIVE_STOP after such a stop. */
  isReady(keys: KeySource | undefined, signal: AbortSignal): Promise<boolean>;
  /**
   * A real arm goes to its rest pose and is let go there, unless the signal was aborted: then it goes on holding itself up.
   * Throws E_PROTECTIVE_STOP where an operator has to look at the arm first.
   */
  end(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
  /** What connecting to a real arm changed in it and found out. */
  readonly connection?: ArmConnection;
  /** Lets somebody in the graph of the robot arm or reset it once; see ProcessArm. Only for an arm behind ROS. */
  readonly consent?: () => string;
}

export interface OpenPlaceOptions {
  readonly robot: RobotSpec;
  readonly request: TaskRequest | WorkRequest;
  /** False for what does not look: much faster. Default true. */
  readonly looks?: boolean;
  readonly blackBox?: ArmSpec['blackBox'];
}

/** Says on stderr what connecting changed. Throws what SimulatedTask.load, armDriverSpec and ArmWorkplace.open throw. */
export async function openPlace(
  options: ArmOptions,
  { robot, request, looks = true, blackBox }: OpenPlaceOptions,
): Promise<Place> {
  const { driver } = options;
  if (isSceneDriver(driver) && 'task' in request) {
    const workplace = (await SimulatedTask.load(robot, request.task, { cameras: looks })).through(driver);
    return {
      workplace,
      isReady: () => Promise.resolve(true),
      end: () => Promise.resolve(),
      close: () => workplace.close(),
    };
  }
  const workplace = await ArmWorkplace.open({
    robot,
    driver: armDriverSpec(robot, options),
    clock: new MonotonicClock(),
    blackBox,
  });
  sayConnection(workplace.connection, `robot "${robot.name}"`);
  let episodes = 0;
  return {
    workplace,
    connection: workplace.connection,
    isReady: async (keys, signal) => {
      await requireUnlatched(workplace);
      const question =
        episodes === 0 ? `Robot "${robot.name}" gets torque now and will move.` : 'The next episode begins.';
      const isReady = options.yes === true ? !signal.aborted : await askConsent({ question, keys, signal });
      if (isReady) episodes += 1;
      return isReady;
    },
    end: async (signal) => {
      if (episodes === 0) return;
      await requireUnlatched(workplace);
      if (signal.aborted) return void process.stderr.write(HOLDING);
      const { going, there } = driver === 'ros' ? RESTING_HELD : RESTING;
      process.stderr.write(`The arm goes to its rest pose${going}. Ctrl-C: leave it where it is.\n`);
      await workplace.rest(signal);
      process.stderr.write(signal.aborted ? HOLDING : `The arm is at its rest pose, ${there}.\n`);
    },
    close: () => workplace.close(),
    ...(driver === 'ros' ? { consent: () => workplace.consent() } : {}),
  };
}

async function requireUnlatched(workplace: ArmWorkplace): Promise<void> {
  const cause = await workplace.stopCause();
  if (cause !== undefined) throw cause;
}

/** What the key of consent does at a place: shows the code for whoever arms or resets over ROS; see ProcessArm. */
export function showConsent({ consent }: Place, say: (line: string) => void): void {
  if (consent !== undefined) say(`Good once, for two minutes, to arm or reset over ROS: ${consent()}`);
}

const RESTING = { going: ' and is let go there', there: 'without torque' };
/** Its drives have no torque switch of ours. */
const RESTING_HELD = { going: '', there: 'where its controller holds it' };
const HOLDING = 'The arm goes on holding itself up where it is. armature rest takes it to its rest pose.\n';

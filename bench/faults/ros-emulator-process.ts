import { MonotonicClock } from '../../src/core/clock.ts';
import { RosArmEmulator } from '../../src/emulation/ros-arm/ros-arm-emulator.ts';
import type { RosArmFault } from '../../src/emulation/ros-arm/ros-arm-emulator.ts';
import { inRealTime } from '../../src/emulation/ros-arm/real-time.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { preferThread, threadId } from '../../src/runtime/arm/thread-priority.ts';

/** What the bench asks of an emulated ROS arm in a process of its own; every message is answered once it is done. */
export type EmulatorRequest =
  | { readonly robot: string }
  | { readonly inject: RosArmFault }
  | { readonly ask: 'clear' | 'positions' };
export interface EmulatorAnswer {
  readonly url: string;
  /** Of the arm itself, without noise, rad. */
  readonly positionsRad: readonly number[];
}

const clock = new MonotonicClock();
let emulator: RosArmEmulator | undefined;

process.on('message', (request: EmulatorRequest) => void perform(request));
process.on('disconnect', () => process.exit());

async function perform(request: EmulatorRequest): Promise<void> {
  if ('robot' in request) {
    const robot = loadRobot(request.robot);
    const started = await RosArmEmulator.start({ robot, clock, wallNs: () => Date.now() * 1e6 });
    // It stands for an arm of metal.
    preferThread(threadId() ?? 0);
    inRealTime(clock, () => started.advance());
    emulator = started;
  } else if ('inject' in request) await emulator?.inject(request.inject);
  else if (request.ask === 'clear') await emulator?.clearFaults();
  const answer: EmulatorAnswer = { url: emulator?.url ?? '', positionsRad: emulator?.positionsRad ?? [] };
  process.send?.(answer);
}

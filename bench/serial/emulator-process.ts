import { writeFileSync } from 'node:fs';
import { startServoBus } from '../../src/emulation/servo-bus/start-servo-bus.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { raiseWorld } from '../../src/runtime/arm/thread-priority.ts';

/** An emulated arm in a process of its own, so that what it takes of the processor is not counted as that of its users. */
export interface EmulatorMessage {
  /** Path of the port. */
  readonly path: string;
}

const [robot = 'so101', calibrationFile = ''] = process.argv.slice(2);
const bus = await startServoBus({ robot: loadRobot(robot) });
// It stands for servos of metal, which do not wait for their turn on this computer.
raiseWorld(bus.thread);
writeFileSync(calibrationFile, JSON.stringify(bus.calibration));
process.send?.({ path: bus.path } satisfies EmulatorMessage);
process.once('disconnect', () => void bus.close());

import type { Command } from 'commander';
import { calibrationPath, loadCalibration } from '../calibration/load-calibration.ts';
import { MonotonicClock } from '../core/clock.ts';
import { requireSerial } from '../drivers/serial/arm-motors.ts';
import { SetupBus } from '../drivers/serial/setup-bus.ts';
import { closeAll } from '../core/close-all.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { calibrateArm, importCalibration } from '../runtime/calibration/calibrate-arm.ts';
import type { CalibrationOutcome } from '../runtime/calibration/calibrate-arm.ts';
import { CalibrationTable } from './calibration-view.ts';
import { openOperator } from './calibration-words.ts';
import { Interruption } from './interruption.ts';
import { PATIENCE_MS } from './motors-options.ts';
import { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  armature calibrate --robot so101 --port /dev/ttyACM0
  armature calibrate --robot so101 --leader --port /dev/ttyACM1 --name left-leader
  armature calibrate --robot so101 --port /dev/ttyACM0 --from ~/.cache/huggingface/lerobot/calibration/robots/so_follower/mine.json
                               write a calibration of LeRobot into the servos
  armature calibrate --robot so101 --port /dev/ttyACM0 --json < words.txt
                               for programs: a word a line (ready, middle, swept, moved, again, closed, open, yes, no, back, quit; wait 2)

Nothing is written before you say yes: ending at any moment leaves servos and file as they were, the torque off.`;

interface CalibrateVerbOptions {
  readonly robot: string;
  readonly port: string;
  readonly leader?: boolean;
  readonly name?: string;
  readonly out?: string;
  readonly from?: string;
  readonly script?: string;
  readonly json?: boolean;
}

export function addCalibrate(program: Command): void {
  program
    .command('calibrate')
    .description('Calibrate an arm by hand: homing, ranges, directions and the gripper, into its servos and a file')
    .requiredOption('--robot <name>', 'robot, by name or folder')
    .requiredOption('--port <path>', 'the port of the servo bus; see armature ports')
    .option('--leader', 'the leader of this robot: robots/<name>-leader')
    .option('--name <name>', 'name of this arm: the file is calibration/<name>.json; default: that of the robot')
    .option('--out <file>', 'write the file here instead')
    .option('--from <file>', 'write this calibration into the servos instead of finding a new one')
    .option('--script <file>', 'take the words from this file instead of the terminal')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(calibrate);
}

async function calibrate(options: CalibrateVerbOptions): Promise<void> {
  const robot = loadRobot(options.leader ? `${options.robot}-leader` : options.robot);
  const serial = requireSerial(robot);
  const given = options.from === undefined ? undefined : loadCalibration(options.from, robot).calibration;
  const clock = new MonotonicClock();
  const interruption = new Interruption();
  const closing: (() => void | Promise<void>)[] = [() => interruption.close()];
  let outcome: CalibrationOutcome | undefined;
  try {
    const bus = await SetupBus.open({
      path: options.port,
      baudRate: serial.baudRate,
      protocol: serial.protocol,
      patienceMs: PATIENCE_MS,
    });
    closing.unshift(() => bus.close());
    const operator = openOperator(options.script, clock);
    closing.unshift(() => operator.close());
    const view = new CalibrationTable(new Terminal(process.stderr, () => clock.nowNs()));
    closing.unshift(() => view.close());
    const path = options.out ?? calibrationPath(options.name ?? robot.name);
    const work = { robot, bus, clock, operator, view, signal: interruption.signal, path };
    outcome = given === undefined ? await calibrateArm(work) : await importCalibration(given, work);
  } finally {
    await closeAll(closing);
  }
  report(robot, outcome, options);
  if (interruption.exitCode !== undefined) process.exitCode = interruption.exitCode;
}

function report(
  robot: RobotSpec,
  outcome: CalibrationOutcome | undefined,
  { port, json }: Pick<CalibrateVerbOptions, 'port' | 'json'>,
): void {
  if (outcome === undefined) process.exitCode = 1;
  if (json) {
    const found =
      outcome === undefined
        ? { outcome: 'unchanged' }
        : {
            outcome: 'calibrated',
            file: outcome.path,
            previousFile: outcome.previousPath ?? null,
            calibration: outcome.calibration,
          };
    console.log(JSON.stringify({ robot: robot.name, port, ...found }));
  } else if (outcome === undefined)
    console.log('Nothing was changed: servos and file are as they were, the torque is off.');
  else {
    const kept = outcome.previousPath === undefined ? '' : ` The previous file is ${outcome.previousPath}.`;
    console.log(`The servos hold their calibration, and so does ${outcome.path}.${kept} The torque is off.`);
  }
}

import { Option } from 'commander';
import type { Command } from 'commander';
import { parseFaults } from '../emulation/servo-bus/bus-command.ts';
import { ROSBRIDGE_HELP, emulateRosbridge } from './emulate-rosbridge.ts';
import type { RosbridgeEmulationOptions } from './emulate-rosbridge.ts';
import { SERIAL_HELP, emulateSerial } from './emulate-serial.ts';
import type { SerialEmulationOptions } from './emulate-serial.ts';
import { wholeNumber } from './option-values.ts';

const EXAMPLES = `
Examples:
  armature emulate --robot so101 --link /tmp/arm --save-calibration /tmp/arm.json --camera-port 8090
                               an SO-101 in the scene of the lift task: the serial port /tmp/arm, the calibration file
                               that belongs to it, and its cameras at http://127.0.0.1:8090/front.mjpg and wrist.mjpg
  armature emulate --robot so101 --link /tmp/arm --uncalibrated --scene none
                               an arm as it was screwed together, with no table in its way, to try calibrating
  armature emulate --robot so101 --link /tmp/arm --faults noise=0.05,silent=3
  armature emulate --robot so101-leader --link /tmp/leader --leader
                               a leader: hands move it, as \`move\` lines say
  armature emulate --robot ur5e --rosbridge 9090
  armature emulate --robot so101 --rosbridge 9090 --ros 2 --scene lift --seed 7`;

type EmulateOptions = SerialEmulationOptions & RosbridgeEmulationOptions;

export function addEmulate(program: Command): void {
  program
    .command('emulate')
    .description('Offer a simulated arm as if it were there, so that run, record and teleop reach it as a real one')
    .requiredOption('--robot <name>', 'robot, by name or folder')
    .option('--link <path>', 'a bus of servos, byte for byte, at a serial port that appears here')
    .option('--rosbridge <port>', 'behind a rosbridge server on this port of loopback; 0: a free one', wholeNumber(0))
    .option(
      '--scene <task>',
      'the arm in the scene of this task, which says when it is done; default: serial lift, ros none',
    )
    .option('--seed <number>', 'what the scene, the noise and the encoders are drawn from', wholeNumber(0), 0)
    .option('--device <path>', 'serial: serve this terminal in place of one of our own, for example an end of socat')
    .option('--calibration <file>', 'serial: what the servos hold; default: drawn from the seed')
    .option('--save-calibration <file>', 'serial: write the calibration file of this arm')
    .option('--uncalibrated', 'serial: the servos hold no calibration')
    .option(
      '--camera-port <port>',
      'serial: cameras of the scene over HTTP on this port; 0: a free one',
      wholeNumber(0),
    )
    .option('--faults <list>', 'serial: from the start, for example noise=0.05,lose=0.01,silent=3', parseFaults)
    .option('--leader', 'serial: a leader arm, without a scene: hands hold it, and move it as lines on stdin say')
    .addOption(new Option('--ros <version>', 'ros: default as in robot.yaml').choices(['1', '2']))
    .option('--no-cameras', 'ros: publish no pictures')
    .option('--json', 'at the end, print one JSON object')
    .addHelpText('after', `${EXAMPLES}\n${SERIAL_HELP}\n${ROSBRIDGE_HELP}`)
    .action(emulate);
}

async function emulate(options: EmulateOptions, command: Command): Promise<void> {
  const { link, rosbridge } = options;
  if ((link === undefined) === (rosbridge === undefined)) command.error('error: give either --link or --rosbridge');
  if (link === undefined) await emulateRosbridge(options);
  else await emulateSerial(options);
}

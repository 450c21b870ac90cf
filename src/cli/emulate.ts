import { Option } from 'commander';
import type { Command } from 'commander';
import { parseFaults } from '../emulation/servo-bus/bus-command.ts';
import { ROSBRIDGE_HELP, emulateRosbridge } from './emulate-rosbridge.ts';
import type { RosbridgeEmulationOptions } from './emulate-rosbridge.ts';
import { emulateSerial } from './emulate-serial.ts';
import type { SerialEmulationOptions } from './emulate-serial.ts';
import { wholeNumber } from './option-values.ts';

const EXAMPLES = `
Examples:
  armature emulate --robot so101 --link /tmp/arm
                               an SO-101 in the scene of the lift task, at the serial port /tmp/arm
  armature emulate --robot so101 --link /tmp/arm --save-calibration /tmp/arm.json
                               and the calibration file that belongs to it
  armature emulate --robot so101 --link /tmp/arm --uncalibrated
                               an arm as it was screwed together, to try calibrating
  armature emulate --robot so101 --link /tmp/arm --faults noise=0.05,silent=3
  armature emulate --robot so101 --link /tmp/leader --leader
                               a leader: hands move it, as \`move\` lines say
  armature emulate --robot ur5e --rosbridge 9090 --scene none
                               a UR5e as ros2_control offers it, behind a rosbridge server on loopback
  armature emulate --robot so101 --rosbridge 9090 --scene lift --seed 7

Lines on stdin act on an arm on a serial port: \`fault noise 0.1\`, \`fault silent 3\`, \`fault cut\`, \`fault brown-out\`,
\`fault clear\`, \`move 0 -1.2 1.3 0.5 0 0.8\`, \`let-go\`, \`reset 7\`. docs/serial.md has all of them. Ctrl-C ends.
`;

type EmulateOptions = Partial<Pick<SerialEmulationOptions, 'link'> & Pick<RosbridgeEmulationOptions, 'rosbridge'>> &
  Omit<SerialEmulationOptions, 'link'> &
  Omit<RosbridgeEmulationOptions, 'rosbridge'>;

export function addEmulate(program: Command): void {
  program
    .command('emulate')
    .description(
      'Be an arm, moved by MuJoCo, with faults to inject: on a serial port, servos byte for byte, or behind a rosbridge server',
    )
    .requiredOption('--robot <name>', 'robot, by name or folder')
    .option('--link <path>', 'where the serial port appears')
    .option('--rosbridge <port>', 'port of the rosbridge server, on loopback; 0: a free one', wholeNumber(0))
    .option('--scene <task>', 'task in whose scene the arm stands; none: the arm alone', 'lift')
    .option('--seed <number>', 'what the scene, the encoders and the faults are drawn from', wholeNumber(0), 0)
    .option('--json', 'print one JSON object at the end')
    .option('--device <path>', 'serial: serve this terminal in place of one of our own, for example an end of socat')
    .option('--calibration <file>', 'serial: what the servos hold; default: drawn from the seed')
    .option('--save-calibration <file>', 'serial: write the calibration file of this arm')
    .option('--uncalibrated', 'serial: the servos hold no calibration')
    .option(
      '--faults <list>',
      'serial: faults from the start, for example noise=0.05,lose=0.01,silent=3',
      parseFaults,
      [],
    )
    .option('--leader', 'serial: a leader arm, without a scene: hands hold it, and move it as lines on stdin say')
    .addOption(
      new Option('--ros <version>', 'rosbridge: version of ROS; default: as in robot.yaml').choices(['1', '2']),
    )
    .option('--no-cameras', 'rosbridge: publish no pictures')
    .addHelpText('after', `${EXAMPLES}${ROSBRIDGE_HELP}`)
    .action(emulate);
}

async function emulate(options: EmulateOptions, command: Command): Promise<void> {
  const { link, rosbridge } = options;
  if (link !== undefined && rosbridge === undefined) return emulateSerial({ ...options, link });
  if (link === undefined && rosbridge !== undefined) return emulateRosbridge({ ...options, rosbridge });
  command.error('error: give --link for an arm on a serial port, or --rosbridge for one behind ROS');
}

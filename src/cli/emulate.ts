import { Option } from 'commander';
import type { Command } from 'commander';
import { ROSBRIDGE_HELP, emulateRosbridge } from './emulate-rosbridge.ts';
import type { RosbridgeEmulationOptions } from './emulate-rosbridge.ts';
import { wholeNumber } from './option-values.ts';

const EXAMPLES = `
Examples:
  armature emulate --robot ur5e --rosbridge 9090
  armature emulate --robot so101 --rosbridge 9090 --ros 2 --scene lift --seed 7
  armature emulate --robot fr3 --rosbridge 0 --no-cameras`;

export function addEmulate(program: Command): void {
  program
    .command('emulate')
    .description(
      'Offer a simulated arm as if it were there, so that run, record and teleop reach it as they would a real one',
    )
    .requiredOption('--robot <name>', 'robot, by name or folder; it needs a drivers.sim model')
    .requiredOption(
      '--rosbridge <port>',
      'behind a rosbridge server on this port of loopback; 0: a free one',
      wholeNumber(0),
    )
    .addOption(new Option('--ros <version>', 'default: as in robot.yaml').choices(['1', '2']))
    .option('--scene <task>', 'the arm in the scene of this task, which then says whether it is done')
    .option('--seed <number>', 'seed of the scene', wholeNumber(0), 0)
    .option('--no-cameras', 'publish no pictures')
    .option('--json', 'at the end, print one JSON object')
    .addHelpText('after', `${EXAMPLES}\n${ROSBRIDGE_HELP}`)
    .action((options: RosbridgeEmulationOptions) => emulateRosbridge(options));
}

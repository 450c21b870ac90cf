import type { Command } from 'commander';
import { addRead, addWrite } from './motors-registers.ts';
import { addSetup } from './motors-setup.ts';
import { addPing, addReboot, addTemperature } from './motors-state.ts';

const EXAMPLES = `
Examples:
  armature motors setup --robot so101 --port /dev/ttyACM0
  armature motors ping --robot so101 --port /dev/ttyACM0
  armature motors read Present_Position Torque_Enable --robot so101 --port /dev/ttyACM0
  armature motors read --robot so101 --joint gripper --port /dev/ttyACM0     every register of one servo
  armature motors write Torque_Enable 0 --robot so101 --port /dev/ttyACM0 --yes
  armature motors temperature --robot so101 --port /dev/ttyACM0 --json
  armature motors reboot --id 6 --port /dev/ttyACM0 --yes

Each of these has a --help of its own.`;

const VERBS = [addSetup, addPing, addRead, addWrite, addReboot, addTemperature];

export function addMotors(program: Command): void {
  const motors = program
    .command('motors')
    .description('Set up servos and look into them: ids, registers, temperatures')
    .addHelpText('after', EXAMPLES);
  for (const addVerb of VERBS) addVerb(motors);
}

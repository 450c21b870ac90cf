import type { Command } from 'commander';
import { loadRobot } from '../robot/load-robot.ts';
import { addRealArmOptions, isSceneDriver } from './arm-options.ts';
import type { ArmOptions } from './arm-options.ts';
import { Interruption } from './interruption.ts';
import { openPlace, requestOf } from './place.ts';

const EXAMPLES = `
Examples:
  armature rest --robot so101 --driver serial --port /dev/ttyACM0
  armature rest --robot ur5e --driver ros --url ws://192.168.0.10:9090

The arm is armed where it stands, goes slowly to the rest pose of robot.yaml, and its torque is switched off there:
for an arm that goes on holding itself up after an interrupt or a stop.`;

export function addRest(program: Command): void {
  const command = program.command('rest').description('Take a real arm to its rest pose and let go of it there');
  addRealArmOptions(command).addHelpText('after', EXAMPLES).action(rest);
}

async function rest(options: ArmOptions, command: Command): Promise<void> {
  if (isSceneDriver(options.driver)) command.error('error: rest is for a real arm: give --driver serial or ros');
  const robot = loadRobot(options.robot);
  const request = requestOf({ driver: options.driver, task: 'rest' });
  const interruption = new Interruption();
  const { signal } = interruption;
  try {
    const place = await openPlace(options, { robot, request });
    try {
      if (await place.isReady(undefined, signal)) await place.end(signal);
    } finally {
      await place.close();
    }
  } finally {
    interruption.close();
  }
  if (interruption.exitCode !== undefined) process.exitCode = interruption.exitCode;
}

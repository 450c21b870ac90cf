import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { InvalidFileError, UnknownNameError } from '../core/errors.ts';
import { recover } from '../drivers/ros/recovery.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { RosRecoveryStep } from '../robot/ros-spec.ts';
import { connect } from './ros-connection.ts';

const EXAMPLES = `
Examples:
  armature ros recover --robot ur5e                    every step in order, after you said yes
  armature ros recover unlock-protective-stop --robot ur5e
  armature ros recover --robot fr3 --yes --json

For whoever stands beside the arm: clear what made it stop, and keep out of its reach. It lets the robot go on; Armature
stays stopped until it is reset and armed.`;

interface RecoverOptions {
  readonly robot: string;
  readonly url?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

interface Done {
  readonly name: string;
  readonly message: string;
}

export function addRecover(ros: Command): void {
  ros
    .command('recover')
    .description('Let a robot that stopped by itself go on: unlock, clear errors, as robot.yaml says')
    .argument('[step]', 'only this one')
    .requiredOption('--robot <name>', 'robot, by name or folder')
    .option('--url <url>', 'rosbridge server; default that of the robot')
    .option('--yes', 'do not ask: I have looked at the arm')
    .option('--json', 'print one JSON object; takes --yes')
    .addHelpText('after', EXAMPLES)
    .action(async (step: string | undefined, options: RecoverOptions, command: Command) => {
      const robot = loadRobot(options.robot);
      const steps = stepsOf(robot, step);
      if (options.yes !== true) {
        if (options.json === true || !process.stdin.isTTY)
          command.error('error: nobody to ask; --yes says that the arm was looked at');
        if (!(await isConfirmed(robot, steps))) return;
      }
      const done = await carryOut(options, steps);
      if (options.json === true) console.log(JSON.stringify({ robot: robot.name, done }));
    });
}

function stepsOf(robot: RobotSpec, name: string | undefined): readonly RosRecoveryStep[] {
  const steps = robot.drivers.ros?.recovery ?? [];
  if (steps.length === 0) {
    throw new InvalidFileError(`${robot.directory}/robot.yaml`, 'names no steps under drivers.ros.recovery', {
      remedy: 'Name the services or actions with which this robot recovers; see docs/ros.md.',
    });
  }
  if (name === undefined) return steps;
  const chosen = steps.filter((step) => step.name === name);
  if (chosen.length > 0) return chosen;
  throw new UnknownNameError(
    'recovery step',
    name,
    steps.map((step) => step.name),
  );
}

async function isConfirmed(robot: RobotSpec, steps: readonly RosRecoveryStep[]): Promise<boolean> {
  const names = steps.map(({ name }) => name).join(', ');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `${robot.name}: ${names}. Have you looked at the arm, and is it clear? [y/N] `,
  );
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function carryOut({ robot, url }: RecoverOptions, steps: readonly RosRecoveryStep[]): Promise<Done[]> {
  const link = await connect({ robot, ...(url === undefined ? {} : { url }) });
  const done: Done[] = [];
  try {
    for (const step of steps) {
      const message = await recover(link, step);
      console.error(`${step.name}: ${message === '' ? 'done' : message}`);
      done.push({ name: step.name, message });
    }
  } finally {
    link.close();
  }
  return done;
}

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { loadRobot } from '../robot/load-robot.ts';
import { runChecks } from './doctor-checks.ts';
import type { Check } from './doctor-checks.ts';

const EXAMPLES = `
Examples:
  armature doctor                     is this computer fit to run an arm?
  armature doctor --robot so101       does it hold the rate of this arm's gate?
  armature doctor --seconds 60        a longer look at the timer
  armature doctor --json              for programs`;

const MARKS = { good: 'ok  ', warning: 'warn', bad: 'FAIL' } as const;

interface DoctorOptions {
  readonly robot: string;
  readonly seconds: number;
  readonly policy: string;
  readonly json?: boolean;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Check this computer: providers, priority, timer, loop rates, ports, cameras, ROS bridge, disk')
    .option('--robot <robot>', 'robot whose gate rate shall be held', 'so101')
    .option('--policy <folder>', 'policy that the providers are timed with, by name or folder', 'desk')
    .option('--seconds <seconds>', 'how long to measure the timer', parseSeconds, 10)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: DoctorOptions) => {
      const { gateHz } = loadRobot(options.robot).rates;
      if (!options.json) console.log(`Measuring the timer for ${options.seconds} s ...\n`);
      const checks = await runChecks({ gateHz, seconds: options.seconds, policy: options.policy });
      const fit = checks.every((check) => check.verdict !== 'bad');
      console.log(options.json ? JSON.stringify({ fit, checks }) : checks.map(formatCheck).join('\n'));
      if (!fit) process.exitCode = 1;
    });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 3600))
    throw new InvalidArgumentError('Give a number of seconds above 0, at most 3600.');
  return seconds;
}

function formatCheck(check: Check): string {
  const indented = (text: string): string => text.replaceAll('\n', `\n${' '.repeat(28)}`);
  const line = `${MARKS[check.verdict]}  ${check.name.padEnd(20)}  ${indented(check.finding)}`;
  return check.remedy === undefined ? line : `${line}\n${' '.repeat(28)}${indented(check.remedy)}`;
}

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { listRobots, loadRobot } from '../robot/load-robot.ts';
import { runChecks } from './doctor-checks.ts';
import type { Check } from './doctor-checks.ts';

const EXAMPLES = `
Examples:
  armature doctor                     is this computer fit to run an arm?
  armature doctor --robot so101       timer jitter at the rate of this arm's gate
  armature doctor --seconds 20        a longer look at the timer
  armature doctor --json              for programs`;

const MARKS = { good: 'ok  ', warning: 'warn', bad: 'FAIL' } as const;

interface DoctorOptions {
  readonly robot: string;
  readonly seconds: number;
  readonly json?: boolean;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Check this computer: versions, inference providers, timer jitter, real-time priority, disk')
    .option('--robot <robot>', 'robot whose gate rate the timer is measured at', listRobots()[0] ?? '')
    .option('--seconds <seconds>', 'how long to measure the timer', parseSeconds, 3)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((options: DoctorOptions) => {
      const { gateHz } = loadRobot(options.robot).rates;
      if (!options.json) console.log(`Measuring the timer for ${options.seconds} s at ${gateHz} Hz ...\n`);
      const checks = runChecks({ gateHz, seconds: options.seconds });
      console.log(options.json ? JSON.stringify(checks, null, 2) : checks.map(formatCheck).join('\n'));
      if (checks.some((check) => check.verdict === 'bad')) process.exitCode = 1;
    });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 3600))
    throw new InvalidArgumentError('Give a number of seconds above 0, at most 3600.');
  return seconds;
}

function formatCheck(check: Check): string {
  const line = `${MARKS[check.verdict]}  ${check.name.padEnd(20)}  ${check.finding}`;
  return check.remedy === undefined ? line : `${line}\n${' '.repeat(28)}${check.remedy}`;
}

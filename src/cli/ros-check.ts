import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { probeArm } from '../drivers/ros/probe.ts';
import type { ProbeCheck } from '../drivers/ros/probe.ts';
import { RosArm } from '../drivers/ros/ros-arm.ts';
import { loadRobot } from '../robot/load-robot.ts';

const EXAMPLES = `
Examples:
  armature ros check --robot ur5e
  armature ros check --robot fr3 --url ws://192.168.1.20:9090 --json

Nothing moves. The same is looked at whenever Armature reaches for an arm behind ROS.`;

const MARKS = { passed: 'ok  ', unknown: '?   ', failed: 'FAIL' } as const;

interface CheckOptions {
  readonly robot: string;
  readonly url?: string;
  readonly json?: boolean;
}

export function addCheck(ros: Command): void {
  ros
    .command('check')
    .description('Check the way to an arm and back: bridge, joint states, controller, robot-side safety')
    .requiredOption('--robot <name>', 'robot, by name or folder')
    .option('--url <url>', 'rosbridge server; default that of the robot')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(check);
}

async function check({ robot: name, url, json }: CheckOptions): Promise<void> {
  const robot = loadRobot(name);
  const clock = new MonotonicClock();
  const arm = RosArm.prepare({ robot, url, clock, random: Math.random, onProblem: () => undefined });
  try {
    await arm.link.connect();
    const checks = await probeArm({ robot, arm, clock });
    const isFit = checks.every(({ outcome }) => outcome !== 'failed');
    if (json === true)
      console.log(JSON.stringify({ robot: robot.name, url: arm.link.url, fit: isFit, checks: checks.map(toJson) }));
    else console.log(checks.map(toText).join('\n'));
    if (!isFit) process.exitCode = 1;
  } finally {
    arm.close();
  }
}

function toText({ name, outcome, detail, error }: ProbeCheck): string {
  const line = `${MARKS[outcome]}  ${name.padEnd(12)}  ${detail}`;
  if (error === undefined) return line;
  const found = error.found === undefined ? [] : [`found ${error.found}`];
  return [line, ...[...found, error.remedy].map((text) => `${' '.repeat(20)}${text}`)].join('\n');
}

function toJson({ name, outcome, detail, error }: ProbeCheck): unknown {
  if (error === undefined) return { name, outcome, detail };
  const { code, expected, found, remedy } = error;
  return { name, outcome, detail, error: { code, expected, found, remedy } };
}

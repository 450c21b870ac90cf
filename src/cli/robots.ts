import type { Command } from 'commander';
import { listRobots, loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { formatTable } from './table.ts';

const EXAMPLES = `
Examples:
  armature robots              every robot that ships
  armature robots so101        its joints and their limits
  armature robots ./my-arm     a robot of your own, by folder
  armature robots --json       for programs`;

export function addRobots(program: Command): void {
  program
    .command('robots')
    .description('List the robots, or show one with its joints, limits and cameras')
    .argument('[robot]', 'name, folder or robot.yaml')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((robot: string | undefined, options: { json?: boolean }) => {
      const specs = robot === undefined ? listRobots().map(loadRobot) : [loadRobot(robot)];
      if (options.json) console.log(JSON.stringify(robot === undefined ? specs : specs[0], null, 2));
      else console.log(robot === undefined ? summary(specs) : specs.map(details).join('\n'));
    });
}

function summary(specs: readonly RobotSpec[]): string {
  return formatTable(
    ['robot', 'joints', 'cameras', 'reached by', 'description'],
    specs.map((spec) => [
      spec.name,
      String(spec.joints.length),
      spec.cameras.map((camera) => camera.name).join(', '),
      Object.keys(spec.drivers).join(', '),
      spec.description,
    ]),
  );
}

function details(spec: RobotSpec): string {
  const joints = formatTable(
    ['joint', 'position rad', 'velocity rad/s', 'acceleration rad/s2', 'jerk rad/s3', 'effort Nm'],
    spec.joints.map(({ name, limits }) => [
      name,
      limits.positionRad.map((angle) => angle.toFixed(3)).join(' to '),
      String(limits.velocityRadPerS),
      String(limits.accelerationRadPerS2),
      String(limits.jerkRadPerS3),
      String(limits.effortNm),
    ]),
  );
  const cameras = spec.cameras.map(({ name, width, height, rateHz }) => `${name} ${width}x${height} at ${rateHz} Hz`);
  return [
    `${spec.name}: ${spec.description}`,
    '',
    joints,
    '',
    `cameras     ${cameras.join(', ') || 'none'}`,
    `rates       control ${spec.rates.controlHz} Hz, gate ${spec.rates.gateHz} Hz`,
    `reached by  ${Object.keys(spec.drivers).join(', ')}`,
    `files       ${spec.directory}`,
  ].join('\n');
}

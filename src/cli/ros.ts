import type { Command } from 'commander';
import { addCheck } from './ros-check.ts';
import { addEcho } from './ros-echo.ts';
import { addRecover } from './ros-recover.ts';
import { addTopics } from './ros-topics.ts';

const EXAMPLES = `
Examples:
  armature ros topics --robot ur5e
  armature ros echo /joint_states --robot ur5e --count 1
  armature ros check --robot ur5e
  armature ros recover --robot ur5e

Each of these has a --help of its own, with more.`;

/** Every verb on a ROS graph; a new one is a file and a line here. */
const VERBS = [addTopics, addEcho, addCheck, addRecover];

export function addRos(program: Command): void {
  const ros = program
    .command('ros')
    .description('Look into a ROS graph through rosbridge, check the way to an arm, let a robot recover')
    .addHelpText('after', EXAMPLES);
  for (const addVerb of VERBS) addVerb(ros);
}

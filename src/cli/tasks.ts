import type { Command } from 'commander';
import { listTasks, loadTask } from '../sim/load-task.ts';
import type { TaskSpec } from '../sim/task-spec.ts';
import { formatTable } from './table.ts';

const EXAMPLES = `
Examples:
  armature tasks           every simulated task
  armature tasks bin       its instructions and when it counts as done
  armature tasks --json    for programs`;

export function addTasks(program: Command): void {
  program
    .command('tasks')
    .description('List the simulated tasks, or show one with the instructions it gives')
    .argument('[task]', 'name of a file in sim/tasks/')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((task: string | undefined, options: { json?: boolean }) => {
      const specs = (task === undefined ? listTasks() : [task]).map((name) => loadTask(name));
      if (options.json) console.log(JSON.stringify(task === undefined ? specs : specs[0], null, 2));
      else console.log(task === undefined ? summary(specs) : specs.map(details).join('\n'));
    });
}

function summary(specs: readonly TaskSpec[]): string {
  return formatTable(
    ['task', 'limit', 'description', 'for example'],
    specs.map((spec) => [spec.name, `${spec.timeLimitS} s`, spec.description, spec.instructions[0] ?? '']),
  );
}

function details(spec: TaskSpec): string {
  const { rule, ...tolerances } = spec.success;
  return [
    `${spec.name}: ${spec.description}`,
    '',
    `instructions  ${spec.instructions.join('\n              ')}`,
    `scene         ${spec.scene}`,
    `time limit    ${spec.timeLimitS} s`,
    `done when     ${rule}, ${JSON.stringify(tolerances)}`,
  ].join('\n');
}

import type { Command } from 'commander';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dataDirectory } from '../core/data-directory.ts';
import { formatTable } from './table.ts';

const EXAMPLES = `
Examples:
  armature tasks           every simulated task with its instruction
  armature tasks --json    for programs`;

export function addTasks(program: Command): void {
  program
    .command('tasks')
    .description('List the simulated tasks and the instructions they give')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((options: { json?: boolean }) => {
      const tasks = listTaskFiles();
      if (options.json) console.log(JSON.stringify(tasks, null, 2));
      else if (tasks.length === 0) console.log('No task in sim/tasks/ yet.');
      else
        console.log(
          formatTable(
            ['task', 'instruction'],
            tasks.map((task) => [task.name, task.instruction]),
          ),
        );
    });
}

interface TaskLine {
  readonly name: string;
  readonly instruction: string;
}

function listTaskFiles(): TaskLine[] {
  const root = join(dataDirectory('sim'), 'tasks');
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((file) => file.endsWith('.yaml'))
    .toSorted()
    .map((file) => {
      const instruction = /^instruction:\s*(.*)$/m.exec(readFileSync(join(root, file), 'utf8'))?.[1] ?? '';
      return { name: file.replace(/\.yaml$/, ''), instruction: instruction.replaceAll(/^['"]|['"]$/g, '') };
    });
}

import { z } from 'zod';
import { UnknownNameError } from '../core/errors.ts';
import { listTasks } from './load-task.ts';
import { listYaml, readYaml, yamlPath } from './read-yaml.ts';

/** `sim/suites/<name>.yaml`: tasks that are evaluated together. */
const suiteSchema = z.strictObject({
  description: z.string().min(1),
  tasks: z.array(z.string().min(1)).min(1),
});

export type Suite = Readonly<z.infer<typeof suiteSchema>> & { readonly name: string };

export function listSuites(): string[] {
  return listYaml('suites');
}

/** Throws UnknownNameError for a suite that does not exist, InvalidFileError for one that does not fit. */
export function loadSuite(name: string): Suite {
  const names = listSuites();
  if (!names.includes(name)) throw new UnknownNameError('suite', name, names);
  const path = yamlPath('suites', name);
  const suite = readYaml(path, suiteSchema);
  const unknown = suite.tasks.find((task) => !listTasks().includes(task));
  if (unknown !== undefined) throw new UnknownNameError('task', unknown, listTasks());
  return { ...suite, name };
}

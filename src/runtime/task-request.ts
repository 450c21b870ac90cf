import { ArmatureError, UnknownNameError } from '../core/errors.ts';
import { exampleInstructions, matchInstruction } from '../sim/instruction.ts';
import type { GivenInstruction } from '../sim/instruction.ts';
import { listTasks, loadTask } from '../sim/load-task.ts';
import type { TaskSpec } from '../sim/task-spec.ts';

/** What to do in an episode. */
export interface TaskRequest {
  /** Its scene, its time limit, and when it is done. */
  readonly task: TaskSpec;
  /** Undefined: the seed draws the wording. */
  readonly instruction: GivenInstruction | undefined;
  /** False for words that no task has a rule for. */
  readonly judged: boolean;
}

/**
 * A task by its name, or the task that an instruction in words asks for. With `scene`, the name of a task,
 * any words are allowed: they are carried out in its scene, and judged if they ask for that task.
 * Throws UnknownNameError, and E_INSTRUCTION for words that no task understands.
 */
export function resolveTask(text: string, scene?: string): TaskRequest {
  const names = listTasks();
  if (names.includes(text)) {
    if (scene !== undefined && scene !== text) throw sceneOfOtherTask(text, scene);
    return { task: loadTask(text), instruction: undefined, judged: true };
  }
  const tasks = (scene === undefined ? names : [scene]).map((name) => loadTask(name));
  const match = matchInstruction(text, tasks);
  if (match !== undefined) return { ...match, judged: true };
  if (scene !== undefined) return { task: loadTask(scene), instruction: { text, colours: {} }, judged: false };
  if (!text.trim().includes(' ')) throw new UnknownNameError('task', text, names);
  const colours = Object.keys(tasks[0]?.variation.colours ?? {}).join(', ');
  throw new ArmatureError('E_INSTRUCTION', `no task asks for "${text}"`, {
    expected: `words like: ${exampleInstructions(tasks).join('; ')}. Colours: ${colours}`,
    remedy:
      'All wordings are shown by `armature tasks <task>`. Other words need a scene: --scene with the name of a task.',
  });
}

function sceneOfOtherTask(task: string, scene: string): ArmatureError {
  return new ArmatureError('E_INSTRUCTION', `task "${task}" has a scene of its own`, {
    found: `scene "${scene}"`,
    remedy: 'Leave the scene out, or give the instruction in words.',
  });
}

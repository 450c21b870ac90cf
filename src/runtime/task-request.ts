import { ArmatureError, UnknownNameError } from '../core/errors.ts';
import { exampleInstructions, matchInstruction } from '../sim/instruction.ts';
import type { GivenInstruction } from '../sim/instruction.ts';
import { listTasks, loadTask } from '../sim/load-task.ts';
import type { TaskSpec } from '../sim/task-spec.ts';

/** What to do in an episode, wherever the arm is. */
export interface WorkRequest {
  /** Undefined: the seed draws the wording. */
  readonly instruction: GivenInstruction | undefined;
  /** False for words that no task has a rule for. */
  readonly judged: boolean;
  readonly timeLimitS: number;
}

/** What to do in a simulated scene. */
export interface TaskRequest extends WorkRequest {
  /** Its scene, and when it is done. */
  readonly task: TaskSpec;
}

/** Words that no task asks for may take so long, s. */
const ANY_TASK_S = 60;

/**
 * A task by its name, or the task that an instruction in words asks for. With `scene`, the name of a task,
 * any words are allowed: they are carried out in its scene, and judged if they ask for that task.
 * Throws UnknownNameError, and E_INSTRUCTION for words that no task understands.
 */
export function resolveTask(text: string, scene?: string): TaskRequest {
  const names = listTasks();
  if (names.includes(text)) {
    if (scene !== undefined && scene !== text) throw sceneOfOtherTask(text, scene);
    return requestOf(loadTask(text), { instruction: undefined, judged: true });
  }
  const tasks = (scene === undefined ? names : [scene]).map((name) => loadTask(name));
  const match = matchInstruction(text, tasks);
  if (match !== undefined) return requestOf(match.task, { instruction: match.instruction, judged: true });
  if (scene !== undefined) return requestOf(loadTask(scene), { instruction: { text, colours: {} }, judged: false });
  if (!text.trim().includes(' ')) throw new UnknownNameError('task', text, names);
  const colours = Object.keys(tasks[0]?.variation.colours ?? {}).join(', ');
  throw new ArmatureError('E_INSTRUCTION', `no task asks for "${text}"`, {
    expected: `words like: ${exampleInstructions(tasks).join('; ')}. Colours: ${colours}`,
    remedy:
      'All wordings are shown by `armature tasks <task>`. Other words need a scene: --scene with the name of a task.',
  });
}

/**
 * What a real arm is asked for: any words, or a task by its name, which stands for its first wording. No rule judges it
 * there. A task that asks for these words gives the time limit.
 */
export function resolveWork(text: string): WorkRequest {
  const tasks = listTasks().map((name) => loadTask(name));
  const named = tasks.find(({ name }) => name === text);
  const words = (named === undefined ? undefined : exampleInstructions([named])[0]) ?? text;
  const timeLimitS = (named ?? matchInstruction(words, tasks)?.task)?.timeLimitS ?? ANY_TASK_S;
  return { instruction: { text: words, colours: {} }, judged: false, timeLimitS };
}

function requestOf(task: TaskSpec, request: Pick<WorkRequest, 'instruction' | 'judged'>): TaskRequest {
  return { ...request, task, timeLimitS: task.timeLimitS };
}

function sceneOfOtherTask(task: string, scene: string): ArmatureError {
  return new ArmatureError('E_INSTRUCTION', `task "${task}" has a scene of its own`, {
    found: `scene "${scene}"`,
    remedy: 'Leave the scene out, or give the instruction in words.',
  });
}

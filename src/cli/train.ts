import type { Command } from 'commander';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { trainingDirectory } from '../core/data-directory.ts';
import { ArmatureError, InvalidFileError } from '../core/errors.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import { Interruption } from './interruption.ts';
import { numberBetween, taskNames, wholeNumber } from './option-values.ts';

const EXAMPLES = `
Examples:
  armature train --from models/desk --data data/shelf --out runs/shelf
  armature train --from desk --data data/button --tasks button --minutes 10
                               learns one task; what it knew before may be forgotten
  armature train --from desk --data data/shelf --rehearse runs/desk/data --out runs/desk-and-shelf
                               the old tasks are practised too, and stay
  armature train --from desk --data data/shelf -- --rate 3e-4 --batch 64
                               what follows -- goes to the training; see python3 training/train.py --help`;

/** A budget of more than a week is a slip of the finger. */
const LONGEST_MINUTES = 10_000;

interface TrainOptions {
  readonly from: string;
  readonly data: readonly string[];
  readonly out?: string;
  readonly name?: string;
  readonly minutes: number;
  readonly steps?: number;
  readonly episodes?: number;
  readonly tasks?: string;
  readonly rehearse?: readonly string[];
  readonly fresh?: boolean;
  readonly python: string;
}

export function addTrain(program: Command): void {
  program
    .command('train')
    .description('Teach a policy a task from recorded demonstrations (on a computer with Python and PyTorch)')
    .argument('[options...]', 'after --: further options of the training')
    .requiredOption('--from <policy>', 'policy to start from, by name or folder')
    .requiredOption('--data <folders...>', 'datasets of the new task (LeRobotDataset v3.0), or folders of such')
    .option('--out <folder>', 'folder of the resulting policy; default: runs/<name>')
    .option('--name <name>', 'name of the resulting policy; default: the folder of --out, else that of the data')
    .option('--minutes <number>', 'training time', numberBetween(0.01, LONGEST_MINUTES), 6)
    .option('--steps <count>', 'end after so many steps, if that is sooner', wholeNumber(1))
    .option('--episodes <count>', 'use only the first so many episodes of each dataset', wholeNumber(1))
    .option('--tasks <names>', 'tasks of the simulation the data are about, separated by commas')
    .option('--rehearse <folders...>', 'datasets of old tasks that shall not be forgotten, or folders of such')
    .option('--fresh', 'start from random weights of the same shape, to compare with')
    .option('--python <command>', 'Python with the packages of training/requirements.txt', 'python3')
    .addHelpText('after', EXAMPLES)
    .action(train);
}

async function train(further: readonly string[], options: TrainOptions): Promise<void> {
  const { directory, manifest } = loadPolicy(options.from);
  if (manifest.weights === undefined) {
    throw new InvalidFileError(join(directory, 'policy.json'), 'lists no weights to train on from', {
      remedy: 'Export the policy again with training/export.py, or start from another one.',
    });
  }
  const name = options.name ?? lastPart(options.out ?? options.data[0] ?? '');
  const out = options.out ?? join('runs', name);
  const tasks = options.tasks === undefined ? [] : taskNames(options.tasks);
  const status = await runPython(options.python, [
    trainingScript(),
    `--from=${directory}`,
    `--out=${out}`,
    `--name=${name}`,
    `--minutes=${options.minutes}`,
    '--data',
    ...options.data,
    ...(tasks.length > 0 ? [`--tasks=${tasks.join(',')}`] : []),
    ...(options.rehearse === undefined ? [] : ['--rehearse', ...options.rehearse]),
    ...(options.episodes === undefined ? [] : [`--episodes=${options.episodes}`]),
    ...(options.steps === undefined ? [] : [`--steps=${options.steps}`]),
    ...(options.fresh ? ['--fresh'] : []),
    ...further,
  ]);
  if (status === 0) {
    const learnt = tasks.length > 0 ? tasks.join(',') : '<tasks>';
    console.log(`${out} is ready: armature eval --policy ${out} --tasks ${learnt}`);
    return;
  }
  throw new ArmatureError('E_TRAINING', `the training ended with ${status}`, {
    remedy: 'Its message stands above.',
  });
}

function lastPart(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '' && part !== '.') ?? 'policy';
}

function trainingScript(): string {
  const path = join(trainingDirectory(), 'finetune.py');
  if (existsSync(path)) return path;
  throw new InvalidFileError(path, 'is missing', { remedy: 'Install Armature again, or fetch its folder training/.' });
}

/**
 * Runs Python in this terminal and resolves with 0, or with what it ended with. An interrupt is the
 * training's to answer: it ends after the running step, and writes the policy it has by then.
 */
async function runPython(command: string, words: readonly string[]): Promise<string | 0> {
  const interruption = new Interruption();
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(command, words, { stdio: 'inherit' });
      child.on('error', (cause) => reject(pythonMissing(command, cause)));
      child.on('exit', (status, signal) => resolve(status === 0 ? 0 : (signal ?? `status ${status}`)));
      // In a terminal the interrupt reached the child as well; asked twice, it ends no sooner.
      interruption.signal.addEventListener('abort', () => child.kill('SIGTERM'));
    });
  } finally {
    interruption.close();
  }
}

function pythonMissing(command: string, cause: Error): ArmatureError {
  return new ArmatureError('E_NO_PYTHON', `cannot start "${command}"`, {
    expected: 'Python 3 with PyTorch',
    found: cause.message,
    remedy: `Install Python, then "pip install -r ${join(trainingDirectory(), 'requirements.txt')}"; --python says where it is.`,
    cause,
  });
}

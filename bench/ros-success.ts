import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wilsonInterval95 } from '../src/runtime/success-rate.ts';

/**
 * Whether a policy does its tasks over ROS as it does them in simulation: the same scenes behind the emulated rosbridge,
 * driven by `armature run --driver ros` in real time, and directly. About 25 s an episode.
 */
const { values } = parseArgs({
  options: {
    robot: { type: 'string', default: 'so101' },
    policy: { type: 'string', default: 'desk' },
    /** Names of tasks, separated by commas. */
    tasks: { type: 'string', default: 'lift' },
    /** Per task. */
    episodes: { type: 'string', default: '100' },
    seed: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const [count, firstSeed] = [Number(values.episodes), Number(values.seed)];

const rows = [];
for (const task of values.tasks.split(',')) {
  const emulator = await startEmulator(task);
  let overRos = 0;
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const instruction = await emulator.ask(`reset ${seed}`, /^reset \d+: (.*)$/);
    const place = ['--driver', 'ros', '--url', emulator.url, '--live', '--yes'];
    // A run that fails, because the arm was stopped on the way, is an episode that did not succeed.
    const failure = await armature([
      ...['run', '--robot', values.robot, '--policy', values.policy, '--task', instruction],
      ...place,
    ]).then(
      () => '',
      (error: unknown) => ` (${String(error)})`,
    );
    const outcome = `${await emulator.ask('outcome', /^outcome (.*)$/)}${failure}`;
    overRos += outcome.startsWith('success') ? 1 : 0;
    console.error(`${task} seed ${seed} over ROS: ${outcome}, ${overRos} so far`);
  }
  emulator.end();
  const run = ['run', '--robot', values.robot, '--policy', values.policy, '--task', task, '--lockstep'];
  const direct = await armature([...run, '--episodes', String(count), '--seed', String(firstSeed)]);
  const inSimulation = direct.episodes.filter(({ success }) => success === true).length;
  const row = {
    task,
    episodes: count,
    overRos: { successes: overRos, interval95: wilsonInterval95(overRos, count) },
    inSimulation: { successes: inSimulation, interval95: wilsonInterval95(inSimulation, count) },
  };
  rows.push(row);
  if (!values.json)
    console.log(`${task}: ${overRos} of ${count} over ROS, ${inSimulation} of ${count} directly in simulation`);
}
if (values.json) console.log(JSON.stringify({ rows }));

interface Emulator {
  readonly url: string;
  /** Sends a line; resolves with what the first line from then on that fits says in its brackets. */
  ask(line: string, fits: RegExp): Promise<string>;
  end(): void;
}

async function startEmulator(task: string): Promise<Emulator> {
  const words = ['emulate', '--robot', values.robot, '--rosbridge', '0', '--scene', task];
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...words], { stdio: ['pipe', 'pipe', 'ignore'] });
  process.on('exit', () => child.kill());
  const lines = createInterface({ input: child.stdout });
  const hear = (fits: RegExp): Promise<string> =>
    new Promise((resolve) => {
      const listener = (line: string): void => {
        const [, found] = fits.exec(line) ?? [];
        if (found === undefined) return;
        lines.off('line', listener);
        resolve(found);
      };
      lines.on('line', listener);
    });
  const url = await hear(/^ready (\S+)/);
  return {
    url,
    ask: (line, fits) => {
      const answer = hear(fits);
      child.stdin.write(`${line}\n`);
      return answer;
    },
    end: () => child.stdin.write('quit\n'),
  };
}

/** Runs a verb as a user would and reads its JSON. */
async function armature(words: readonly string[]): Promise<{ episodes: readonly { success: boolean | null }[] }> {
  const command = ['--import', 'tsx', MAIN, ...words, '--no-report', '--json'];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString('utf8')));
  await once(child, 'close');
  const answer = JSON.parse(text) as { episodes?: { success: boolean | null }[]; error?: { message: string } };
  if (answer.episodes === undefined) throw new Error(answer.error?.message ?? 'the run said nothing');
  return { episodes: answer.episodes };
}

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { camerasOf } from '../src/cli/arm-options.ts';
import { MonotonicClock } from '../src/core/clock.ts';
import { ArmWorkplace } from '../src/runtime/arm-workplace.ts';
import { armDriverSpec } from '../src/runtime/arm/arm-driver-spec.ts';
import type { ArmAddress } from '../src/runtime/arm/arm-driver-spec.ts';
import { CameraHub } from '../src/runtime/camera/camera-hub.ts';
import { evaluate } from '../src/runtime/evaluation.ts';
import { planSession, PolicySession } from '../src/runtime/policy-session.ts';
import { wilsonInterval95 } from '../src/runtime/success-rate.ts';
import { resolveTask } from '../src/runtime/task-request.ts';
import { EmulatorProcess } from './emulated/emulator-process.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose: 'The policy on an emulated arm, through a real driver, against the same scenes directly in simulation.',
  options: {
    driver: { type: 'string', default: 'ros', value: 'name', words: 'ros or serial' },
    robot: { type: 'string', default: 'so101', value: 'name', words: 'robot, by name or folder' },
    policy: { type: 'string', default: 'models/desk', value: 'folder', words: 'policy, by name or folder' },
    task: { type: 'string', default: 'lift', value: 'name', words: 'name of the task' },
    episodes: { type: 'string', default: '100', value: 'count', words: 'how many' },
    seed: { type: 'string', default: '500000', value: 'number', words: 'of the first scene' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

/** Things that were put down come to rest, and the cameras see the new scene, ms. */
const SETTLING_MS = 300;

interface Reached {
  readonly emulator: EmulatorProcess;
  readonly address: ArmAddress;
  /** As for `--camera`; those of ROS are known from robot.yaml. */
  readonly cameras: readonly string[];
}

async function reach(): Promise<Reached> {
  const common = ['--robot', values.robot, '--scene', values.task];
  if (values.driver === 'ros') {
    const emulator = await EmulatorProcess.start([...common, '--rosbridge', '0']);
    const [, url = ''] = await emulator.line(/^ready (\S+)/);
    return { emulator, address: { driver: 'ros', url }, cameras: [] };
  }
  const port = join(tmpdir(), `armature-bench-${process.pid}`);
  const calibration = `${port}.json`;
  const files = ['--link', port, '--save-calibration', calibration];
  const emulator = await EmulatorProcess.start([...common, ...files, '--camera-port', '0']);
  const cameras = await Promise.all(
    robot.cameras.map(async ({ name }) => {
      const [, url = ''] = await emulator.line(new RegExp(`^camera ${name} (\\S+)`));
      return `${name}=${url}`;
    }),
  );
  return { emulator, address: { driver: 'serial', port, calibration }, cameras };
}

const clock = new MonotonicClock();
const request = resolveTask(values.task);
const { driver, robot: robotName, policy } = values;
const plan = planSession({ robot: robotName, driver, policy, mode: 'live' }, [request]);
const { robot } = plan;
const { emulator, address, cameras } = await reach();
const addresses = camerasOf(robot, {
  driver,
  camera: cameras,
  ...(address.url !== undefined && { url: address.url }),
});
const hub = await CameraHub.open({ robot, cameras: addresses, clock });
await hub.ready(10_000);
const place = await ArmWorkplace.open({ robot, driver: armDriverSpec(robot, address), clock });
const session = await PolicySession.open(plan, place);
const first = Number(values.seed);
let successes = 0;
const outcomes: string[] = [];
for (let episode = 0; episode < Number(values.episodes); episode += 1) {
  // Home first: the scene begins with the arm there, and an arm that jumps is one that lies.
  await place.home().catch(async (error: unknown) => {
    // What an operator would do: see why it stopped, and arm it again.
    process.stderr.write(`${String(error)}\n`);
    await place.home();
  });
  const text = await emulator.reset(first + episode);
  await delay(SETTLING_MS);
  const { timeLimitS } = request;
  const run = await session.run(
    { instruction: { text, colours: {} }, judged: false, timeLimitS },
    { seed: first + episode, cameras: hub.sources, isOver: () => emulator.outcome !== 'running', keepsPose: true },
  );
  if (run.failure !== undefined) throw run.failure;
  outcomes.push(`${emulator.outcome}/${run.result.outcome}`);
  if (emulator.outcome === 'success') successes += 1;
  process.stderr.write(`${episode + 1} ${text}: ${outcomes.at(-1)}, ${successes} succeeded\n`);
}
await session.close();
await place.rest();
await place.close();
await hub.close();
await emulator.end();

const episodes = Number(values.episodes);
const direct = await evaluate({ policy, suite: values.task, tasks: [values.task], episodes, seed: first, workers: 2 });
const [simulated] = direct.tasks;
const result = {
  driver,
  task: values.task,
  episodes,
  emulated: { successRate: successes / episodes, ci95: wilsonInterval95(successes, episodes) },
  simulated: { successRate: simulated?.successRate, ci95: simulated?.ci95 },
};
if (values.json) console.log(JSON.stringify(result));
else console.log(result);

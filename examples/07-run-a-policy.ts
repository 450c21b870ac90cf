/**
 * The shipped policy does what it is told in words, from camera pictures and its own joints. Every decision becomes
 * six tokens, one after another; every target passes the gate.
 *
 *   npx tsx examples/07-run-a-policy.ts
 */
import { GatoAgent, loadRobot, resolveTask, SimulatedTask } from '../src/index.ts';

const robot = loadRobot('so101');
const policy = await GatoAgent.load(robot, 'desk', { threads: 1 });
for (const [seed, words] of ['touch the red target', 'lift the blue cube'].entries()) {
  const { task, instruction } = resolveTask(words);
  const simulated = await SimulatedTask.load(robot, task);
  const { result } = await simulated.run({
    seed,
    mode: 'lockstep',
    agent: () => policy,
    ...(instruction === undefined ? {} : { instruction }),
  });
  const { outcome, durationS, inferenceMs } = result;
  console.log(`"${words}": ${outcome} after ${durationS.toFixed(1)} s, ${inferenceMs.p50.toFixed(1)} ms a decision`);
  simulated.dispose();
}
await policy.close();

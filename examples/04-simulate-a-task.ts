/**
 * One episode in simulation, in lockstep: a scripted expert puts a cube into the bin, through the same gate as any policy.
 * The same seed gives the same episode, to the bit.
 *
 *   npx tsx examples/04-simulate-a-task.ts
 */
import { DemonstrationAgent, loadRobot, loadTask, SimulatedTask } from '../src/index.ts';

const task = await SimulatedTask.load(loadRobot('so101'), loadTask('bin'), { cameras: false });
for (const seed of [1, 2, 3]) {
  const { instruction, result } = await task.run({
    seed,
    mode: 'lockstep',
    agent: (expert) => new DemonstrationAgent({ expert }),
  });
  console.log(`seed ${seed}: "${instruction}": ${result.outcome} after ${result.durationS.toFixed(1)} s`);
}
task.dispose();

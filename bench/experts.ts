import { Rng } from '../src/core/rng.ts';
import { loadRobot } from '../src/robot/load-robot.ts';
import { listTasks, loadTask } from '../src/sim/load-task.ts';
import { startEpisode } from '../src/sim/task.ts';
import { World } from '../src/sim/world.ts';
import { readOptions } from './options.ts';

const { values, positionals } = readOptions({
  purpose: 'Success, length and speed of the scripted experts.',
  positionals: '[task ...]',
  options: {
    seeds: { type: 'string', default: '200', value: 'count', words: 'scenes of each task' },
    first: { type: 'string', default: '0', value: 'number', words: 'seed of the first scene' },
    noise: { type: 'string', default: '0', value: 'share', words: 'how often a burst of noise begins, of all ticks' },
    verbose: { type: 'boolean', default: false, words: 'print the scene of each episode that ran out of time' },
  },
});
const robot = loadRobot('so101');
const gateSteps = robot.rates.gateHz / robot.rates.controlHz;
const burstTicks = 4;

/** Sends a target the way the gate does: in equal parts, each within the velocity limits. */
function execute(world: World, command: Float64Array, target: ArrayLike<number>): void {
  const start = Float64Array.from(command);
  for (let part = 1; part <= gateSteps; part += 1) {
    robot.joints.forEach(({ limits }, joint) => {
      const wanted = (start[joint] ?? 0) + (((target[joint] ?? 0) - (start[joint] ?? 0)) * part) / gateSteps;
      const most = limits.velocityRadPerS / robot.rates.gateHz;
      const last = command[joint] ?? 0;
      const next = last + Math.min(most, Math.max(-most, wanted - last));
      command[joint] = Math.min(limits.positionRad[1], Math.max(limits.positionRad[0], next));
    });
    world.setServoTargets(command);
    world.step(Math.round(1 / (robot.rates.gateHz * world.timestepS)));
  }
}

function runEpisode(
  world: World,
  task: ReturnType<typeof loadTask>,
  options: { seed: number; noise: number },
): { outcome: string; ticks: number } {
  const episode = startEpisode(world, task, options.seed);
  const rng = new Rng(options.seed + 77_000);
  const command = Float64Array.from(world.servoTargets());
  let burst: { left: number; offset: number[] } = { left: 0, offset: [] };
  const limit = Math.round(episode.timeLimitS * robot.rates.controlHz);
  for (let tick = 0; tick < limit; tick += 1) {
    const target = episode.expertTarget(command);
    if (burst.left === 0 && rng.uniform(0, 1) < options.noise) {
      burst = {
        left: 1 + rng.integer(burstTicks),
        offset: robot.joints.map(({ name }) => rng.normal(name === robot.gripper ? 0.1 : 0.04)),
      };
    }
    if (burst.left > 0) {
      burst.left -= 1;
      burst.offset.forEach((offset, joint) => (target[joint] = (target[joint] ?? 0) + offset));
    }
    execute(world, command, target);
    const outcome = episode.check();
    if (outcome !== 'running') return { outcome, ticks: tick + 1 };
  }
  if (values.verbose) console.log(options.seed, JSON.stringify(episode.scene()));
  return { outcome: 'timeout', ticks: limit };
}

for (const name of positionals.length > 0 ? positionals : listTasks()) {
  const task = loadTask(name);
  const world = await World.load({ robot, scene: task.scene });
  const counts: Record<string, number> = {};
  const lengths: number[] = [];
  const failed: number[] = [];
  let allTicks = 0;
  const start = process.cpuUsage();
  for (let seed = Number(values.first); seed < Number(values.first) + Number(values.seeds); seed += 1) {
    const { outcome, ticks } = runEpisode(world, task, { seed, noise: Number(values.noise) });
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    allTicks += ticks;
    if (outcome === 'success') lengths.push(ticks / robot.rates.controlHz);
    else failed.push(seed);
  }
  const cpu = process.cpuUsage(start);
  const sorted = lengths.toSorted((left, right) => left - right);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const ticksPerS = allTicks / ((cpu.user + cpu.system) / 1e6);
  console.log(
    `${name.padEnd(6)} noise ${values.noise}: ${JSON.stringify(counts)} mean ${mean.toFixed(2)} s, p95 ${sorted[Math.floor(0.95 * sorted.length)]?.toFixed(2)} s, ${ticksPerS.toFixed(0)} ticks/s (cpu)${failed.length > 0 ? `, failed seeds ${failed.slice(0, 12).join(' ')}` : ''}`,
  );
}

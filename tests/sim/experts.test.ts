import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { listTasks, loadTask } from '../../src/sim/load-task.ts';
import { privilegedNames } from '../../src/sim/privileged-state.ts';
import { disposeEpisodes, startEpisode } from '../../src/sim/task.ts';
import type { Outcome } from '../../src/sim/task.ts';
import { World } from '../../src/sim/world.ts';

const robot = loadRobot('so101');
const gateSteps = robot.rates.gateHz / robot.rates.controlHz;
const episodes = 12;

/** Runs the expert as a gate would send it, five equal parts of 10 ms a tick, and hashes the arm's path. */
function runExpert(world: World, taskName: string, seed: number): { outcome: Outcome; hash: string; largestStepRad: number } {
  const episode = startEpisode(world, loadTask(taskName), seed);
  const hash = createHash('sha256');
  let command = new Float64Array(world.servoTargets());
  let outcome: Outcome = 'running';
  let largestStepRad = 0;
  for (let tick = 0; outcome === 'running' && tick < episode.timeLimitS * robot.rates.controlHz; tick += 1) {
    const target = episode.expertTarget(command);
    target.forEach((value, joint) => (largestStepRad = Math.max(largestStepRad, Math.abs(value - (command[joint] ?? 0)))));
    for (let part = 1; part <= gateSteps; part += 1) {
      world.setServoTargets(command.map((value, joint) => value + (((target[joint] ?? 0) - value) * part) / gateSteps));
      world.step(5);
    }
    command = new Float64Array(target);
    hash.update(Float64Array.from(world.qpos));
    outcome = episode.check();
  }
  return { outcome, hash: hash.digest('hex'), largestStepRad };
}

describe.each(listTasks())('the expert of task %s', (taskName) => {
  let world: World;
  beforeAll(async () => {
    world = await World.load({ robot, scene: loadTask(taskName).scene });
  });
  afterAll(() => {
    disposeEpisodes(world);
    world.dispose();
  });

  test(`succeeds from ${episodes} random starts within the joints' speed`, () => {
    for (let seed = 5000; seed < 5000 + episodes; seed += 1) {
      const { outcome, largestStepRad } = runExpert(world, taskName, seed);
      expect({ seed, outcome }).toEqual({ seed, outcome: 'success' });
      expect(largestStepRad).toBeLessThanOrEqual(0.2 + 1e-9);
    }
  });

  test('repeats the same trajectory to the bit from the same seed', () => {
    const first = runExpert(world, taskName, 31);
    const other = runExpert(world, taskName, 32);
    expect(runExpert(world, taskName, 31).hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  test('depends on the present state alone, so asking twice gives the same answer', () => {
    const episode = startEpisode(world, loadTask(taskName), 7);
    const command = world.servoTargets();
    expect(episode.expertTarget(command)).toEqual(episode.expertTarget(command));
  });

  test('does not start out successful and names its state in fixed columns', () => {
    const episode = startEpisode(world, loadTask(taskName), 8);
    expect(episode.check()).toBe('running');
    expect(episode.privilegedState()).toHaveLength(privilegedNames(robot).length);
  });
});

test.each(['so100', 'koch', 'ur5e', 'fr3'])('lifts a cube with the gripper of %s', async (name) => {
  const world = await World.load({ robot: loadRobot(name), scene: 'lift' });
  for (const seed of [1, 2, 3]) expect([seed, runExpert(world, 'lift', seed).outcome]).toEqual([seed, 'success']);
  disposeEpisodes(world);
  world.dispose();
});

test('a source that falls off the table ends the episode as a failure', async () => {
  const world = await World.load({ robot, scene: 'lift' });
  const episode = startEpisode(world, loadTask('lift'), 1);
  world.setBodyPose(episode.roles.source, [0.2, 0.6, -0.3]);
  world.forward();
  expect(episode.check()).toBe('failure');
  disposeEpisodes(world);
  world.dispose();
});

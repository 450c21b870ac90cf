import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { loadSuite } from '../../src/sim/load-suite.ts';
import { listTasks, loadTask } from '../../src/sim/load-task.ts';
import { disposeEpisodes, startEpisode } from '../../src/sim/task.ts';
import type { Outcome, TaskEpisode } from '../../src/sim/task.ts';
import { World, floats } from '../../src/sim/world.ts';

const robot = loadRobot('so101');
const stepsPerTick = 25;

test('the suites desk and new share no task and hold them all', () => {
  const tasks = ['desk', 'new'].flatMap((suite) => loadSuite(suite).tasks);
  expect(tasks.toSorted()).toEqual(listTasks());
});

test.each(loadSuite('new').tasks)('%s is asked for in five wordings or more', (name) => {
  expect(new Set(loadTask(name).instructions).size).toBeGreaterThanOrEqual(5);
});

/** Lets physics run and gives the first outcome that ends the episode. */
function wait(world: World, episode: TaskEpisode, ticks: number): Outcome {
  for (let tick = 0; tick < ticks; tick += 1) {
    world.step(stepsPerTick);
    const outcome = episode.check();
    if (outcome !== 'running') return outcome;
  }
  return 'running';
}

describe('in the task button', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.load({ robot, scene: 'button' });
  });
  afterAll(() => {
    disposeEpisodes(world);
    world.dispose();
  });

  /** Pushes with a force, N, on a button's cap. */
  function push(button: string, forceN: number): void {
    floats(world.data.xfrc_applied).set([0, 0, -forceN], 6 * world.idOf('BODY', `${button}_cap`));
  }

  test('a push on the named button is a success', () => {
    const episode = startEpisode(world, loadTask('button'), 3);
    push(episode.roles.source, 3);
    expect(wait(world, episode, 20)).toBe('success');
  });

  test('a push on another button is a failure', () => {
    const episode = startEpisode(world, loadTask('button'), 3);
    push(episode.roles.rivals[0] ?? '', 3);
    expect(wait(world, episode, 20)).toBe('failure');
  });

  test('a light touch presses nothing, and a button springs back', () => {
    const episode = startEpisode(world, loadTask('button'), 3);
    const { source } = episode.roles;
    push(source, 0.5);
    expect(wait(world, episode, 20)).toBe('running');
    expect(world.jointPosition(source)).toBeLessThan(0.0005);
    push(source, 3);
    world.step(10 * stepsPerTick);
    expect(world.jointPosition(source)).toBeGreaterThan(0.007);
    push(source, 0);
    world.step(10 * stepsPerTick);
    expect(world.jointPosition(source)).toBeLessThan(0.0005);
  });
});

describe('in the task shelf', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.load({ robot, scene: 'shelf' });
  });
  afterAll(() => {
    disposeEpisodes(world);
    world.dispose();
  });

  /** Lets a cube fall from 5 mm above a place seen from the middle of the shelf's top. */
  function drop(cube: string, offsetM: readonly [x: number, y: number, z: number]): void {
    const [x, y, z] = world.bodyPosition('shelf');
    world.setBodyPose(cube, [x + offsetM[0], y + offsetM[1], z + offsetM[2] + 0.02]);
    world.forward();
  }

  test('the named cube resting on the board is a success', () => {
    const episode = startEpisode(world, loadTask('shelf'), 4);
    drop(episode.roles.source, [0.01, 0.01, 0]);
    expect(wait(world, episode, 20)).toBe('success');
  });

  test('another cube on the board is none', () => {
    const episode = startEpisode(world, loadTask('shelf'), 4);
    drop(episode.roles.rivals[0] ?? '', [0, 0, 0]);
    expect(wait(world, episode, 20)).toBe('running');
  });

  test('the named cube below the board is none', () => {
    const episode = startEpisode(world, loadTask('shelf'), 4);
    drop(episode.roles.source, [0, 0, -0.045]);
    expect(wait(world, episode, 20)).toBe('running');
  });
});

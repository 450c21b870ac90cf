import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { exampleInstructions, matchInstruction } from '../../src/sim/instruction.ts';
import { listTasks, loadTask } from '../../src/sim/load-task.ts';
import { disposeEpisodes, startEpisode } from '../../src/sim/task.ts';
import { World, floats } from '../../src/sim/world.ts';

const tasks = listTasks().map((name) => loadTask(name));

describe('matchInstruction', () => {
  it.each([
    ['Lift the blue cube!', 'lift', { source: 'blue' }],
    ['put the green cube in the bin', 'bin', { source: 'green' }],
    ['slide the red cube onto the red zone', 'push', { source: 'red', destination: 'red' }],
    ['stack yellow on red', 'stack', { source: 'yellow', destination: 'red' }],
    ['touch the red target', 'reach', { source: 'red' }],
    ['set the green cube down on the shelf', 'shelf', { source: 'green' }],
    ['push the blue button', 'button', { source: 'blue' }],
  ])('finds what "%s" asks for', (text, name, colours) => {
    const match = matchInstruction(text, tasks);
    expect(match?.task.name).toBe(name);
    expect(match?.instruction).toEqual({ text, colours });
  });

  it.each(['lift the purple cube', 'lift the cube', 'stack red on red', 'do not lift the red cube', ''])(
    'finds nothing in "%s"',
    (text) => {
      expect(matchInstruction(text, tasks)).toBeUndefined();
    },
  );

  it('understands every example it gives', () => {
    const found = exampleInstructions(tasks).map((text) => matchInstruction(text, tasks)?.task.name);
    expect(found).toEqual(tasks.map(({ name }) => name));
  });
});

describe('an episode of a given instruction', () => {
  const task = loadTask('push');
  let world: World;
  beforeAll(async () => {
    world = await World.load({ robot: loadRobot('so101'), scene: task.scene });
  });
  afterAll(() => {
    disposeEpisodes(world);
    world.dispose();
  });

  /** Name of the colour that a body's geom is painted in, up to the jitter. */
  function colourOf(body: string): string {
    const painted = floats(world.model.geom_rgba).slice(4 * world.idOf('GEOM', body));
    const distance = (colour: readonly number[]): number => Math.hypot(...colour.map((value, at) => value - (painted[at] ?? 0)));
    const colours = Object.entries(task.variation.colours);
    return colours.toSorted(([, first], [, second]) => distance(first) - distance(second))[0]?.[0] ?? '';
  }

  it('gives the things it means the colours it names, wherever the seed puts them', () => {
    const text = 'push the yellow cube to the blue zone';
    const given = matchInstruction(text, [task])?.instruction;
    for (let seed = 0; seed < 8; seed += 1) {
      const { instruction, roles } = startEpisode(world, task, seed, given);
      expect(instruction).toBe(text);
      expect([colourOf(roles.source), colourOf(roles.destination)]).toEqual(['yellow', 'blue']);
      expect(new Set(['cube_1', 'cube_2'].map(colourOf)).size).toBe(2);
    }
  });

  it('differs in nothing but colours from the one the seed draws', () => {
    const drawn = startEpisode(world, task, 5);
    const things = ['cube_1', 'cube_2', 'zone_1', 'zone_2'];
    const places = things.map((body) => world.bodyPosition(body));
    const given = startEpisode(world, task, 5, matchInstruction('push the red cube to the red zone', [task])?.instruction);
    expect(things.map((body) => world.bodyPosition(body))).toEqual(places);
    expect([given.roles, given.variation]).toEqual([drawn.roles, drawn.variation]);
  });
});

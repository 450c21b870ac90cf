import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UnknownNameError } from '../../src/core/errors.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { listTasks, loadTask, vocabulary } from '../../src/sim/load-task.ts';
import { disposeEpisodes, startEpisode } from '../../src/sim/task.ts';
import { World } from '../../src/sim/world.ts';

test('the five desk tasks are listed by name', () => {
  expect(listTasks()).toEqual(['bin', 'lift', 'push', 'reach', 'stack']);
});

test('an unknown task is refused with the valid names', () => {
  expect(() => loadTask('juggle')).toThrow(UnknownNameError);
  expect(() => loadTask('juggle')).toThrow(/bin, lift, push, reach, stack/);
});

describe('the vocabulary', () => {
  const words = vocabulary();

  test('starts with the padding and lists every word once in order', () => {
    expect(words[0]).toBe('');
    expect(words.slice(1)).toEqual([...new Set(words.slice(1))].toSorted());
  });

  describe('of drawn instructions', () => {
    let world: World;
    beforeAll(async () => {
      world = await World.load({ robot: loadRobot('so101'), scene: 'stack' });
    });
    afterAll(() => {
      disposeEpisodes(world);
      world.dispose();
    });

    test('holds every word, and the two cubes named differ in colour', () => {
      const colours = Object.keys(loadTask('stack').variation.colours);
      for (let seed = 0; seed < 40; seed += 1) {
        const spoken = startEpisode(world, loadTask('stack'), seed).instruction.split(' ');
        expect(spoken.length).toBeLessThanOrEqual(10);
        for (const word of spoken) expect(words.indexOf(word)).toBeGreaterThan(0);
        expect(new Set(spoken.filter((word) => colours.includes(word))).size).toBe(2);
      }
    });
  });
});

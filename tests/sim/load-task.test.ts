import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dataDirectory } from '../../src/core/data-directory.ts';
import { UnknownNameError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { loadSuite } from '../../src/sim/load-suite.ts';
import { instructionWords, listTasks, loadTask } from '../../src/sim/load-task.ts';
import { disposeEpisodes, startEpisode } from '../../src/sim/task.ts';
import { drawVariation } from '../../src/sim/variation.ts';
import { World } from '../../src/sim/world.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const desk = loadSuite('desk').tasks;

test('the five desk tasks are among those listed by name', () => {
  expect(listTasks()).toEqual(expect.arrayContaining(['bin', 'lift', 'push', 'reach', 'stack']));
});

test('an unknown task is refused with the valid names', () => {
  expect(() => loadTask('juggle')).toThrow(UnknownNameError);
  expect(() => loadTask('juggle')).toThrow(/bin,.* lift, push, reach,.* stack/);
});

describe('paraphrases', () => {
  const known = new Set(instructionWords(desk));

  test.each(desk)('of %s say it in words of which no demonstration has all', (name) => {
    const said = loadTask(name).instructions;
    for (const wording of loadTask(name, { paraphrased: true }).instructions) {
      const words = wording.split(' ').filter((word) => !word.startsWith('{'));
      expect(said).not.toContain(wording);
      expect(words.filter((word) => !known.has(word)), wording).not.toEqual([]);
      expect(wording.split(' ').length).toBeLessThanOrEqual(10);
    }
  });

  test('that do not exist are an error that says so', () => {
    const without = listTasks().find((name) => !desk.includes(name));
    if (without !== undefined) expect(() => loadTask(without, { paraphrased: true })).toThrow(/E_NO_PARAPHRASES/);
  });
});

describe("a folder of one's own", () => {
  const own = temporaryFolder();
  beforeAll(() => {
    cpSync(dataDirectory('sim'), join(own, 'sim'), { recursive: true });
    vi.stubEnv('ARMATURE_DATA', own);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
  });
  const write = (wordings: readonly string[]): void =>
    writeFileSync(join(own, 'sim/paraphrases.yaml'), JSON.stringify({ lift: wordings }));

  test('has paraphrases held to the rules of instructions', () => {
    write(['raise {source} to {destination}', `hoist${' very'.repeat(10)} high`]);
    expect(() => loadTask('lift', { paraphrased: true })).toThrow(
      /paraphrases\.yaml.* names \{destination\}, which has no colour in this task; .* more than 10 words/,
    );
  });

  test('that lacks a file is an error that names it', () => {
    rmSync(join(own, 'sim/shift.yaml'));
    expect(() => loadTask('lift', { shifted: true })).toThrow(/shift\.yaml.*is missing/);
  });
});

describe('the shifted variation', () => {
  const robot = loadRobot('so101');
  const trained = loadTask('lift').variation;
  const shifted = loadTask('lift', { shifted: true }).variation;

  test('lies outside the ranges of the demonstrations', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const { lighting, cameraShifts, tableColour } = drawVariation(shifted, robot, new Rng(seed));
      const isOutside = (value: number, [low, high]: readonly [number, number]): boolean => value <= low || value >= high;
      expect(isOutside(lighting.ambient, trained.lighting.ambient)).toBe(true);
      expect(isOutside(lighting.diffuse, trained.lighting.diffuse)).toBe(true);
      expect(lighting.gain.every((gain) => isOutside(gain, trained.lighting.gain))).toBe(true);
      tableColour.forEach((channel, index) => {
        expect(Math.abs(channel - (trained.table.rgb[index] ?? 0))).toBeGreaterThanOrEqual(trained.table.jitter - 1e-9);
      });
      for (const { positionM, rotationRad } of Object.values(cameraShifts)) {
        expect(positionM.every((error) => Math.abs(error) >= trained.cameraShift.positionM - 1e-9)).toBe(true);
        expect(rotationRad.every((error) => Math.abs(error) >= trained.cameraShift.rotationRad - 1e-9)).toBe(true);
      }
    }
  });

  test('stays inside its own ranges, also where these lie apart from those of the demonstrations', () => {
    const { lighting } = trained;
    for (const gain of [
      [0.2, 0.4],
      [1.6, 1.8],
    ] as const) {
      const apart = { ...shifted, lighting: { ...lighting, gain: [...gain] as [number, number] } };
      for (let seed = 0; seed < 50; seed += 1) {
        for (const value of drawVariation(apart, robot, new Rng(seed)).lighting.gain) {
          expect(value).toBeGreaterThanOrEqual(gain[0]);
          expect(value).toBeLessThanOrEqual(gain[1]);
        }
      }
    }
  });

  test('leaves the start pose alone', () => {
    expect(shifted.startPose).toEqual(trained.startPose);
  });
});

test('extreme variations are the outer part of what is demonstrated', () => {
  const robot = loadRobot('so101');
  const trained = loadTask('lift').variation;
  const extreme = loadTask('lift', { extreme: true }).variation;
  for (let seed = 0; seed < 200; seed += 1) {
    const { lighting, cameraShifts, tableColour } = drawVariation(extreme, robot, new Rng(seed));
    const [low, high] = trained.lighting.ambient;
    const fromMiddle = Math.abs(lighting.ambient - (low + high) / 2) / ((high - low) / 2);
    expect(fromMiddle).toBeGreaterThanOrEqual(0.6 - 1e-9);
    expect(fromMiddle).toBeLessThanOrEqual(1 + 1e-9);
    for (const { positionM } of Object.values(cameraShifts)) {
      for (const error of positionM) {
        expect(Math.abs(error)).toBeGreaterThanOrEqual(0.6 * trained.cameraShift.positionM - 1e-9);
        expect(Math.abs(error)).toBeLessThanOrEqual(trained.cameraShift.positionM + 1e-9);
      }
    }
    tableColour.forEach((channel, index) => {
      expect(Math.abs(channel - (trained.table.rgb[index] ?? 0))).toBeLessThanOrEqual(trained.table.jitter + 1e-9);
    });
  }
});

describe('the words of instructions', () => {
  const words = instructionWords(desk);

  test('are listed once, in order', () => {
    expect(words).toEqual([...new Set(words)].toSorted());
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
        for (const word of spoken) expect(words.indexOf(word)).toBeGreaterThanOrEqual(0);
        expect(new Set(spoken.filter((word) => colours.includes(word))).size).toBe(2);
      }
    });
  });
});

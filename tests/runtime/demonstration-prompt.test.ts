import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeAction } from '../../src/actions/action-codec.ts';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';
import { DatasetWriter } from '../../src/record/dataset-writer.ts';
import { loadPrompt } from '../../src/runtime/demonstration-prompt.ts';
import { GatoAgent } from '../../src/runtime/gato-agent.ts';
import { recordingFeatures } from '../../src/runtime/recording/recorded-features.ts';
import { makeObservation } from '../../src/testing/index.ts';
import { encodeObservation } from '../../src/tokens/token-frame.ts';
import { tiny, tinyDirectory } from '../policy/tiny-policy.ts';
import { tinyObservation, tinyRobot } from './tiny-robot.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const ROWS = 5;
const robot = tinyRobot();
const { joints, spec } = tiny.layout;
let root: string;
let dataset: string;
let policy: LoadedPolicy;

/** Numbers that tell their row and joint, rad. */
const valuesOf = (row: number, scale: number): number[] =>
  Array.from({ length: joints }, (_, joint) => Math.fround(scale * (row + 1) * (joint + 1)));
const pictureOf = (row: number): Uint8Array => new Uint8Array(64 * 32 * 3).fill(20 * row);

async function record(directory: string, fps: number): Promise<void> {
  const features = recordingFeatures(robot);
  const writer = await DatasetWriter.create({ directory, fps, robotType: robot.name, features });
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  const zeros = (width: number): number[][] => rows.map(() => Array<number>(width).fill(0));
  for (let episode = 0; episode < 2; episode += 1) {
    const frames = {
      action: rows.map((row) => valuesOf(row + episode, 0.02)),
      'action.requested': zeros(joints),
      'action.decided': zeros(1),
      intervention: zeros(1),
      'observation.state': rows.map((row) => valuesOf(row, 0.011)),
      'observation.velocity': rows.map((row) => valuesOf(row, 0.1)),
      'observation.effort': zeros(joints),
      'observation.command': rows.map((row) => valuesOf(row, 0.01)),
      'observation.time': zeros(1),
      'observation.capture_time': zeros(2),
      'observation.fresh': zeros(2),
      'observation.repeated': zeros(1),
      'observation.images.front': rows.map((row) => pictureOf(row)),
      'next.success': zeros(1),
    };
    await writer.saveEpisode({ task: 'put the red cube', frames });
  }
  await writer.close();
}

beforeAll(async () => {
  root = temporaryFolder();
  dataset = join(root, 'data');
  await record(dataset, tiny.manifest.controlHz);
  const directory = join(root, 'policy');
  cpSync(tinyDirectory, directory, { recursive: true });
  const path = join(directory, 'policy.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { context: { steps: number; ringPositions: number } };
  manifest.context = { steps: 4, ringPositions: 4 * tiny.layout.positionsPerStep };
  writeFileSync(path, JSON.stringify(manifest));
  policy = loadPolicy(directory);
});

describe('loadPrompt', () => {
  it('gives the first rows of an episode in the tokens that training makes of them, as many as the context takes', async () => {
    const steps = await loadPrompt(policy, robot, { dataset, episode: 1 });
    expect(steps).toHaveLength(3);
    for (const [row, { frame, actionTokens }] of steps.entries()) {
      const { arm } = makeObservation(valuesOf(row, 0.011));
      const cameras = new Map(
        [...tinyObservation().cameras].map(([name, { value, ...sample }]) => [
          name,
          { ...sample, value: { ...value, rgb: pictureOf(row) } },
        ]),
      );
      const velocitiesRadPerS = Float64Array.from(valuesOf(row, 0.1));
      const seen = tinyObservation({ cameras, arm: { ...arm, value: { ...arm.value, velocitiesRadPerS } } });
      expect(frame).toEqual(encodeObservation(tiny.layout, seen));
      const { ids } = encodeAction(spec, valuesOf(row + 1, 0.02), valuesOf(row, 0.01));
      expect(actionTokens).toEqual([...ids]);
    }
  });

  it('refuses what cannot be a prompt, and says why', async () => {
    await expect(loadPrompt(tiny, robot, { dataset, episode: 0 })).rejects.toThrow(/E_NO_PROMPT/);
    await expect(loadPrompt(policy, robot, { dataset, episode: 9 })).rejects.toThrow(/episode "9"/);
    await expect(loadPrompt(policy, robot, { dataset: join(root, 'none'), episode: 0 })).rejects.toThrow(/none/);
    const other = { ...robot, joints: robot.joints.slice(1) };
    await expect(loadPrompt(policy, other, { dataset, episode: 0 })).rejects.toThrow(/E_DATASET_ROBOT/);
    const slow = join(root, 'slow');
    await record(slow, 5);
    await expect(loadPrompt(policy, robot, { dataset: slow, episode: 0 })).rejects.toThrow(/E_CONTROL_RATE.*Found 5/);
  });
});

describe('GatoAgent.load with a prompt', () => {
  it('decides in every episode as after the demonstration, and otherwise than without', async () => {
    const options = { precision: 'fp32', threads: 1, safetyMask: false } as const;
    const prompted = await GatoAgent.load(robot, policy.directory, { ...options, prompt: { dataset, episode: 0 } });
    const plain = await GatoAgent.load(robot, policy.directory, options);
    const decide = async (agent: GatoAgent): Promise<unknown> => {
      await agent.reset(1);
      return (await agent.act(tinyObservation())).trace;
    };
    const first = await decide(prompted);
    expect(await decide(prompted)).toEqual(first);
    expect(await decide(plain)).not.toEqual(first);
    await prompted.close();
    await plain.close();
  });
});

import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Observation } from '../../src/core/observation.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { DemonstrationAgent } from '../../src/runtime/demonstration-agent.ts';
import { recordDemonstrations } from '../../src/runtime/demonstrations.ts';
import { evaluate } from '../../src/runtime/evaluation.ts';
import { GoalAgent, goalImages } from '../../src/runtime/goal-agent.ts';
import { SimulatedTask } from '../../src/runtime/simulated-task.ts';
import { loadTask } from '../../src/sim/load-task.ts';
import { ScriptedAgent, makeCameraFrame, makeObservation } from '../../src/testing/index.ts';
import { exampleLayout } from '../tokens/example-layout.ts';
import { randomPolicy } from './random-policy.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const size = { width: 64, height: 64 };
const cameras = [
  { name: 'front', ...size },
  { name: 'goal', ...size, goalOf: 'front' },
];
const seed = 500_000;
let folder: string;
let policy: string;

beforeAll(async () => {
  folder = temporaryFolder();
  policy = join(folder, 'policy');
  await cp(randomPolicy, policy, { recursive: true });
  const manifest = JSON.parse(await readFile(join(policy, 'policy.json'), 'utf8')) as { tokens: object };
  // As many patches as with front and wrist, so the graphs fit.
  manifest.tokens = { ...manifest.tokens, cameras };
  await writeFile(join(policy, 'policy.json'), JSON.stringify(manifest));
});

describe('GoalAgent', () => {
  it('adds its images to what the cameras see, and is the agent it holds in all else', async () => {
    const agent = new ScriptedAgent(() => [0.1]);
    const goal = { value: makeCameraFrame('goal'), ageNs: 0, fresh: true };
    const shown = new GoalAgent(agent, new Map([['goal', goal]]));
    await shown.reset(7);
    const observation = makeObservation([0]);
    expect((await shown.act(observation)).target?.positionsRad).toEqual(Float64Array.of(0.1));
    expect(agent.seeds).toEqual([7]);
    expect(agent.observations[0]).toEqual({
      ...observation,
      cameras: new Map([...observation.cameras, ['goal', goal]]),
    });
  });
});

describe('goal images', { timeout: 120_000 }, () => {
  it('are what the camera saw last of the expert, and leave the episode as it is', async () => {
    const task = await SimulatedTask.load(loadRobot('so101'), loadTask('reach'));
    const demonstrate = async (): Promise<Observation[]> => {
      const seen: Observation[] = [];
      const onFrame = ({ observation }: { observation: Observation }): number => seen.push(observation);
      await task.run({ seed, mode: 'lockstep', agent: (expert) => new DemonstrationAgent({ expert, onFrame }) });
      return seen;
    };
    const before = await demonstrate();
    const goals = await goalImages(task, seed, exampleLayout({ cameras }));
    const last = before.at(-1)?.cameras.get('front')?.value.rgb;
    expect([...goals.keys()]).toEqual(['goal']);
    expect(goals.get('goal')).toMatchObject({ fresh: true, value: { ...size, rgb: last } });
    expect(last).not.toEqual(before[0]?.cameras.get('front')?.value.rgb);
    expect(await demonstrate()).toEqual(before);
    expect(await goalImages(task, seed, exampleLayout())).toEqual(new Map());
    task.dispose();
  });

  it('are shown to the policy by an evaluation', async () => {
    const evaluation = await evaluate({ policy, suite: 'desk', tasks: ['reach'], episodes: 1, seed, workers: 1 });
    expect(evaluation.tasks).toMatchObject([{ task: 'reach', episodes: 1 }]);
    expect(evaluation.tick.p50Ms).toBeGreaterThan(0);
  });

  it('are missed, in words, by a policy that is to act in demonstrations', async () => {
    const plan = { robot: 'so101', tasks: ['reach'], episodes: 1, seed, workers: 1, perturbedShare: 0 };
    const recorded = recordDemonstrations({ ...plan, directory: join(folder, 'dagger'), policy, policyShare: 1 });
    await expect(recorded).rejects.toMatchObject({ code: 'E_CAMERA_MISSING' });
  });
});

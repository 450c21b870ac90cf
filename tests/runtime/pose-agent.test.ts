import { expect, it } from 'vitest';
import { runEpisode } from '../../src/runtime/loop.ts';
import { PoseAgent } from '../../src/runtime/pose-agent.ts';
import { makeRobot } from '../../src/testing/index.ts';
import { mirrorBench } from './mirror-bench.ts';

it('takes the arm to the pose, exactly, in a straight line, no faster than asked, and keeps it there', async () => {
  const agent = new PoseAgent(makeRobot(), { poseRad: [0.6, 0.2], speedRadPerS: 0.4 });
  const { options, steps } = await mirrorBench(agent, { timeLimitS: 2.5 });
  const result = await runEpisode(options);
  expect([...(steps[249]?.sent.positionsRad ?? [])]).toEqual([0.6, 0.2]);
  const commands = steps.filter(({ isControlTick }) => isControlTick).map(({ observation }) => observation.commandRad);
  commands.slice(1).forEach((command, tick) => {
    expect((command[0] as number) - (commands[tick]?.[0] as number)).toBeLessThanOrEqual(0.02 * (1 + 1e-9));
  });
  for (const { sent } of steps) {
    expect((0.5 - (sent.positionsRad[1] as number)) * 2).toBeCloseTo(sent.positionsRad[0] as number, 9);
  }
  // It asks for its full speed at once; the setpoint gets there within the limits.
  expect(result.interventions).toEqual({});
});

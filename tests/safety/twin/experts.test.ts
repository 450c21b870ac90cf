import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { DemonstrationAgent } from '../../../src/runtime/demonstration-agent.ts';
import { loadSpaceGuard } from '../../../src/runtime/load-space-guard.ts';
import { SimulatedTask } from '../../../src/runtime/simulated-task.ts';
import type { SpaceGuard } from '../../../src/safety/space-guard.ts';
import { listTasks, loadTask } from '../../../src/sim/load-task.ts';
import { SmallLimiter } from './small-limiter.ts';

const robot = loadRobot('so101');
let guard: SpaceGuard;
beforeAll(async () => {
  guard = await loadSpaceGuard(robot);
});
afterAll(() => guard.dispose());

describe.each(listTasks())('the expert of task %s', (taskName) => {
  it('succeeds without a word from the space guard', async () => {
    const task = await SimulatedTask.load(robot, loadTask(taskName), { cameras: false });
    for (const seed of [71, 72]) {
      let limiter: SmallLimiter | undefined;
      const words = new Set<string>();
      const { result } = await task.run({
        seed,
        mode: 'lockstep',
        agent: (expert) =>
          new DemonstrationAgent({ expert, onFrame: () => undefined, behaviour: (_observation, wish) => wish }),
        listeners: [
          {
            name: 'space',
            onStep: ({ gate }) => {
              limiter ??= new SmallLimiter(robot, guard, gate.emittedRad);
              limiter.step(gate.emittedRad).verdict.reasons.forEach((reason) => words.add(reason));
            },
          },
        ],
      });
      expect({ outcome: result.outcome, words: [...words] }).toEqual({ outcome: 'success', words: [] });
    }
    task.dispose();
  });
});

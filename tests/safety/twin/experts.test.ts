import { describe, expect, it } from 'vitest';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { DemonstrationAgent } from '../../../src/runtime/demonstration-agent.ts';
import { SimulatedTask } from '../../../src/runtime/simulated-task.ts';
import { listTasks, loadTask } from '../../../src/sim/load-task.ts';

const robot = loadRobot('so101');
const ofSpace = ['space-unchecked', 'workspace', 'keep-out', 'table', 'self-collision', 'tcp-speed', 'near-obstacle'];

describe.each(listTasks())('the expert of task %s', (taskName) => {
  it('succeeds through the gate without a word from its space guard', async () => {
    const task = await SimulatedTask.load(robot, loadTask(taskName), { cameras: false });
    for (const seed of [71, 72]) {
      const words = new Set<string>();
      const { result } = await task.run({
        seed,
        mode: 'lockstep',
        agent: (expert) =>
          new DemonstrationAgent({ expert, onFrame: () => undefined, behaviour: (_observation, wish) => wish }),
        listeners: [{ name: 'space', onStep: ({ gate }) => gate.reasons.forEach((reason) => words.add(reason)) }],
      });
      const spaceWords = [...words].filter((word) => ofSpace.includes(word));
      expect({ outcome: result.outcome, spaceWords }).toEqual({ outcome: 'success', spaceWords: [] });
    }
    task.dispose();
  });
});

import { describe, expect, it } from 'vitest';
import { LiveDisplay } from '../../src/cli/live-display.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import { TickLateness } from '../../src/runtime/tick-lateness.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { DemonstrationAgent } from '../../src/runtime/demonstration-agent.ts';
import { SimulatedTask } from '../../src/runtime/simulated-task.ts';
import { loadTask } from '../../src/sim/load-task.ts';

describe('LiveDisplay', () => {
  it('shows the loop rate, the instruction and the successes of a run', async () => {
    const robot = loadRobot('so101');
    const spec = loadTask('reach');
    let written = '';
    let nowNs = 0;
    // Every redraw is due: the clock goes on by a second whenever it is asked.
    const terminal = new Terminal(
      { isTTY: true, columns: 100, write: (text) => (written += text) },
      () => (nowNs += 1e9),
    );
    const display = new LiveDisplay({ terminal, robot, agent: 'expert', total: 2, limitS: spec.timeLimitS });
    const task = await SimulatedTask.load(robot, spec, { cameras: false });
    const instructions: string[] = [];
    for (const seed of [1, 2]) {
      const agent = (expert: ConstructorParameters<typeof DemonstrationAgent>[0]['expert']): DemonstrationAgent =>
        new DemonstrationAgent({ expert });
      const { instruction, result } = await task.run({ seed, mode: 'lockstep', agent, listeners: [display] });
      instructions.push(instruction);
      expect(result.listenerFailures).toEqual([]);
      display.endEpisode(result);
    }
    task.dispose();
    for (const part of [...instructions, '100.0 of 100 Hz, 0.00 ms late', '2 of 2', '1 of 1 (100 %)', 'wrist_roll'])
      expect(written).toContain(part);
  });
});

describe('TickLateness', () => {
  it('measures against deadlines, so that lateness does not add up and missed periods count', () => {
    const lateness = new TickLateness(100);
    const late = [0, 10e6, 23e6, 30e6, 75e6, 80e6].map((timeNs) => lateness.next(5e9 + timeNs));
    expect(late.map((milliseconds) => Math.round(milliseconds * 1000) / 1000)).toEqual([0, 0, 3, 0, 35, 0]);
  });

  it('takes no harm from a first tick that was late itself', () => {
    const lateness = new TickLateness(100);
    const late = [0.2e6, 10e6, 20e6, 30.5e6, 40e6].map((timeNs) => lateness.next(5e9 + timeNs));
    expect(late.map((milliseconds) => Math.round(milliseconds * 1000) / 1000)).toEqual([0, 0, 0, 0.5, 0]);
  });
});

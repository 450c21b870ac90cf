/**
 * Anything that decides is an agent. This one waves; the loop asks it 20 times per second, and the gate
 * keeps every joint within its limits, whatever the agent asks for.
 *
 *   npx tsx examples/05-write-an-agent.ts
 */
import { loadRobot, loadTask, SimulatedTask } from '../src/index.ts';
import type { Agent, AgentDecision, Observation, StepListener } from '../src/index.ts';

class WavingAgent implements Agent {
  readonly name = 'wave';

  reset(): Promise<void> {
    return Promise.resolve();
  }

  act({ timeNs, commandRad }: Observation): Promise<AgentDecision> {
    const positionsRad = commandRad.slice();
    positionsRad[4] = 3 * Math.sin(2 * Math.PI * (timeNs / 1e9));
    return Promise.resolve({ target: { positionsRad, createdNs: timeNs, observedNs: timeNs }, computeNs: 0 });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Listeners see every tick: recorders, reports and displays are listeners too. */
const printer: StepListener = {
  name: 'printer',
  onStep: ({ gateTick, gate }) => {
    if (gateTick % 40 !== 0) return;
    const [wish, sent, measured] = [gate.requestedRad, gate.emittedRad, gate.measuredRad].map((angles) =>
      (angles?.[4] ?? 0).toFixed(2),
    );
    console.log(`wrist: asked for ${wish}, sent ${sent}, measured ${measured} rad  ${gate.reasons.join(', ')}`);
  },
};

const task = await SimulatedTask.load(loadRobot('so101'), loadTask('reach'), { cameras: false });
const { result } = await task.run({ seed: 1, mode: 'lockstep', agent: () => new WavingAgent(), listeners: [printer] });
console.log(`ended by ${result.outcome}; the gate acted: ${JSON.stringify(result.interventions)}`);
task.dispose();

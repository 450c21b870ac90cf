import { afterEach, describe, expect, it } from 'vitest';
import type { JointTarget } from '../../src/core/action.ts';
import type { Agent } from '../../src/core/agent.ts';
import { Rng } from '../../src/core/rng.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { DemonstrationAgent } from '../../src/runtime/demonstration-agent.ts';
import { Perturbation } from '../../src/runtime/perturbation.ts';
import { SimulatedTask } from '../../src/runtime/simulated-task.ts';
import type { StepListener } from '../../src/runtime/step-listener.ts';
import { ArmMonitors } from '../../src/safety/arm-monitors.ts';
import type { Fault } from '../../src/safety/faults.ts';
import { listTasks, loadTask } from '../../src/sim/load-task.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import type { TaskEpisode } from '../../src/sim/task.ts';
import { World } from '../../src/sim/world.ts';

const robot = loadRobot('so101');
const PERIOD_NS = 1e9 / robot.rates.gateHz;
let task: SimulatedTask | undefined;
afterEach(() => {
  task?.dispose();
  task = undefined;
});

/** Watches the arm of a run, whatever the gate does. */
function watcher(): { readonly listener: StepListener; readonly faults: Fault[] } {
  const faults: Fault[] = [];
  let monitors: ArmMonitors | undefined;
  const listener: StepListener = {
    name: 'monitors',
    onStep: ({ timeNs, observation, gate }) => {
      const state = observation.arm.value;
      if (monitors === undefined) monitors = ArmMonitors.begin(robot, state, timeNs - PERIOD_NS);
      faults.push(...monitors.check({ nowNs: timeNs, commandRad: gate.previousRad, state }));
    },
  };
  return { listener, faults };
}

async function faultsOf(name: string, agent: (episode: TaskEpisode) => Agent, judged = true): Promise<Fault[]> {
  task = await SimulatedTask.load(robot, loadTask(name), { cameras: false });
  const { listener, faults } = watcher();
  const { result } = await task.run({ seed: 3, mode: 'lockstep', agent, judged, listeners: [listener] });
  expect(result.agentFailure).toBeUndefined();
  return faults;
}

/** An agent that acts by time alone. */
function motion(positionsRad: (timeS: number) => readonly number[]): Agent {
  return {
    name: 'motion',
    reset: () => Promise.resolve(),
    close: () => Promise.resolve(),
    act: ({ timeNs }) => {
      const target: JointTarget = {
        positionsRad: Float64Array.from(positionsRad(timeNs / 1e9)),
        createdNs: timeNs,
        observedNs: timeNs,
      };
      return Promise.resolve({ target, computeNs: 0 });
    },
  };
}

describe('the monitors of the SO-101, in simulation', () => {
  it.each(listTasks())('invariant 13: find no fault in an expert who is disturbed at %s', async (name) => {
    const perturbation = new Perturbation(robot, new Rng(3));
    const disturbed = await faultsOf(
      name,
      (expert) =>
        new DemonstrationAgent({
          expert,
          behaviour: ({ commandRad }, expertRad) => perturbation.apply(expertRad, commandRad),
          onFrame: () => undefined,
        }),
    );
    expect(disturbed).toEqual([]);
  });

  it('invariant 13: find no fault in an arm that reverses at full speed', async () => {
    const [low, high] = [
      [-1.5, -1.4, 0, -0.6, -2, 0.1],
      [1.5, -0.6, 0.8, 1.2, 2, 1.5],
    ] as const;
    const faults = await faultsOf('reach', () => motion((timeS) => (Math.floor(timeS) % 2 === 0 ? high : low)), false);
    expect(faults).toEqual([]);
  });

  it('invariant 13: find the arm that is blocked', async () => {
    const world = await World.load({ robot, scene: loadTask('reach').scene });
    const simulation = new Simulation(world, { cameras: false });
    world.reset(robot.homeRad);
    simulation.begin({ startNs: 0, seed: 1 });
    const commandRad = Float64Array.from(robot.homeRad);
    const monitors = ArmMonitors.begin(robot, simulation.arm.read(), 0);
    const shoulder = robot.joints.findIndex(({ name }) => name === 'shoulder_lift');
    let found: readonly Fault[] = [];
    for (let nowNs = PERIOD_NS; found.length === 0 && nowNs < 4e9; nowNs += PERIOD_NS) {
      // Down into the desk, past the gate: what a thing in the way does to an arm.
      commandRad[shoulder] = Math.min(1.6, (commandRad[shoulder] ?? 0) + 0.02);
      world.setServoTargets(commandRad);
      simulation.advance(PERIOD_NS);
      found = monitors.check({ nowNs, commandRad, state: simulation.arm.read() });
    }
    simulation.dispose();
    world.dispose();
    expect(found).toMatchObject([{ reason: 'tracking-error', joint: 'shoulder_lift', response: 'protective-stop' }]);
  });
});

import { workerData } from 'node:worker_threads';
import type { Agent } from '../core/agent.ts';
import type { Observation } from '../core/observation.ts';
import { Rng } from '../core/rng.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { loadTask } from '../sim/load-task.ts';
import { DemonstrationAgent } from './demonstration-agent.ts';
import type { DemonstrationFrame } from './demonstration-agent.ts';
import { demonstrationColumns } from './demonstration-format.ts';
import type { DemonstrationJob, DemonstrationResult, DemonstrationSetup } from './demonstrations.ts';
import { GatoAgent } from './gato-agent.ts';
import { Perturbation } from './perturbation.ts';
import { serveJobs } from './serve-jobs.ts';
import { SimulatedTask } from './simulated-task.ts';

type Behaviour = (observation: Observation, expertRad: Float64Array) => Promise<Float64Array> | Float64Array;

/** Ticks after which expert and policy draw anew who acts. */
const SHIFT_TICKS = 12;

const setup = workerData as DemonstrationSetup;
const robot = loadRobot(setup.robot);
const tasks = new Map<string, SimulatedTask>();
let policy: Agent | undefined;

serveJobs<DemonstrationJob, DemonstrationResult>(demonstrate, async () => {
  await policy?.close();
  for (const task of tasks.values()) task.dispose();
});

async function demonstrate(job: DemonstrationJob): Promise<DemonstrationResult> {
  let task = tasks.get(job.task);
  if (task === undefined) {
    task = await SimulatedTask.load(robot, loadTask(job.task, { extreme: setup.extreme }));
    tasks.set(job.task, task);
  }
  const behaviour = await behaviourOf(job);
  const frames: DemonstrationFrame[] = [];
  const { instruction, result } = await task.run({
    seed: job.seed,
    mode: 'lockstep',
    agent: (expert) => new DemonstrationAgent({ expert, behaviour, onFrame: (frame) => frames.push(frame) }),
  });
  if (result.agentFailure !== undefined) throw result.agentFailure;
  return {
    task: job.task,
    instruction,
    success: result.success,
    length: frames.length,
    columns: demonstrationColumns(robot, frames),
  };
}

/** Who acts: the expert, the expert disturbed, or for DAgger mostly the policy. */
async function behaviourOf(job: DemonstrationJob): Promise<Behaviour> {
  const rng = new Rng(job.seed).fork();
  if (job.behaviour === 'clean') return (_observation, expertRad) => expertRad;
  if (job.behaviour === 'perturbed') return perturbed(robot, rng);
  const agent = (policy ??= await GatoAgent.load(robot, setup.policy as string, { threads: 1 }));
  await agent.reset(job.seed);
  return mixed(agent, rng, setup.policyShare);
}

function perturbed(spec: RobotSpec, rng: Rng): Behaviour {
  const perturbation = new Perturbation(spec, rng);
  return (observation, expertRad) => perturbation.apply(expertRad, observation.commandRad);
}

function mixed(agent: Agent, rng: Rng, policyShare: number): Behaviour {
  let tick = 0;
  let policyActs = true;
  return async (observation, expertRad) => {
    if (tick % SHIFT_TICKS === 0) policyActs = rng.uniform(0, 1) < policyShare;
    tick += 1;
    if (!policyActs) return expertRad;
    const decision = await agent.act(observation);
    return decision.target?.positionsRad ?? observation.commandRad;
  };
}

import { threadId, workerData } from 'node:worker_threads';
import { decodeActions, encodeAction } from '../actions/action-codec.ts';
import type { Agent } from '../core/agent.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { FailurePhase } from '../sim/failure-phase.ts';
import { loadTask } from '../sim/load-task.ts';
import type { TaskEpisode } from '../sim/task.ts';
import type { LayoutSpec } from '../tokens/layout-spec.ts';
import { DemonstrationAgent } from './demonstration-agent.ts';
import type { EvaluationJob, EvaluationOutcome, EvaluationSetup } from './evaluation.ts';
import { EpisodeFilm } from './episode-film.ts';
import { SightListener } from './episode-sight.ts';
import type { EpisodeSight } from './episode-sight.ts';
import { EpisodeWitness } from './episode-witness.ts';
import { GatoAgent } from './gato-agent.ts';
import { GoalAgent, goalImages } from './goal-agent.ts';
import { serveJobs } from './serve-jobs.ts';
import { SightRequest } from './sight-request.ts';
import { SimulatedTask } from './simulated-task.ts';
import type { StepListener } from './step-listener.ts';

const setup = workerData as EvaluationSetup;
const robot = loadRobot(setup.robot);
const tasks = new Map<string, SimulatedTask>();
const layout = loadPolicy(setup.policy).manifest.tokens;
const engine = { threads: 1, precision: setup.precision, safetyMask: setup.safetyMask };
const sights = setup.sights === undefined ? undefined : new SightRequest(setup.sights);
let policy: GatoAgent | undefined;

serveJobs<EvaluationJob, EvaluationOutcome, EpisodeSight>(evaluate, async () => {
  await policy?.close();
  for (const task of tasks.values()) task.dispose();
});

async function evaluate(job: EvaluationJob, tell: (sight: EpisodeSight) => void): Promise<EvaluationOutcome> {
  const { task: name, seed } = job;
  const task = await simulatedTask(name);
  const agent = setup.expert ? undefined : await policyFor(task, seed);
  const film = setup.video === undefined ? undefined : new EpisodeFilm(robot);
  const sight = sightOf(task, job, tell);
  let witness: EpisodeWitness | undefined;
  const { instruction, result } = await task.run({
    seed,
    mode: 'lockstep',
    agent: (episode) => agent ?? expertThroughTokens(episode, layout),
    listeners: [film, sight].filter((listener) => listener !== undefined),
    witness: (episode) => (witness = new EpisodeWitness(episode, task.spec.success)),
  });
  sights?.leave(threadId);
  if (result.agentFailure !== undefined) throw result.agentFailure;
  // Without its listeners the episode would be counted, but not rightly judged.
  for (const { cause } of result.listenerFailures) throw cause;
  const { success, outcome, durationS, ticks } = result;
  const phase = witness?.phase(outcome);
  const clip = film === undefined ? undefined : await keep(film, { task: name, seed, phase });
  return {
    task: name,
    seed,
    instruction,
    success,
    outcome,
    ...(phase === undefined ? {} : { phase }),
    wrongObject: witness?.wrongObject ?? false,
    durationS,
    ticks,
    tickMs: result.inferenceMs,
    ...(clip === undefined ? {} : { clip }),
  };
}

/** Shows this episode to who asks, if no other one is shown. */
function sightOf(
  task: SimulatedTask,
  job: EvaluationJob,
  tell: (sight: EpisodeSight) => void,
): StepListener | undefined {
  if (sights?.claim(threadId) !== true) return undefined;
  return new SightListener({ ...job, world: task.simulation.world, gateHz: robot.rates.gateHz, request: sights, tell });
}

/** The policy, shown the goal of this episode where it wants one. */
async function policyFor(task: SimulatedTask, seed: number): Promise<Agent> {
  policy ??= await GatoAgent.load(robot, setup.policy, engine);
  const goals = await goalImages(task, seed, layout);
  return goals.size === 0 ? policy : new GoalAgent(policy, goals);
}

async function simulatedTask(name: string): Promise<SimulatedTask> {
  const known = tasks.get(name);
  if (known !== undefined) return known;
  const spec = loadTask(name, setup.conditions);
  const task = await SimulatedTask.load(robot, spec, { cameras: !setup.expert || setup.video !== undefined });
  tasks.set(name, task);
  return task;
}

/** Saves a film under what it shows and gives its path in the folder of videos; the film of a success mostly goes. */
async function keep(
  film: EpisodeFilm,
  { task, seed, phase }: EvaluationJob & { readonly phase: FailurePhase | undefined },
): Promise<string | undefined> {
  if (setup.video === undefined || (phase === undefined && !setup.video.successes)) return undefined;
  const clip = `${phase ?? 'success'}/${task}-${seed}.mp4`;
  await film.save(`${setup.video.folder}/${clip}`);
  return clip;
}

/** The expert's targets as the policy would have to say them: encoded to tokens and decoded again. */
function expertThroughTokens(expert: TaskEpisode, spec: LayoutSpec): Agent {
  return new DemonstrationAgent({
    expert,
    behaviour: ({ commandRad, arm }, expertRad) =>
      decodeActions(spec, encodeAction(spec, expertRad, commandRad).ids, commandRad, arm.value.positionsRad),
  });
}

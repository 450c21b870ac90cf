import { workerData } from 'node:worker_threads';
import { decodeActions, encodeAction } from '../actions/action-codec.ts';
import type { Agent } from '../core/agent.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import { loadRobot } from '../robot/load-robot.ts';
import { loadTask } from '../sim/load-task.ts';
import type { TaskEpisode } from '../sim/task.ts';
import type { LayoutSpec } from '../tokens/layout-spec.ts';
import { DemonstrationAgent } from './demonstration-agent.ts';
import type { EvaluationJob, EvaluationOutcome, EvaluationSetup } from './evaluation.ts';
import { EpisodeFilm } from './episode-film.ts';
import { GatoAgent } from './gato-agent.ts';
import { serveJobs } from './serve-jobs.ts';
import { SimulatedTask } from './simulated-task.ts';

const setup = workerData as EvaluationSetup;
const robot = loadRobot(setup.robot);
const tasks = new Map<string, SimulatedTask>();
const layout = loadPolicy(setup.policy).manifest.tokens;
let policy: GatoAgent | undefined;

serveJobs<EvaluationJob, EvaluationOutcome>(evaluate, async () => {
  await policy?.close();
  for (const task of tasks.values()) task.dispose();
});

async function evaluate({ task: name, seed }: EvaluationJob): Promise<EvaluationOutcome> {
  let task = tasks.get(name);
  if (task === undefined) {
    task = await SimulatedTask.load(robot, loadTask(name), { cameras: !setup.expert || setup.video !== undefined });
    tasks.set(name, task);
  }
  const agent = setup.expert ? undefined : (policy ??= await GatoAgent.load(robot, setup.policy, { threads: 1 }));
  const film = setup.video === undefined ? undefined : new EpisodeFilm(robot);
  const { instruction, result } = await task.run({
    seed,
    mode: 'lockstep',
    agent: (episode) => agent ?? expertThroughTokens(episode, layout),
    listeners: film === undefined ? [] : [film],
  });
  if (result.agentFailure !== undefined) throw result.agentFailure;
  if (film !== undefined && setup.video !== undefined) {
    await film.save(`${setup.video}/${name}-${seed}-${result.outcome}.mp4`);
  }
  const { success, outcome, durationS, ticks } = result;
  return { task: name, seed, instruction, success, outcome, durationS, ticks, tickMs: result.inferenceMs };
}

/** The expert's targets as the policy would have to say them: encoded to tokens and decoded again. */
function expertThroughTokens(expert: TaskEpisode, spec: LayoutSpec): Agent {
  return new DemonstrationAgent({
    expert,
    behaviour: ({ commandRad, arm }, expertRad) =>
      decodeActions(spec, encodeAction(spec, expertRad, commandRad).ids, commandRad, arm.value.positionsRad),
  });
}

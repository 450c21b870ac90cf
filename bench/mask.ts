import { loadPolicy } from '../src/policy/load-policy.ts';
import { loadRobot } from '../src/robot/load-robot.ts';
import type { RobotSpec } from '../src/robot/robot-spec.ts';
import { GatoAgent } from '../src/runtime/gato-agent.ts';
import { SimulatedTask } from '../src/runtime/simulated-task.ts';
import type { StepListener } from '../src/runtime/step-listener.ts';
import { loadTask } from '../src/sim/load-task.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose: 'What the safety mask does to a policy.',
  options: {
    policy: { type: 'string', default: 'desk', value: 'folder', words: 'policy, by name or folder' },
    tasks: { type: 'string', default: 'lift', value: 'names', words: 'separated by commas' },
    episodes: { type: 'string', default: '3', value: 'count', words: 'per task' },
    seed: { type: 'string', default: '500000', value: 'number', words: 'of the first scene' },
    scale: {
      type: 'string',
      default: '1',
      value: 'factor',
      words: 'of velocity, acceleration and jerk limits: below 1 they are tightened',
    },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

interface Row {
  readonly mask: boolean;
  readonly task: string;
  readonly episodes: number;
  readonly successes: number;
  /** Share of action tokens of which the first choice was not allowed. */
  readonly maskedTokens: number;
  /** Share of gate ticks at which the gate changed the target. */
  readonly changedTicks: number;
}

/** The robot with other limits; the policy need not know. */
function scaled(robot: RobotSpec, factor: number): RobotSpec {
  const joints = robot.joints.map((joint) => {
    const { velocityRadPerS, accelerationRadPerS2, jerkRadPerS3 } = joint.limits;
    const limits = {
      ...joint.limits,
      velocityRadPerS: velocityRadPerS * factor,
      accelerationRadPerS2: accelerationRadPerS2 * factor,
      jerkRadPerS3: jerkRadPerS3 * factor,
    };
    return { ...joint, limits };
  });
  return { ...robot, joints };
}

async function measure(robot: RobotSpec, mask: boolean): Promise<Row[]> {
  const agent = await GatoAgent.load(robot, values.policy, { threads: 1, safetyMask: mask });
  const rows: Row[] = [];
  for (const name of values.tasks.split(',')) {
    const task = await SimulatedTask.load(robot, loadTask(name));
    let [successes, ticks, changed, tokens, masked] = [0, 0, 0, 0, 0];
    const counter: StepListener = {
      name: 'counter',
      onStep: ({ isRunning, gate, decision }) => {
        if (!isRunning) return;
        ticks += 1;
        changed += gate.reasons.length > 0 ? 1 : 0;
        tokens += decision?.trace?.masked.length ?? 0;
        masked += decision?.trace?.masked.filter(Boolean).length ?? 0;
      },
    };
    for (let episode = 0; episode < Number(values.episodes); episode += 1) {
      const seed = Number(values.seed) + episode;
      const { result } = await task.run({ seed, mode: 'lockstep', agent: () => agent, listeners: [counter] });
      successes += result.success ? 1 : 0;
    }
    task.dispose();
    const shares = { maskedTokens: masked / Math.max(1, tokens), changedTicks: changed / Math.max(1, ticks) };
    rows.push({ mask, task: name, episodes: Number(values.episodes), successes, ...shares });
  }
  await agent.close();
  return rows;
}

const robot = scaled(loadRobot(loadPolicy(values.policy).manifest.robot), Number(values.scale));
const rows = [...(await measure(robot, false)), ...(await measure(robot, true))];
if (values.json) {
  console.log(JSON.stringify({ policy: values.policy, scale: Number(values.scale), rows }));
} else {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  for (const row of rows) {
    const { task, mask, successes, episodes, maskedTokens, changedTicks } = row;
    console.log(
      `${task.padEnd(10)} mask ${mask ? 'on ' : 'off'}  ${successes} of ${episodes} succeeded, ${percent(maskedTokens)} of choices changed by the mask, ${percent(changedTicks)} of ticks changed by the gate`,
    );
  }
}

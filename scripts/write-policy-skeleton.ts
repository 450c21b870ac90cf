// Writes training/policies/<robot>-desk.json: what a policy for the desk tasks is, before it has weights.
// Usage: npx tsx scripts/write-policy-skeleton.ts [robot] [packed|exact]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataDirectory } from '../src/core/data-directory.ts';
import { loadRobot } from '../src/robot/load-robot.ts';
import { loadSuite } from '../src/sim/load-suite.ts';
import { instructionWords } from '../src/sim/load-task.ts';
import { layoutSpecSchema } from '../src/tokens/layout-spec.ts';
import { UNKNOWN_WORD } from '../src/tokens/text.ts';

/** Per control tick: a little more than experts ask for, so that their labels do not saturate. */
const LARGEST_DELTA_RAD = 0.11;
const INSTRUCTION_POSITIONS = 10;

const [robotName = 'so101', layout = 'packed'] = process.argv.slice(2);
const robot = loadRobot(robotName);
const { tasks } = loadSuite('desk');
const limits = robot.joints.map((joint) => joint.limits.positionRad);

const tokens = layoutSpecSchema.parse({
  layout,
  codec: {},
  text: { vocabulary: ['', UNKNOWN_WORD, ...instructionWords(tasks)], positions: INSTRUCTION_POSITIONS },
  cameras: robot.cameras.map(({ name, width, height }) => ({ name, width, height })),
  state: [
    {
      name: 'positions',
      codec: 'linear',
      low: limits.map((range) => range[0]),
      high: limits.map((range) => range[1]),
    },
    { name: 'velocities', codec: 'mulaw' },
    { name: 'efforts', codec: 'mulaw' },
  ],
  actions: robot.joints.map(({ name, limits: { positionRad } }) =>
    name === robot.gripper
      ? { joint: name, kind: 'position', lowRad: positionRad[0], highRad: positionRad[1] }
      : { joint: name, kind: 'delta', lowRad: -LARGEST_DELTA_RAD, highRad: LARGEST_DELTA_RAD },
  ),
  leashRad: 0.3,
});

const skeleton = {
  formatVersion: 1,
  name: 'desk',
  family: 'gato',
  description: `Desk tasks on the ${robot.name}, from cameras, joints and words`,
  robot: robot.name,
  joints: robot.joints.map((joint) => joint.name),
  suite: 'desk',
  tasks,
  controlHz: robot.rates.controlHz,
  tokens,
  sampling: { kind: 'expected', windowBins: 48 },
};
const path = join(dataDirectory('models'), '..', 'training', 'policies', `${robot.name}-desk.json`);
writeFileSync(path, `${JSON.stringify(skeleton, undefined, 1)}\n`);

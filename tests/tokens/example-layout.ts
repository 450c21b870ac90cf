import { loadRobot } from '../../src/robot/load-robot.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { layoutSpecSchema } from '../../src/tokens/layout-spec.ts';
import type { LayoutSpec } from '../../src/tokens/layout-spec.ts';

export const so101: RobotSpec = loadRobot('so101');

const words = ['pick', 'up', 'the', 'red', 'green', 'blue', 'cube', 'push', 'to', 'target', 'reach', 'stack', 'on'];

/** What a desk policy of the SO-101 reads and writes: five joint deltas and the gripper's position. */
export function exampleLayout(changes: Readonly<Record<string, unknown>> = {}): LayoutSpec {
  const limits = so101.joints.map((joint) => joint.limits.positionRad);
  return layoutSpecSchema.parse({
    layout: 'packed',
    codec: {},
    text: { vocabulary: ['', ...words], positions: 10 },
    cameras: so101.cameras.map(({ name, width, height }) => ({ name, width, height })),
    state: [
      { name: 'positions', codec: 'linear', low: limits.map(([low]) => low), high: limits.map(([, high]) => high) },
      { name: 'velocities', codec: 'mulaw' },
      { name: 'efforts', codec: 'mulaw' },
    ],
    actions: so101.joints.map(({ name, limits: { positionRad } }) =>
      name === so101.gripper
        ? { joint: name, kind: 'position', lowRad: positionRad[0], highRad: positionRad[1] }
        : { joint: name, kind: 'delta', lowRad: -0.12, highRad: 0.12 },
    ),
    leashRad: 0.3,
    ...changes,
  });
}

/** Another layout in every respect that the formats allow to differ: the second golden file. */
export function contrastingLayout(): LayoutSpec {
  const example = exampleLayout();
  const { text } = example;
  return exampleLayout({
    layout: 'exact',
    codec: { bins: 512, mu: 50, maximum: 100, textVocabulary: 100, decode: 'lower', deadbandBins: 2.5 },
    text: { ...text, positions: 6 },
    cameras: [
      { name: 'wrist', width: 80, height: 48 },
      { name: 'front', width: 32, height: 64 },
    ],
    state: [
      { name: 'efforts', codec: 'linear', low: Array(6).fill(-2.94), high: Array(6).fill(2.94) },
      { name: 'positions', codec: 'mulaw' },
    ],
    actions: example.actions.map((action, index) => ({ ...action, highRad: action.highRad + 0.01 * index })),
    leashRad: 0.05,
  });
}

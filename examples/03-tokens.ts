/**
 * What a policy sees: an observation as a sequence in Gato's order. Each value of the state becomes one of 1024 bins,
 * each 16 x 16 patch of a picture one position.
 *
 *   npx tsx examples/03-tokens.ts
 */
import { createLayout, encodeObservation, layoutSpecSchema, loadRobot } from '../src/index.ts';
import type { Observation } from '../src/index.ts';

const robot = loadRobot('so101');
const ranges = robot.joints.map(({ limits }) => limits.positionRad);

// A policy carries this in its policy.json.
const spec = layoutSpecSchema.parse({
  layout: 'exact',
  codec: {},
  text: { vocabulary: ['', 'cube', 'lift', 'red', 'the'], positions: 6 },
  cameras: [{ name: 'front', width: 64, height: 64 }],
  state: [
    { name: 'positions', codec: 'linear', low: ranges.map(([low]) => low), high: ranges.map(([, high]) => high) },
    { name: 'efforts', codec: 'mulaw' },
  ],
  actions: robot.joints.map(({ name }) => ({ joint: name, kind: 'delta', lowRad: -0.15, highRad: 0.15 })),
  leashRad: 0.35,
});
const layout = createLayout(spec);

const fresh = { ageNs: 0, fresh: true };
const zeros = new Float64Array(robot.joints.length);
const observation: Observation = {
  tick: 0,
  timeNs: 0,
  instruction: 'lift the red cube',
  arm: {
    ...fresh,
    value: { positionsRad: Float64Array.from(robot.homeRad), velocitiesRadPerS: zeros, effortsNm: zeros, stampNs: 0 },
  },
  commandRad: Float64Array.from(robot.homeRad),
  cameras: new Map([
    [
      'front',
      {
        ...fresh,
        value: { camera: 'front', width: 64, height: 64, rgb: new Uint8Array(64 * 64 * 3).fill(128), stampNs: 0 },
      },
    ],
  ]),
};
const { textIds, stateIds, patches } = encodeObservation(layout, observation);

console.log(`One step is ${layout.positionsPerStep} positions:`);
for (const { positions, kind, name } of layout.segments)
  console.log(`  ${String(positions).padStart(3)}  ${kind} (${name})`);
console.log(`\n"${observation.instruction}" is ${Array.from(textIds).join(' ')}`);
console.log(`The state is ${Array.from(stateIds).join(' ')}`);
console.log(`The picture is ${patches.length / (spec.patchSize ** 2 * 3)} patches`);

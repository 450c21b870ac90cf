import { sampledNow } from '../../src/core/observation.ts';
import type { Observation } from '../../src/core/observation.ts';
import { Rng } from '../../src/core/rng.ts';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';

/** An arm at rest before noise: what the images show does not change the time a tick takes. */
export function exampleObservation({ layout }: LoadedPolicy): Observation {
  const { spec, joints } = layout;
  const rng = new Rng(1);
  const zeros = (): Float64Array => new Float64Array(joints);
  const images = spec.cameras.map(({ name, width, height }) => {
    const rgb = Uint8Array.from({ length: width * height * 3 }, () => rng.integer(256));
    return [name, sampledNow({ camera: name, width, height, rgb, stampNs: 0 })] as const;
  });
  return {
    tick: 0,
    timeNs: 0,
    instruction: spec.text.kind === 'words' ? (spec.text.vocabulary[1] ?? '') : 'lift the red cube',
    arm: sampledNow({ positionsRad: zeros(), velocitiesRadPerS: zeros(), effortsNm: zeros(), stampNs: 0 }),
    commandRad: zeros(),
    cameras: new Map(images),
  };
}

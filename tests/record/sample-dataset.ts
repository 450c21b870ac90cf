import { join } from 'node:path';
import type { Episode } from '../../src/record/episode-input.ts';
import type { Features } from '../../src/record/format.ts';

/** Path of a dataset that LeRobot wrote. */
export function fixture(
  name: 'ref_v3_by_lerobot_0.6.2' | 'ref_v3_image_dtype' | 'ref_v21_by_lerobot_0.3.3' | 'crashed_by_lerobot_0.6.1',
): string {
  return join(import.meta.dirname, '../fixtures', name);
}

export const SAMPLE_FEATURES = {
  action: { dtype: 'float32', shape: [2], names: ['a.pos', 'b.pos'], info: { unit: 'rad' } },
  'observation.state': { dtype: 'float32', shape: [2], names: ['a.pos', 'b.pos'], info: { unit: 'rad' } },
  'observation.images.front': { dtype: 'image', shape: [4, 6, 3] },
  'observation.time': { dtype: 'float64', shape: [1] },
  'next.done': { dtype: 'bool', shape: [1] },
  'next.counter': { dtype: 'int64', shape: [1] },
} as const satisfies Features;

/** An episode whose every value tells its episode (`seed`) and frame. */
export function sampleEpisode(seed: number, frames: number, task = 'reach the cube'): Episode {
  const list = <T>(value: (frame: number) => T): T[] => Array.from({ length: frames }, (_, frame) => value(frame));
  return {
    task,
    frames: {
      action: Float32Array.from(list((frame) => [seed + frame / 8, -seed]).flat()),
      'observation.state': list((frame) => [seed + frame / 4, frame]),
      'observation.images.front': list((frame) => new Uint8Array(4 * 6 * 3).fill(seed * 20 + frame)),
      'observation.time': list((frame) => seed * 100 + frame / 7),
      'next.done': list((frame) => frame === frames - 1),
      'next.counter': list((frame) => BigInt(seed * 1000 + frame)),
    },
  };
}

import { readFileSync } from 'node:fs';

/** Frames that Python's msgpack wrote, see write_frames.py in the folder. */
export const FRAME_NAMES = [
  'metadata-empty',
  'metadata',
  'observation-droid',
  'observation-aloha',
  'actions-float64',
  'actions-float32',
  'actions-nan',
  'actions-integers',
  'scalars',
  'large',
] as const;

export function openpiFrame(name: (typeof FRAME_NAMES)[number]): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/openpi/${name}.msgpack`, import.meta.url)));
}

/** The rule by which write_frames.py fills pictures. */
export function ramp(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 37) % 251);
}

import type { ModelManifest } from '../model-manifest.ts';
import { KeyValueRing } from './key-value-ring.ts';
import type { PolicyState } from './policy-state.ts';
import { RecurrentState } from './recurrent-state.ts';
import { RelativeRingState } from './relative-ring-state.ts';
import { RingState } from './ring-state.ts';

/** An empty state of the kind that the manifest names. */
export function createState(manifest: ModelManifest): PolicyState {
  const { state, context } = manifest;
  switch (state.kind) {
    case 'ring':
      return new RingState(ringOf(manifest), context.steps);
    case 'relative-ring':
      return new RelativeRingState(ringOf(manifest), state.beforeStart);
    case 'recurrent':
      return new RecurrentState(state.tensors);
  }
}

function ringOf({ model, context }: ModelManifest): KeyValueRing {
  const { layers, kvHeads, headWidth } = model;
  return new KeyValueRing({ layers, kvHeads, headWidth, slots: context.ringPositions });
}

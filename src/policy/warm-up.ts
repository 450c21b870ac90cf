import { InvalidFileError } from '../core/errors.ts';
import type { StepLayout } from '../tokens/layout.ts';
import type { TokenFrame } from '../tokens/token-frame.ts';
import type { LoadedPolicy } from './load-policy.ts';
import type { PolicyGraphs } from './policy-graphs.ts';

/** A frame of the right size that shows nothing. */
export function blankFrame({ textTokens, stateTokens, patches, spec }: StepLayout): TokenFrame {
  return {
    textIds: new Int32Array(textTokens),
    stateIds: new Int32Array(stateTokens).fill(spec.codec.textVocabulary),
    patches: new Float32Array(patches * spec.patchSize ** 2 * 3),
  };
}

/** Throws InvalidFileError where the embed graph makes another sequence than the manifest describes. */
export async function checkEmbedding(
  { manifest, layout, directory }: LoadedPolicy,
  graphs: PolicyGraphs,
): Promise<void> {
  const queries = manifest.model.actionTokens === 'parallel' ? layout.actionTokens - 1 : 0;
  const { positions } = await graphs.embed(blankFrame(layout));
  if (positions === layout.observationPositions + queries) return;
  throw new InvalidFileError(`${directory}/policy.json`, 'describes another sequence than the embed graph makes', {
    expected: `${layout.observationPositions} observation positions, separator included, and ${queries} queries`,
    found: String(positions),
    remedy: 'Export the policy again.',
  });
}

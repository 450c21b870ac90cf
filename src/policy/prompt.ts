import { ArmatureError } from '../core/errors.ts';
import type { StepLayout } from '../tokens/layout.ts';
import { tokensPerTick } from '../tokens/layout-spec.ts';
import type { TokenFrame } from '../tokens/token-frame.ts';
import type { ModelManifest } from './model-manifest.ts';

/** One control tick of a demonstration, in tokens. */
export interface DemonstratedStep {
  readonly frame: TokenFrame;
  /** Gato ids of what was done, shape (J). */
  readonly actionTokens: readonly number[];
}

/** What of a policy says how long its prompt may be. */
type PromptedPolicy = { readonly manifest: ModelManifest; readonly layout: StepLayout };

/**
 * Control ticks of a demonstration that the first decision after them still sees whole. Throws E_NO_PROMPT for a
 * policy that looks back on nothing.
 */
export function promptSteps({ manifest, layout }: PromptedPolicy): number {
  const { name, state, context } = manifest;
  const inMemory = Math.floor(context.ringPositions / layout.positionsPerStep);
  const steps = state.kind === 'relative-ring' && context.steps > 1 ? inMemory : context.steps - 1;
  if (steps > 0) return steps;
  throw new ArmatureError('E_NO_PROMPT', `policy "${name}" cannot be prompted: each decision sees its own tick only`, {
    expected: 'a context of more than one control tick',
    found: `context.steps ${context.steps}`,
    remedy: 'Leave the demonstration out, or use a policy whose context has several steps.',
  });
}

/** Throws E_PROMPT_LENGTH for a demonstration that is empty, longer than promptSteps, or of other joints. */
export function requirePrompt(steps: readonly DemonstratedStep[], policy: PromptedPolicy): void {
  const most = promptSteps(policy);
  const tokens = tokensPerTick(policy.layout.spec);
  const found = steps.find(({ actionTokens }) => actionTokens.length !== tokens)?.actionTokens.length;
  if (steps.length >= 1 && steps.length <= most && found === undefined) return;
  throw new ArmatureError('E_PROMPT_LENGTH', `the demonstration does not fit policy "${policy.manifest.name}"`, {
    expected: `1 to ${most} control ticks of ${tokens} action tokens`,
    found: `${steps.length} control ticks${found === undefined ? '' : `, one of ${found} action tokens`}`,
    remedy: 'Give the first control ticks of an episode, encoded with the layout of this policy.',
  });
}

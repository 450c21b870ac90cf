import { Option } from 'commander';
import { chooseProvider } from '../policy/choose-provider.ts';
import type { TriedProvider } from '../policy/choose-provider.ts';
import { executionProviders } from '../policy/providers.ts';
import type { ExecutionProviderName } from '../policy/providers.ts';
import type { SessionPlan } from '../runtime/policy-session.ts';

export type ProviderOption = ExecutionProviderName | 'auto';

export function providerOption(): Option {
  return new Option('--provider <name>', 'what the policy runs on; default: auto live, cpu in lockstep').choices([
    'auto',
    ...Object.keys(executionProviders),
  ]);
}

/**
 * The plan on this provider; `auto` tries all of them, and says on stderr what it chose and why not the others. A policy on a
 * server runs on what the server has.
 */
export async function withProvider(
  plan: SessionPlan,
  option: ProviderOption,
): Promise<{ readonly plan: SessionPlan; readonly tried: readonly TriedProvider[] }> {
  if (plan.loaded === undefined) return { plan, tried: [] };
  if (option !== 'auto') return { plan: { ...plan, provider: option }, tried: [] };
  const { provider, tried } = await chooseProvider(plan.loaded);
  console.error([`policy "${plan.manifest.name}" runs on ${provider}`, ...providerLines(tried)].join('\n'));
  return { plan: { ...plan, provider }, tried };
}

/** One line for each provider: how fast it is, or why it cannot be taken. */
export function providerLines(tried: readonly TriedProvider[]): string[] {
  const width = Math.max(...tried.map(({ provider }) => provider.length));
  return tried.map(({ provider, precision, medianNs, refusal }) => {
    const speed = medianNs === undefined ? 'works' : `${(medianNs / 1e6).toFixed(2)} ms a decision`;
    const words = refusal === undefined ? `${precision ?? ''} ${speed}`.trim() : `not taken: ${refusal}`;
    return `  ${provider.padEnd(width)}  ${words}`;
  });
}

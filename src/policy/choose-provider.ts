import { askProviderProcess } from './ask-provider-process.ts';
import { listProviders } from './list-providers.ts';
import type { LoadedPolicy } from './load-policy.ts';
import type { Precision } from './model-manifest.ts';
import { disagreement } from './probe-policy.ts';
import type { PolicyProbe } from './probe-policy.ts';
import type { ProviderReply, ProviderRequest } from './provider-messages.ts';
import { executionProviders, preferredPrecision } from './providers.ts';
import type { ExecutionProviderName } from './providers.ts';

/** What became of one provider. */
export interface TriedProvider {
  readonly provider: ExecutionProviderName;
  readonly precision?: Precision;
  /** Of a decision, ns; of those that were timed. */
  readonly medianNs?: number;
  /** Why it cannot be taken, in a line; undefined where it works. */
  readonly refusal?: string;
}

export interface ProviderChoice {
  readonly provider: ExecutionProviderName;
  readonly precision: Precision | undefined;
  /** The chosen one first, then those that work, fastest first, then the others. */
  readonly tried: readonly TriedProvider[];
}

export interface ChooseProviderOptions {
  /** Default: that of PolicyEngine. */
  readonly threads?: number;
  /** For one provider to load the policy and to decide, ms; default 60000. */
  readonly timeLimitMs?: number;
  /** Default: those that the installed ONNX Runtime knows. */
  readonly candidates?: readonly ExecutionProviderName[];
  /** Default: askProviderProcess. */
  readonly ask?: (request: ProviderRequest, timeLimitMs: number) => Promise<ProviderReply>;
}

/** For the least graph there is, ms. */
const PRESENCE_LIMIT_MS = 20_000;

/**
 * The fastest provider that runs this policy right: each runs its graphs in a process of its own, and must decide what
 * the processor decides in the same precision. Where no other works it is cpu, which is then not timed. Nothing is
 * remembered: another day, or another machine, is asked again. Throws nothing that a provider does.
 */
export async function chooseProvider(
  policy: LoadedPolicy,
  options: ChooseProviderOptions = {},
): Promise<ProviderChoice> {
  const { candidates = knownProviders(), timeLimitMs = 60_000, ask = askProviderProcess } = options;
  const present = await findPresent(candidates, ask);
  const usable: { provider: ExecutionProviderName; precision: Precision }[] = [];
  const refused: TriedProvider[] = [];
  for (const { provider, refusal } of present) {
    const precision = preferredPrecision(policy.manifest, provider);
    if (refusal !== undefined) refused.push({ provider, refusal });
    else if (precision === undefined) refused.push({ provider, refusal: lacksPrecision(policy, provider) });
    else usable.push({ provider, precision });
  }
  const ownPrecision = preferredPrecision(policy.manifest, 'cpu');
  const cpu: TriedProvider = { provider: 'cpu', ...(ownPrecision === undefined ? {} : { precision: ownPrecision }) };
  if (usable.length === 0 || ownPrecision === undefined)
    return { provider: 'cpu', precision: ownPrecision, tried: [cpu, ...refused] };
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const probe = (provider: ExecutionProviderName, precision: Precision): Promise<ProviderReply> =>
    ask({ kind: 'policy', provider, precision, directory: policy.directory, ...threads }, timeLimitMs);
  const references = new Map<Precision, ProviderReply>([[ownPrecision, await probe('cpu', ownPrecision)]]);
  const works: TriedProvider[] = [{ ...cpu, ...outcome(references.get(ownPrecision)) }];
  // One after another: two at once would slow each other down.
  for (const { provider, precision } of usable) {
    const reference = references.get(precision) ?? (await probe('cpu', precision));
    references.set(precision, reference);
    const tried = { provider, precision, ...judged(reference, await probe(provider, precision)) };
    (tried.refusal === undefined ? works : refused).push(tried);
  }
  const ordered = works.toSorted((left, right) => speedOf(left) - speedOf(right));
  const best = ordered[0] ?? cpu;
  return { provider: best.provider, precision: best.precision, tried: [...ordered, ...refused] };
}

/** Whether each provider that the installed ONNX Runtime knows runs a graph, tried in processes of their own. */
export function presentProviders(): Promise<TriedProvider[]> {
  return findPresent(['cpu', ...knownProviders()], askProviderProcess);
}

function knownProviders(): ExecutionProviderName[] {
  const installed = listProviders().map(({ name }) => name);
  return (Object.keys(executionProviders) as ExecutionProviderName[]).filter(
    (name) => name !== 'cpu' && installed.includes(name),
  );
}

async function findPresent(
  candidates: readonly ExecutionProviderName[],
  ask: NonNullable<ChooseProviderOptions['ask']>,
): Promise<TriedProvider[]> {
  return Promise.all(
    candidates.map(async (provider) => {
      const { refusal } = await ask({ kind: 'presence', provider }, PRESENCE_LIMIT_MS);
      return refusal === undefined ? { provider } : { provider, refusal };
    }),
  );
}

function lacksPrecision({ manifest }: LoadedPolicy, provider: ExecutionProviderName): string {
  const wanted = executionProviders[provider].precisions.join(' or ');
  return `the policy has no ${wanted} graphs, only ${Object.keys(manifest.files).join(' and ')}`;
}

function judged(reference: ProviderReply, found: ProviderReply): Pick<TriedProvider, 'medianNs' | 'refusal'> {
  if (reference.probe === undefined)
    return { refusal: `cpu has nothing to compare it with: ${reference.refusal ?? ''}` };
  if (found.probe === undefined) return { refusal: found.refusal ?? 'it did not run' };
  const difference = disagreement(reference.probe.answers, found.probe.answers);
  return difference === undefined ? outcome(found) : { refusal: `it decides otherwise than cpu: ${difference}` };
}

function outcome(reply: ProviderReply | undefined): { readonly medianNs?: PolicyProbe['medianNs'] } {
  return reply?.probe === undefined ? {} : { medianNs: reply.probe.medianNs };
}

function speedOf({ medianNs }: TriedProvider): number {
  return medianNs ?? Number.POSITIVE_INFINITY;
}

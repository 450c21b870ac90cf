import { askProviderProcess } from '../src/policy/ask-provider-process.ts';
import { presentProviders } from '../src/policy/choose-provider.ts';
import { loadPolicy } from '../src/policy/load-policy.ts';
import type { Precision } from '../src/policy/model-manifest.ts';
import { disagreement } from '../src/policy/probe-policy.ts';
import type { PolicyProbe } from '../src/policy/probe-policy.ts';
import { executionProviders } from '../src/policy/providers.ts';
import type { ExecutionProviderName } from '../src/policy/providers.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose: `A decision of a policy on every execution provider that works here, in every precision that both have.

Its time, the time to load, and whether the provider decides what the processor decides. docs/gpu.md says what GPUs need.`,
  options: {
    policy: { type: 'string', default: 'desk', value: 'folder', words: 'policy, by name or folder' },
    threads: { type: 'string', default: '2', value: 'count', words: 'of the processor' },
    limit: {
      type: 'string',
      default: '600',
      value: 's',
      words: 'for one provider to load and to decide; TensorRT builds its engines meanwhile',
    },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

interface Row {
  readonly provider: ExecutionProviderName;
  readonly precision?: Precision;
  readonly medianMs?: number;
  readonly decisionsPerSecond?: number;
  readonly loadMs?: number;
  /** Why there are no figures, or what cpu decides otherwise. */
  readonly remark?: string;
}

const policy = loadPolicy(values.policy);
const threads = Number(values.threads);
const references = new Map<Precision, PolicyProbe>();
const rows: Row[] = [];
for (const { provider, refusal } of await presentProviders()) {
  if (refusal !== undefined) rows.push({ provider, remark: refusal });
  else for (const precision of precisionsOf(provider)) rows.push(await measured(provider, precision));
}
if (values.json) console.log(JSON.stringify({ policy: policy.manifest.name, threads, rows }));
else printTable();

function precisionsOf(provider: ExecutionProviderName): Precision[] {
  return executionProviders[provider].precisions.filter((precision) => policy.manifest.files[precision] !== undefined);
}

async function measured(provider: ExecutionProviderName, precision: Precision): Promise<Row> {
  const request = { kind: 'policy', provider, precision, directory: policy.directory, threads } as const;
  const { probe, refusal } = await askProviderProcess(request, Number(values.limit) * 1000);
  if (probe === undefined) return { provider, precision, remark: refusal ?? 'no answer' };
  if (provider === 'cpu') references.set(precision, probe);
  const reference = references.get(precision);
  const difference = reference === undefined ? undefined : disagreement(reference.answers, probe.answers);
  return {
    provider,
    precision,
    medianMs: probe.medianNs / 1e6,
    decisionsPerSecond: 1e9 / probe.medianNs,
    loadMs: probe.loadNs / 1e6,
    ...(difference === undefined ? {} : { remark: `decides otherwise than cpu: ${difference}` }),
  };
}

function printTable(): void {
  console.log(`policy ${policy.manifest.name}, ${threads} threads\n`);
  console.log('provider  precision  ms/decision      Hz  load ms  remark');
  for (const { provider, precision = '', medianMs, decisionsPerSecond, loadMs, remark = '' } of rows) {
    const figures = [medianMs?.toFixed(2), decisionsPerSecond?.toFixed(1), loadMs?.toFixed(0)];
    const [time = '', rate = '', load = ''] = figures;
    const name = `${provider.padEnd(8)}  ${precision.padEnd(9)}`;
    console.log(`${name}  ${time.padStart(11)}  ${rate.padStart(6)}  ${load.padStart(7)}  ${remark}`);
  }
}

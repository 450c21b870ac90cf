import { parseArgs } from 'node:util';
import { MonotonicClock } from '../src/core/clock.ts';
import { loadPolicy } from '../src/policy/load-policy.ts';
import type { LoadedPolicy } from '../src/policy/load-policy.ts';
import type { Precision } from '../src/policy/model-manifest.ts';
import { quantilesMs } from '../src/runtime/statistics.ts';
import { agentVariant, cachedVariant, uncachedVariant } from './tick-variants.ts';
import type { Variant } from './tick-variants.ts';
import { torchVariant } from './torch-reference.ts';

/**
 * Time of one control tick: token encoding, embedding, prefill, one run per further action token,
 * detokenising. All variants take turns, tick by tick, so that a busy machine slows all of them alike:
 * the ratios hold where the milliseconds do not.
 */
const { values } = parseArgs({
  options: {
    policy: { type: 'string', default: 'desk' },
    /** checkpoint.pt for PyTorch; default: the weights beside the policy, or random ones where there are none. */
    checkpoint: { type: 'string', default: '' },
    ticks: { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
  },
});

interface Row {
  readonly variant: string;
  readonly precision: Precision;
  readonly threads: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly ticksPerSecond: number;
  /** p50 of this variant over p50 of the engine in its preferred precision on as many threads. */
  readonly timesAsLong: number;
}

const policy = loadPolicy(values.policy);
const { variants, missing } = await openVariants(policy);
const rows = rowsOf(variants, await measure(variants, Number(values.ticks)));
for (const variant of variants) await variant.close();
if (values.json)
  console.log(JSON.stringify({ policy: policy.manifest.name, ticks: Number(values.ticks), rows, missing }));
else printTable(rows);

async function openVariants(loaded: LoadedPolicy): Promise<{ variants: Variant[]; missing: string[] }> {
  const opened: Variant[] = [];
  const reasons: string[] = [];
  const precisions = (['int8', 'fp32'] as const).filter((precision) => loaded.manifest.files[precision] !== undefined);
  for (const threads of [1, 2]) {
    for (const precision of precisions) {
      opened.push(await cachedVariant(loaded, { precision, threads }));
      opened.push(await agentVariant(loaded, { precision, threads }));
      opened.push(await uncachedVariant(loaded, { precision, threads }));
    }
    const torch = await torchVariant(loaded, { threads, checkpoint: values.checkpoint });
    if (typeof torch === 'string') reasons.push(torch);
    else opened.push(torch);
  }
  return { variants: opened, missing: [...new Set(reasons)] };
}

/** Durations in ns, per variant. */
async function measure(measured: readonly Variant[], ticks: number): Promise<Map<Variant, number[]>> {
  const clock = new MonotonicClock();
  const durationsNs = new Map<Variant, number[]>(measured.map((variant) => [variant, []]));
  const warmUpTicks = 5;
  for (let tick = -warmUpTicks; tick < ticks; tick += 1) {
    for (const [variant, durations] of durationsNs) {
      const startNs = clock.nowNs();
      await variant.tick();
      if (tick >= 0) durations.push(clock.nowNs() - startNs);
    }
  }
  return durationsNs;
}

function rowsOf(measured: readonly Variant[], durationsNs: ReadonlyMap<Variant, readonly number[]>): Row[] {
  const medianMs = (variant: Variant | undefined): number =>
    variant === undefined ? Number.NaN : quantilesMs(durationsNs.get(variant) ?? []).p50;
  return measured.map((variant) => {
    const { p50, p99 } = quantilesMs(durationsNs.get(variant) ?? []);
    const reference = measured.find(({ name, threads }) => name === 'armature' && threads === variant.threads);
    return {
      variant: variant.name,
      precision: variant.precision,
      threads: variant.threads,
      p50Ms: p50,
      p99Ms: p99,
      ticksPerSecond: 1000 / p50,
      timesAsLong: p50 / medianMs(reference),
    };
  });
}

function printTable(table: readonly Row[]): void {
  const { model, context } = policy.manifest;
  console.log(
    `Policy ${policy.manifest.name}: ${model.layers} layers of width ${model.width}, ` +
      `${policy.layout.observationPositions} observation positions, ${policy.layout.actionTokens} action tokens, ` +
      `${context.steps} step(s) of context; ${values.ticks} ticks each`,
  );
  const cells = [
    ['variant', 'precision', 'threads', 'p50 ms', 'p99 ms', 'ticks/s', 'times as long'],
    ...table.map((row) => [
      row.variant,
      row.precision,
      String(row.threads),
      row.p50Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      row.ticksPerSecond.toFixed(1),
      row.timesAsLong.toFixed(2),
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  for (const row of cells) {
    console.log(row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
  }
  for (const reason of missing) console.log(reason);
}

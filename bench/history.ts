import { MonotonicClock } from '../src/core/clock.ts';
import { loadPolicy } from '../src/policy/load-policy.ts';
import type { LoadedPolicy } from '../src/policy/load-policy.ts';
import { PolicyGraphs } from '../src/policy/policy-graphs.ts';
import { PolicySequence } from '../src/policy/policy-sequence.ts';
import { createState } from '../src/policy/state/create-state.ts';
import { blankFrame } from '../src/policy/warm-up.ts';
import { quantile } from '../src/runtime/statistics.ts';
import { readOptions } from './options.ts';

const { values, positionals } = readOptions({
  purpose: `Time of an action token, and of an observation, after a history of so many tokens.

Policies are measured side by side, such as one with a ring of keys and values, whose cost grows with what it sees, and a
recurrent one, whose cost does not. A ring is made as long as the history. Policies that have learnt nothing serve as well:

    python3 training/untrained.py /tmp/gato-10m --size 10M
    python3 training/untrained.py /tmp/retnet-10m --size 10M --family retnet
    npm run bench:history -- /tmp/gato-10m /tmp/retnet-10m`,
  positionals: '<policy ...>',
  options: {
    histories: { type: 'string', default: '100,1000,10000', value: 'counts', words: 'tokens of the past' },
    ticks: { type: 'string', default: '20', value: 'count', words: 'measured after each history' },
    threads: { type: 'string', default: '1', value: 'count', words: 'of each policy' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});
const histories = values.histories.split(',').map(Number);
const clock = new MonotonicClock();

interface Row {
  readonly policy: string;
  readonly state: string;
  readonly historyTokens: number;
  /** What it remembers the past by, MB. */
  readonly stateMb: number;
  readonly tokenMs: number;
  readonly observationMs: number;
}

/** A policy in the middle of an episode. */
interface Subject {
  readonly row: Pick<Row, 'policy' | 'state' | 'historyTokens' | 'stateMb'>;
  readonly tokenNs: number[];
  readonly observationNs: number[];
  tick(isMeasured: boolean): Promise<void>;
  close(): Promise<void>;
}

/** The policy, seeing so many tokens and the step under way. */
function seeing({ manifest, layout, directory }: LoadedPolicy, historyTokens: number): LoadedPolicy {
  const steps = Math.ceil(historyTokens / layout.positionsPerStep) + 1;
  const ringPositions = manifest.state.kind === 'recurrent' ? 0 : steps * layout.positionsPerStep;
  return { manifest: { ...manifest, context: { steps, ringPositions } }, layout, directory };
}

async function openSubject(loaded: LoadedPolicy, historyTokens: number): Promise<Subject> {
  const policy = seeing(loaded, historyTokens);
  const { manifest, layout } = policy;
  const state = createState(manifest);
  const graphs = await PolicyGraphs.open(policy, state, { provider: 'cpu', threads: Number(values.threads) });
  const sequence = new PolicySequence(graphs, state, manifest.context.steps);
  const frame = blankFrame(layout);
  const token = layout.spec.codec.textVocabulary;
  const [tokenNs, observationNs]: [number[], number[]] = [[], []];
  const timed = async (durations: number[], run: () => Promise<unknown>): Promise<void> => {
    const startNs = clock.nowNs();
    await run();
    durations.push(clock.nowNs() - startNs);
  };
  const tick = async (isMeasured: boolean): Promise<void> => {
    // What fills the history may run together; what is measured runs as it does on an arm.
    const alone = isMeasured ? layout.actionTokens - 1 : 0;
    await timed(isMeasured ? observationNs : [], () => sequence.pushObservation(frame));
    for (let slot = 0; slot < alone; slot += 1) await timed(tokenNs, () => sequence.pushToken(token));
    sequence.pushLast(Array<number>(layout.actionTokens - alone).fill(token));
  };
  for (let seen = 0; seen < historyTokens; seen += layout.positionsPerStep) await tick(false);
  const bytes = Object.values(state.inputs()).reduce((sum, { data }) => sum + data.byteLength, 0);
  const row = { policy: manifest.name, state: manifest.state.kind, historyTokens, stateMb: bytes / 1e6 };
  return { row, tokenNs, observationNs, tick, close: () => graphs.close() };
}

/** They take turns, so that a busy machine slows all of them alike. */
async function measure(policies: readonly LoadedPolicy[], historyTokens: number): Promise<Row[]> {
  const subjects: Subject[] = [];
  for (const policy of policies) subjects.push(await openSubject(policy, historyTokens));
  for (let tick = 0; tick < Number(values.ticks); tick += 1) for (const subject of subjects) await subject.tick(true);
  for (const subject of subjects) await subject.close();
  return subjects.map(({ row, tokenNs, observationNs }) => ({
    ...row,
    tokenMs: quantile(tokenNs, 0.5) / 1e6,
    observationMs: quantile(observationNs, 0.5) / 1e6,
  }));
}

const policies = positionals.map(loadPolicy);
const rows: Row[] = [];
for (const historyTokens of histories) rows.push(...(await measure(policies, historyTokens)));
if (values.json) console.log(JSON.stringify({ ticks: Number(values.ticks), threads: Number(values.threads), rows }));
else {
  console.log(`${'policy'.padEnd(24)} ${'state'.padEnd(14)} history  state MB  token ms  observation ms`);
  for (const { policy, state, historyTokens, stateMb, tokenMs, observationMs } of rows) {
    const numbers = [String(historyTokens).padStart(7), stateMb.toFixed(2).padStart(9), tokenMs.toFixed(2).padStart(9)];
    console.log(
      `${policy.padEnd(24)} ${state.padEnd(14)} ${numbers.join(' ')} ${observationMs.toFixed(2).padStart(15)}`,
    );
  }
}

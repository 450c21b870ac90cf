import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';

/** What a machine can do, measured through the runtime on as many threads as the policy has. */
export interface MachineRates {
  /** Bytes per second when a working set of so many bytes is read again and again. */
  readonly bytesPerSecond: (workingSetBytes: number) => Promise<number>;
  readonly int8OperationsPerSecond: number;
  readonly fp32OperationsPerSecond: number;
}

/** Work of one run of a graph. A multiplication and an addition are two operations. */
interface Work {
  readonly bytes: number;
  readonly int8Operations: number;
  readonly fp32Operations: number;
}

/** Of the square matrix of training/probe_graphs.py. */
const SIDE = 1024;
/** Of what that matrix is multiplied with. */
const ROWS = 1024;
/** Of the matrix that bandwidth is measured with; its rows follow from the working set. */
const COLUMNS = 4096;
/** Runs of which the best counts. */
const RUNS = 40;

/** Opens the graphs of training/probe_graphs.py and measures arithmetic; bandwidth follows for each working set. */
export async function measureMachine(probeFolder: string, threads: number): Promise<MachineRates> {
  const options = { intraOpNumThreads: threads };
  const open = (name: string): Promise<InferenceSession> =>
    InferenceSession.create(join(probeFolder, `${name}.onnx`), options);
  const vector = await open('vector');
  const known = new Map<number, number>();
  const bandwidth = async (bytes: number): Promise<number> => {
    const rows = Math.max(1, Math.round(bytes / 4 / COLUMNS));
    const rate = known.get(rows) ?? (await bestRate(vector, vectorFeeds(rows), rows * COLUMNS * 4));
    known.set(rows, rate);
    return rate;
  };
  const arithmetic = async (name: string): Promise<number> => {
    const x = new Tensor('float32', new Float32Array(ROWS * SIDE).fill(0.5), [ROWS, SIDE]);
    return bestRate(await open(name), { x }, 2 * ROWS * SIDE * SIDE);
  };
  return {
    bytesPerSecond: bandwidth,
    int8OperationsPerSecond: await arithmetic('int8'),
    fp32OperationsPerSecond: await arithmetic('fp32'),
  };
}

function vectorFeeds(rows: number): Record<string, Tensor> {
  return {
    x: new Tensor('float32', new Float32Array(rows).fill(1), [1, rows]),
    w: new Tensor('float32', new Float32Array(rows * COLUMNS).fill(0.5), [rows, COLUMNS]),
  };
}

/** The best of many runs: a roof is what can be reached. */
async function bestRate(session: InferenceSession, feeds: Record<string, Tensor>, amount: number): Promise<number> {
  let best = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now();
    await session.run(feeds);
    best = Math.max(best, amount / ((performance.now() - start) / 1000));
  }
  return best;
}

/**
 * The least time of a tick in int8, ms: every run of a graph reads its weights and the cache once, and multiplies what it
 * must; the greater of both counts. Activations, normalisation, softmax and the runtime's own work are not in it.
 */
export async function leastTickMs(policy: LoadedPolicy, machine: MachineRates): Promise<number> {
  const { layout, manifest } = policy;
  const isBehind = manifest.context.steps > 1;
  const observation = layout.observationPositions + (isBehind ? 1 : 0);
  const parts = [embedWork(policy), trunkWork(policy, observation)];
  for (let token = 1; token < layout.actionTokens; token += 1) parts.push(trunkWork(policy, 1));
  const [embed, trunk] = parts;
  const bytesPerSecond = await machine.bytesPerSecond((embed?.bytes ?? 0) + (trunk?.bytes ?? 0));
  const seconds = parts.map(({ bytes, int8Operations, fp32Operations }) =>
    Math.max(
      bytes / bytesPerSecond,
      int8Operations / machine.int8OperationsPerSecond + fp32Operations / machine.fp32OperationsPerSecond,
    ),
  );
  return 1000 * seconds.reduce((sum, second) => sum + second, 0);
}

function trunkWork({ manifest, layout }: LoadedPolicy, rows: number): Work {
  const { layers, width, heads, kvHeads, headWidth, feedForward } = manifest.model;
  const slots = manifest.context.steps > 1 ? manifest.context.ringPositions : 0;
  const keyValues = 2 * kvHeads * headWidth * width;
  const block = 2 * heads * headWidth * width + keyValues + 3 * feedForward * width;
  const logits = layout.spec.codec.bins * width;
  const attention = 4 * heads * headWidth * (slots + rows);
  return {
    bytes: layers * block + logits + 4 * 2 * layers * kvHeads * headWidth * slots,
    // Of the last layer one row is read out.
    int8Operations: 2 * (rows * ((layers - 1) * block + keyValues) + block - keyValues + logits),
    fp32Operations: attention * (rows * (layers - 1) + 1),
  };
}

function embedWork({ manifest, layout }: LoadedPolicy): Work {
  const config = manifest.training['config'] as { stem: string; stem_channels: number };
  const { width } = manifest.model;
  const { patchSize } = layout.spec;
  const channels = config.stem_channels;
  const grid = config.stem === 'full' ? patchSize : patchSize / 4;
  const leave = grid ** 2 * channels * width;
  if (config.stem === 'full') {
    const convolutions = channels * 3 * 9 + 2 * channels ** 2 * 9;
    const fp32Operations = 2 * layout.patches * patchSize ** 2 * convolutions;
    return { bytes: leave + 4 * convolutions, int8Operations: 2 * layout.patches * leave, fp32Operations };
  }
  const inner = grid ** 2 * channels;
  const matrices = 3 * patchSize ** 2 * inner + 2 * inner ** 2 + leave;
  return { bytes: matrices, int8Operations: 2 * layout.patches * matrices, fp32Operations: 0 };
}

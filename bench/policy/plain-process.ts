import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import { textIdCount } from '../../src/tokens/text.ts';
import { TokenEncoder } from '../../src/tokens/token-frame.ts';
import { exampleObservation } from './example.ts';
import { serveRounds } from './line-protocol.ts';

/**
 * Ticks of the plain export (training/plain_export.py) with the runtime's default settings: the past goes in, the past and
 * the new rows come out. Arguments are the policy's folder, that of the export, and the threads. Each tick starts from
 * the same past, so that cutting it to the window costs nothing here.
 */
const [folder = '', plainFolder = '', threads = '1'] = process.argv.slice(2);
const { layout, manifest } = loadPolicy(folder);
const options = { intraOpNumThreads: Number(threads) };
const observe = await InferenceSession.create(join(plainFolder, 'observe.onnx'), options);
const step = await InferenceSession.create(join(plainFolder, 'step.onnx'), options);

const { layers, kvHeads, headWidth, width } = manifest.model;
const { codec, text, patchSize } = layout.spec;
const pairs = Array.from({ length: layers }, (_, layer) => [`key_${layer}`, `value_${layer}`]).flat();
const pastRows = (manifest.context.steps - 1) * layout.positionsPerStep;
const past: Record<string, Tensor> = Object.fromEntries(
  pairs.map((name) => [
    `past_${name}`,
    new Tensor('float32', new Float32Array(kvHeads * pastRows * headWidth), [1, kvHeads, pastRows, headWidth]),
  ]),
);
const encoder = new TokenEncoder(layout);
const observation = exampleObservation(loadPolicy(folder));
const rowOffset = textIdCount(text) - codec.textVocabulary;

function integers(values: readonly number[], shape: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), shape);
}

async function tick(): Promise<readonly number[]> {
  const frame = encoder.encode(observation);
  const stateRows = [...frame.stateIds].map((id) => id + rowOffset);
  const { embeddings } = await observe.run({
    text: integers([...frame.textIds], [1, frame.textIds.length]),
    state: integers(stateRows, [1, stateRows.length]),
    patches: new Tensor('float32', frame.patches, [1, layout.patches, patchSize ** 2 * 3]),
  });
  let rows = { embeddings: embeddings as Tensor, tokens: integers([], [1, 0]) };
  let cache = past;
  const bins: number[] = [];
  for (let slot = 0; slot < layout.actionTokens; slot += 1) {
    const outputs = await step.run({ ...rows, slot: integers([slot], [1]), ...cache });
    const logits = outputs['logits']?.data as Float32Array;
    const bin = logits.indexOf(Math.max(...logits));
    bins.push(bin);
    cache = Object.fromEntries(pairs.map((name) => [`past_${name}`, outputs[`present_${name}`] as Tensor]));
    rows = {
      embeddings: new Tensor('float32', new Float32Array(0), [1, 0, width]),
      tokens: integers([textIdCount(text) + bin], [1, 1]),
    };
  }
  return bins;
}

await tick();
await serveRounds({}, tick);

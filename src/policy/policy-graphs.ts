import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';
import { ArmatureError, InvalidFileError, messageOf } from '../core/errors.ts';
import type { TokenFrame } from '../tokens/token-frame.ts';
import { DeviceCache } from './device-cache.ts';
import { wholeName } from './layer-inputs.ts';
import type { LoadedPolicy } from './load-policy.ts';
import type { Precision } from './model-manifest.ts';
import { executionProviders, openSession, preferredPrecision } from './providers.ts';
import type { SessionSettings } from './providers.ts';
import { StateTensors } from './state-tensors.ts';
import type { PolicyState, StateTensor } from './state/policy-state.ts';

export interface PolicyGraphsOptions extends SessionSettings {
  /** Default: the first precision the provider should run and the policy has. */
  readonly precision?: Precision | undefined;
  /** Whether the trunk is to tell what it attends to, where the policy has that. Default false. */
  readonly attention?: boolean | undefined;
}

/** Embeddings of an observation, shape (positions, width). */
export interface Embeddings {
  readonly values: Float32Array;
  readonly positions: number;
}

/** New positions for the trunk. Which come first as rows the state says; what sees what follows from the positions. */
export interface TrunkInput {
  readonly embeddings: Embeddings;
  /** Position of the first embedding in the sequence; the others follow it. */
  readonly embeddingsAt: number;
  /** Raw Gato ids of action tokens. */
  readonly tokens: readonly number[];
  /** Position of the first token in the sequence; the others follow it. */
  readonly tokensAt: number;
}

export interface TrunkOutput {
  /** For what follows the new row of the highest position, shape (bins); of all slots, shape (actionTokens, bins), in parallel. */
  readonly logits: Float32Array;
  /** What the state takes, by name: the runtime's own memory. */
  readonly outputs: ReadonlyMap<string, Float32Array>;
  readonly rows: number;
  /**
   * What the rows attended to that the logits are read from, as the mean over them, layers and heads: the slots of the cache,
   * then the rows of the run. Only where it was asked for.
   */
  readonly attention: Float32Array | undefined;
}

export const noEmbeddings: Embeddings = { values: new Float32Array(0), positions: 0 };

const EMBED = { inputs: ['text', 'state', 'patches'], outputs: ['embeddings'] };
const TRUNK = { inputs: ['embeddings', 'tokens', 'positions'], outputs: ['logits'] };

/** What a graph must take and give, by name. */
interface GraphInterface {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The two graphs of a policy in one precision, as typed functions. Inference blocks the thread. */
export class PolicyGraphs {
  readonly precision: Precision;
  readonly #embed: InferenceSession;
  readonly #trunk: InferenceSession;
  readonly #device: DeviceCache | undefined;
  readonly #remembered: StateTensors;
  readonly #width: number;
  readonly #text: BigInt64Array;
  readonly #state: BigInt64Array;
  readonly #patches: Float32Array;
  readonly #patchShape: readonly [number, number];

  private constructor(
    policy: LoadedPolicy,
    precision: Precision,
    sessions: {
      readonly embed: InferenceSession;
      readonly trunk: InferenceSession;
      readonly device: DeviceCache | undefined;
    },
  ) {
    this.precision = precision;
    this.#width = policy.manifest.model.width;
    this.#embed = sessions.embed;
    this.#trunk = sessions.trunk;
    this.#device = sessions.device;
    this.#remembered = new StateTensors(sessions.trunk.inputNames);
    const { layout } = policy;
    this.#patchShape = [layout.patches, layout.spec.patchSize ** 2 * 3];
    this.#text = new BigInt64Array(layout.textTokens);
    this.#state = new BigInt64Array(layout.stateTokens);
    this.#patches = new Float32Array(this.#patchShape[0] * this.#patchShape[1]);
  }

  /**
   * @param state what the trunk is to remember the past by
   * Throws InvalidFileError, E_PROVIDER_UNAVAILABLE or E_NO_SUCH_PRECISION.
   */
  static async open(policy: LoadedPolicy, state: PolicyState, options: PolicyGraphsOptions): Promise<PolicyGraphs> {
    const { manifest, directory } = policy;
    const precision = options.precision ?? preferredPrecision(manifest, options.provider);
    const files = precision === undefined ? undefined : manifest.files[precision];
    if (precision === undefined || files === undefined) {
      const wanted = precision === undefined ? executionProviders[options.provider].precisions : [precision];
      throw new ArmatureError('E_NO_SUCH_PRECISION', `policy "${manifest.name}" has no ${wanted.join(' or ')} graphs`, {
        expected: wanted.join(' or '),
        found: Object.keys(manifest.files).join(', '),
        remedy: 'Choose a precision the policy has, or export the missing one.',
      });
    }
    const embed = await openGraph(join(directory, files.embed.path), EMBED, options);
    try {
      const names = {
        inputs: [...TRUNK.inputs, ...state.inputNames],
        outputs: [...TRUNK.outputs, ...state.outputNames],
      };
      const attention = options.attention === true ? files.attention : undefined;
      const addition = attention === undefined ? undefined : join(directory, attention.path);
      const trunkPath = join(directory, files.trunk.path);
      const trunk = await openGraph(trunkPath, names, options, addition);
      try {
        requireLayers(trunkPath, trunk, state);
        const device = await openDeviceCache(trunk, state, options);
        return new PolicyGraphs(policy, precision, { embed, trunk, device });
      } catch (error) {
        await trunk.release();
        throw error;
      }
    } catch (error) {
      await embed.release();
      throw error;
    }
  }

  /** Throws E_POLICY_FRAME for a frame of another shape than the layout's. */
  async embed(frame: TokenFrame): Promise<Embeddings> {
    checkSize('textIds', frame.textIds.length, this.#text.length);
    checkSize('stateIds', frame.stateIds.length, this.#state.length);
    checkSize('patches', frame.patches.length, this.#patches.length);
    copyIds(frame.textIds, this.#text);
    copyIds(frame.stateIds, this.#state);
    // A copy: the runtime refuses shared memory, and the caller may reuse its frame meanwhile.
    this.#patches.set(frame.patches);
    const outputs = await run(this.#embed, {
      text: integers(this.#text),
      state: integers(this.#state),
      patches: new Tensor('float32', this.#patches, this.#patchShape),
    });
    const { values, dimensions } = output(outputs, 'embeddings');
    return { values, positions: dimensions[0] ?? 0 };
  }

  /** Runs the trunk over new positions: each sees those up to its own, and the state, which is not changed. */
  async trunk(input: TrunkInput, state: PolicyState): Promise<TrunkOutput> {
    const { embeddings, tokens } = input;
    const observed = countFrom(input.embeddingsAt, embeddings.positions);
    const decided = countFrom(input.tokensAt, tokens.length);
    const positions = state.rowOrder === 'tokens-first' ? [...decided, ...observed] : [...observed, ...decided];
    const results = await run(this.#trunk, {
      embeddings: new Tensor('float32', embeddings.values, [embeddings.positions, this.#width]),
      tokens: integers(BigInt64Array.from(tokens, BigInt)),
      positions: integers(BigInt64Array.from(positions)),
      ...(await this.#stateInputs(state)),
    });
    const outputs = new Map(state.outputNames.map((name) => [name, output(results, name).values]));
    const attention = results['attention'] === undefined ? undefined : output(results, 'attention').values;
    return { logits: output(results, 'logits').values, outputs, rows: positions.length, attention };
  }

  async #stateInputs(state: PolicyState): Promise<Readonly<Record<string, Tensor>>> {
    const tensors: Record<string, Tensor> = {};
    const rings: Record<string, StateTensor & { readonly slotVersions: Uint32Array }> = {};
    for (const [name, tensor] of Object.entries(state.inputs())) {
      const { slotVersions } = tensor;
      if (this.#device === undefined || slotVersions === undefined) {
        Object.assign(tensors, this.#remembered.tensors(name, tensor));
      } else {
        const parts = Object.entries(this.#remembered.parts(name, tensor));
        for (const [part, view] of parts) rings[part] = { ...view, slotVersions };
      }
    }
    return this.#device === undefined ? tensors : { ...tensors, ...(await this.#device.inputs(rings)) };
  }

  /** Frees the native memory. Not while a run is in flight. */
  async close(): Promise<void> {
    await this.#embed.release();
    await this.#trunk.release();
    await this.#device?.close();
  }
}

async function openGraph(
  path: string,
  names: GraphInterface,
  settings: SessionSettings,
  addition?: string,
): Promise<InferenceSession> {
  const session = await openSession(path, settings, addition);
  const { inputNames, outputNames } = session;
  // A graph may take an input layer by layer.
  const inputs = new Set(inputNames.map((name) => (names.inputs.includes(name) ? name : wholeName(name))));
  const hasInputs = inputs.size === names.inputs.length && names.inputs.every((name) => inputs.has(name));
  const differs = hasInputs ? 'outputs' : 'inputs';
  if (hasInputs && names.outputs.every((name) => outputNames.includes(name))) return session;
  await session.release();
  throw new InvalidFileError(path, `is not the graph of a policy: its ${differs} differ`, {
    expected: names[differs].join(', '),
    found: (hasInputs ? outputNames : inputNames).join(', '),
    remedy:
      'Export the policy again; check that embed and trunk are not exchanged and "state" is right in policy.json.',
  });
}

/** A trunk that takes a tensor layer by layer has to have as many layers as the state. */
function requireLayers(path: string, { inputNames }: InferenceSession, state: PolicyState): void {
  for (const [name, { shape }] of Object.entries(state.inputs())) {
    const parts = inputNames.filter((input) => input !== name && wholeName(input) === name);
    if (parts.length === 0 || parts.length === shape[0]) continue;
    throw new InvalidFileError(path, `takes "${name}" of another number of layers than policy.json tells`, {
      expected: `${shape[0]}, for model.layers`,
      found: String(parts.length),
      remedy: 'Export the policy again: policy.json and this graph belong to different models.',
    });
  }
}

async function run(session: InferenceSession, feeds: InferenceSession.FeedsType): Promise<InferenceSession.ReturnType> {
  try {
    return await session.run(feeds);
  } catch (cause) {
    throw new ArmatureError('E_POLICY_RUN', 'the policy graph refused its input', {
      found: messageOf(cause),
      remedy: 'Check that the token frame and policy.json belong to the same policy.',
      cause,
    });
  }
}

function output(
  outputs: InferenceSession.ReturnType,
  name: string,
): { readonly values: Float32Array; readonly dimensions: readonly number[] } {
  const tensor = outputs[name];
  if (tensor?.data instanceof Float32Array) return { values: tensor.data, dimensions: tensor.dims };
  throw new ArmatureError('E_POLICY_RUN', `the policy graph has no float32 output "${name}"`, {
    found: Object.keys(outputs).join(', '),
    remedy: 'Export the policy again.',
  });
}

/** Where the provider can keep a tensor in the memory of its device, and the trunk takes rings. */
async function openDeviceCache(
  trunk: InferenceSession,
  state: PolicyState,
  settings: SessionSettings,
): Promise<DeviceCache | undefined> {
  const rings = Object.entries(state.inputs()).filter(([, { slotVersions }]) => slotVersions !== undefined);
  if (rings.length === 0 || !executionProviders[settings.provider].keepsTensors) return undefined;
  const isRing = (name: string): boolean => rings.some(([ring]) => ring === name || ring === wholeName(name));
  return DeviceCache.open(trunk.inputNames.filter(isRing), settings);
}

function countFrom(first: number, count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => BigInt(first + index));
}

function integers(values: BigInt64Array): Tensor {
  return new Tensor('int64', values, [values.length]);
}

function copyIds(ids: Int32Array, target: BigInt64Array): void {
  for (let index = 0; index < target.length; index += 1) target[index] = BigInt(ids[index] ?? 0);
}

function checkSize(name: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new ArmatureError('E_POLICY_FRAME', `the token frame does not fit the policy: ${name} has the wrong length`, {
    expected: String(expected),
    found: String(found),
    remedy: 'Encode the observation with the token layout of this policy.',
  });
}

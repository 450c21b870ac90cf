import { decodeActions } from '../src/actions/action-codec.ts';
import type { Observation } from '../src/core/observation.ts';
import { Rng } from '../src/core/rng.ts';
import { loadRobot } from '../src/robot/load-robot.ts';
import { GatoAgent } from '../src/runtime/gato-agent.ts';
import { PolicyEngine } from '../src/policy/engine.ts';
import { KeyValueRing } from '../src/policy/key-value-ring.ts';
import type { LoadedPolicy } from '../src/policy/load-policy.ts';
import type { Precision } from '../src/policy/model-manifest.ts';
import { PolicyGraphs } from '../src/policy/policy-graphs.ts';
import { sampleBin } from '../src/policy/sampling.ts';
import { TokenEncoder } from '../src/tokens/token-frame.ts';
import type { TokenFrame } from '../src/tokens/token-frame.ts';

/** One way to run a control tick. */
export interface Variant {
  readonly name: string;
  readonly precision: Precision;
  readonly threads: number;
  /** Runs one tick: observation to action tokens, and those to joint targets. Returns the tokens. */
  tick(): Promise<readonly number[]>;
  close(): Promise<void>;
}

export interface VariantSettings {
  readonly precision: Precision;
  readonly threads: number;
}

/** An arm at rest before noise: what the images show does not change the time a tick takes. */
export function exampleObservation({ layout }: LoadedPolicy): Observation {
  const { spec, joints } = layout;
  const rng = new Rng(1);
  const sampled = <T>(value: T): { value: T; ageNs: number; fresh: boolean } => ({ value, ageNs: 0, fresh: true });
  const zeros = (): Float64Array => new Float64Array(joints);
  const images = spec.cameras.map(({ name, width, height }) => {
    const rgb = Uint8Array.from({ length: width * height * 3 }, () => rng.integer(256));
    return [name, sampled({ camera: name, width, height, rgb, stampNs: 0 })] as const;
  });
  return {
    tick: 0,
    timeNs: 0,
    instruction: spec.text.kind === 'words' ? (spec.text.vocabulary[1] ?? '') : 'lift the red cube',
    arm: sampled({ positionsRad: zeros(), velocitiesRadPerS: zeros(), effortsNm: zeros(), stampNs: 0 }),
    commandRad: zeros(),
    cameras: new Map(images),
  };
}

/** The engine as it runs on an arm: key-value cache, one new position per token. */
export async function cachedVariant(policy: LoadedPolicy, settings: VariantSettings): Promise<Variant> {
  const engine = await PolicyEngine.create(policy, settings);
  const allowed = everyBin(policy);
  const decide = async (frame: TokenFrame): Promise<readonly number[]> => (await engine.decide(frame, allowed)).tokens;
  return { name: 'armature', ...settings, tick: tickOf(policy, decide), close: () => engine.close() };
}

/** All of a decision as a run makes it: the engine, and the safety mask with its collision twin. The arm is at home. */
export async function agentVariant(policy: LoadedPolicy, settings: VariantSettings): Promise<Variant> {
  const robot = loadRobot(policy.manifest.robot);
  const agent = await GatoAgent.load(robot, policy.directory, settings);
  const example = exampleObservation(policy);
  const homeRad = Float64Array.from(robot.homeRad);
  const arm = { ...example.arm, value: { ...example.arm.value, positionsRad: homeRad } };
  const observation = { ...example, arm, commandRad: homeRad };
  const tick = async (): Promise<readonly number[]> => (await agent.act(observation)).trace?.actionTokens ?? [];
  return { name: 'with mask', ...settings, tick, close: () => agent.close() };
}

/** The same graphs without a cache: each token runs the whole sequence again. */
export async function uncachedVariant(policy: LoadedPolicy, settings: VariantSettings): Promise<Variant> {
  const graphs = await PolicyGraphs.open(policy, { ...settings, provider: 'cpu' });
  const { layers, kvHeads, headWidth } = policy.manifest.model;
  const empty = new KeyValueRing({ layers, kvHeads, headWidth, slots: 1 });
  const rng = new Rng(0);
  const decide = async (frame: TokenFrame): Promise<readonly number[]> => {
    const embeddings = await graphs.embed(frame);
    const tokens: number[] = [];
    for (const allowed of everyBin(policy)) {
      const input = { embeddings, embeddingsAt: 0, tokens, tokensAt: embeddings.positions };
      const { logits } = await graphs.trunk(input, empty);
      const { bin } = sampleBin(logits, { allowed, sampling: policy.manifest.sampling, rng });
      tokens.push(policy.manifest.tokens.codec.textVocabulary + bin);
    }
    return tokens;
  };
  return { name: 'no cache', ...settings, tick: tickOf(policy, decide), close: () => graphs.close() };
}

function everyBin({ layout }: LoadedPolicy): { low: number; high: number }[] {
  return Array.from({ length: layout.executedTokens }, () => ({ low: 0, high: layout.spec.codec.bins - 1 }));
}

function tickOf(
  policy: LoadedPolicy,
  decide: (frame: TokenFrame) => Promise<readonly number[]>,
): () => Promise<readonly number[]> {
  const encoder = new TokenEncoder(policy.layout);
  const observation = exampleObservation(policy);
  return async () => {
    const tokens = await decide(encoder.encode(observation));
    decodeActions(policy.layout.spec, tokens, observation.commandRad, observation.arm.value.positionsRad);
    return tokens;
  };
}

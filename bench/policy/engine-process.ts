import { decodeActions } from '../../src/actions/action-codec.ts';
import { PolicyEngine } from '../../src/policy/engine.ts';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import { TokenEncoder } from '../../src/tokens/token-frame.ts';
import { exampleObservation } from './example.ts';
import { serveRounds } from './line-protocol.ts';

/** Ticks of the engine as it runs on an arm, in a process of its own: arguments are the policy's folder, "spin" or "sleep", the threads, and "attention" where decisions tell it. */
const [folder = '', waiting = 'sleep', threads = '1', attention] = process.argv.slice(2);
const start = performance.now();
const policy = loadPolicy(folder);
const engine = await PolicyEngine.create(policy, {
  threads: Number(threads),
  spinning: waiting === 'spin',
  attention: attention !== undefined,
});
const loadMs = performance.now() - start;

const { spec } = policy.layout;
const encoder = new TokenEncoder(policy.layout);
const observation = exampleObservation(policy);
const allowed = Array.from({ length: policy.layout.executedTokens }, () => ({ low: 0, high: spec.codec.bins - 1 }));

async function tick(): Promise<void> {
  const { tokens } = await engine.decide(encoder.encode(observation), allowed);
  decodeActions(spec, tokens, observation.commandRad, observation.arm.value.positionsRad);
}

// The context is full after as many ticks as it has steps.
for (let step = 0; step < policy.manifest.context.steps; step += 1) await tick();
await serveRounds({ loadMs }, tick);
await engine.close();

import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { reasonOf, sessionOptions } from './providers.ts';
import type { ExecutionProviderName } from './providers.ts';

/** A graph of one node, y = x + x for x of shape (1), opset 17: the least a provider must be able to run. */
const DOUBLING_GRAPH = 'CAgSADo1Cg4KAXgKAXgSAXkiA0FkZBIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBE=';

/** Runs a graph on an execution provider. Resolves with what stands against it; undefined when it works. */
export async function tryProvider(provider: ExecutionProviderName): Promise<string | undefined> {
  env.logLevel = 'fatal';
  try {
    const session = await InferenceSession.create(
      Buffer.from(DOUBLING_GRAPH, 'base64'),
      sessionOptions({ provider, threads: 1 }),
    );
    try {
      const { y } = await session.run({ x: new Tensor('float32', [21], [1]) });
      return y?.data[0] === 42 ? undefined : `it computes 21 + 21 = ${String(y?.data[0])}`;
    } finally {
      await session.release();
    }
  } catch (cause) {
    return reasonOf(cause);
  }
}

import { ArmatureError } from '../core/errors.ts';
import { loadPolicy } from './load-policy.ts';
import { probePolicy } from './probe-policy.ts';
import type { ProviderReply, ProviderRequest } from './provider-messages.ts';
import { reasonOf } from './providers.ts';
import { tryProvider } from './try-provider.ts';

/**
 * Entry of a process that tries an execution provider for askProviderProcess: a driver that crashes or hangs takes
 * this process with it and no other.
 */

process.once('message', (request: ProviderRequest) => {
  void answer(request).then((reply) => process.send?.(reply, () => process.disconnect()));
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function answer(request: ProviderRequest): Promise<ProviderReply> {
  try {
    const { provider } = request;
    if (request.kind === 'presence') {
      const refusal = await tryProvider(provider);
      return refusal === undefined ? {} : { refusal };
    }
    const { precision, threads, directory } = request;
    return { probe: await probePolicy(loadPolicy(directory), { provider, precision, threads }) };
  } catch (error) {
    // Where the library said something, the rest is about this project.
    return { refusal: reasonOf(error instanceof ArmatureError ? (error.cause ?? error) : error) };
  }
}

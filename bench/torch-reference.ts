import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { encodeObservation } from '../src/tokens/token-frame.ts';
import type { LoadedPolicy } from '../src/policy/load-policy.ts';
import { exampleObservation } from './tick-variants.ts';
import type { Variant } from './tick-variants.ts';

const script = fileURLToPath(new URL('../training/bench_reference.py', import.meta.url));

/**
 * The same model in PyTorch with a key-value cache of its own, in a Python process that runs one tick per
 * line it is sent. Weights are the checkpoint's, else those beside the policy, else random ones, which take the same time.
 * The reason instead, when Python, PyTorch or the checkpoint is not there.
 */
export async function torchVariant(
  policy: LoadedPolicy,
  settings: { readonly threads: number; readonly checkpoint: string },
): Promise<Variant | string> {
  const { threads, checkpoint } = settings;
  const options = ['--policy', policy.directory, '--threads', String(threads), '--checkpoint', checkpoint];
  const child = spawn('python3', [script, ...options], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Spinning threads lose a hundredfold on a shared core; the engine's do not spin either.
    env: { ...process.env, OMP_WAIT_POLICY: 'passive' },
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve(complaint.trim().split('\n').at(-1) ?? ''));
  });
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (message: unknown): Promise<readonly number[]> => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    const answer = await lines.next();
    if (answer.done === true) throw new Error(`PyTorch not available: ${await failed}`);
    return JSON.parse(answer.value) as number[];
  };
  const frame = encodeObservation(policy.layout, exampleObservation(policy));
  try {
    await ask({
      textIds: [...frame.textIds],
      stateIds: [...frame.stateIds],
      patches: [...frame.patches],
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return {
    name: 'PyTorch',
    precision: 'fp32',
    threads,
    tick: () => ask('tick'),
    close: async () => {
      child.stdin.end();
      await failed;
    },
  };
}

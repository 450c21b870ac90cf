import { readFileSync } from 'node:fs';
import { env, InferenceSession } from 'onnxruntime-node';
import { ArmatureError, InvalidFileError, messageOf } from '../core/errors.ts';
import type { ModelManifest, Precision } from './model-manifest.ts';

interface ExecutionProvider {
  /** Precisions it should run, preferred first. */
  readonly precisions: readonly Precision[];
  /** Whether outputs can stay in the memory of its device, and be inputs of the next run: the binding has it for WebGPU only. */
  readonly keepsTensors: boolean;
  /** What a machine needs that does not have it. */
  readonly remedy: string;
}

/** Where the graphs can run, by ONNX Runtime's names. The native package brings cpu, and webgpu, dml or coreml; the others need libraries of their own. */
export const executionProviders = {
  cpu: {
    precisions: ['int8', 'fp32', 'fp16', 'int4'],
    keepsTensors: false,
    remedy: 'Install onnxruntime-node for this platform.',
  },
  webgpu: {
    // Whether the int8 kernels of the trunk run there or fall to the processor is not established.
    precisions: ['fp32', 'fp16', 'int4'],
    keepsTensors: true,
    remedy: 'It needs a graphics adapter with a current Vulkan, Metal or Direct3D 12 driver; or choose "cpu".',
  },
  cuda: {
    precisions: ['fp32', 'fp16', 'int4'],
    keepsTensors: false,
    remedy: 'It needs an NVIDIA GPU with CUDA and cuDNN: see docs/gpu.md; or choose "cpu".',
  },
  tensorrt: {
    precisions: ['fp32', 'fp16'],
    keepsTensors: false,
    remedy: 'It needs an NVIDIA GPU with CUDA, cuDNN and TensorRT: see docs/gpu.md; or choose "cpu".',
  },
  coreml: {
    precisions: ['fp32', 'fp16'],
    keepsTensors: false,
    remedy: 'It is part of macOS; elsewhere, choose "cpu".',
  },
  dml: {
    precisions: ['fp32', 'fp16', 'int4'],
    keepsTensors: false,
    remedy: 'DirectML is part of Windows, and needs a Direct3D 12 driver; elsewhere, choose "cpu".',
  },
} as const satisfies Record<string, ExecutionProvider>;

export type ExecutionProviderName = keyof typeof executionProviders;

/** The first of a provider's precisions that a policy has; undefined when it has none of them. */
export function preferredPrecision({ files }: ModelManifest, provider: ExecutionProviderName): Precision | undefined {
  return executionProviders[provider].precisions.find((precision) => files[precision] !== undefined);
}

export interface SessionSettings {
  readonly provider: ExecutionProviderName;
  /** Threads of one inference, this one included. */
  readonly threads: number;
  /**
   * Whether threads wait for each other by spinning while a run lasts: a third less time on cores that nothing else uses,
   * up to twice as much on shared ones. Default false.
   */
  readonly spinning?: boolean | undefined;
}

/** The session options for these settings. */
export function sessionOptions({
  provider,
  threads,
  spinning = false,
}: SessionSettings): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Parallel execution of nodes takes 1.7 times as long on a decoder, which is one chain.
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Spinning threads stop when the run ends: between ticks they would take the core the control loop needs. The runtime
    // reads these options only in nested form and only as strings.
    extra: { session: { intra_op: { allow_spinning: spinning ? '1' : '0' }, force_spinning_stop: '1' } },
    // 4 is fatal only: failures arrive as exceptions, and the library prints nothing.
    logSeverityLevel: 4,
  };
}

/**
 * Opens one graph. There is no silent fallback: a provider that cannot be had is an error, since a
 * policy that quietly runs ten times slower misses its ticks.
 * @param addition a file of more nodes and outputs for the graph: messages of protobuf that stand one behind the other are one
 * Throws E_PROVIDER_UNAVAILABLE, or InvalidFileError for a file that is not a usable graph.
 */
export async function openSession(
  path: string,
  settings: SessionSettings,
  addition?: string,
): Promise<InferenceSession> {
  env.logLevel = 'fatal';
  try {
    if (addition === undefined) return await InferenceSession.create(path, sessionOptions(settings));
    const graph = Buffer.concat([readFileSync(path), readFileSync(addition)]);
    return await InferenceSession.create(graph, sessionOptions(settings));
  } catch (cause) {
    const found = messageOf(cause);
    if (settings.provider === 'cpu') {
      throw new InvalidFileError(path, 'is not a graph the runtime can load', {
        found,
        remedy: 'Fetch the model again, or export it again.',
        cause,
      });
    }
    throw new ArmatureError('E_PROVIDER_UNAVAILABLE', `execution provider "${settings.provider}" cannot run ${path}`, {
      found,
      remedy: executionProviders[settings.provider].remedy,
      cause,
    });
  }
}

/** What the runtime says in one line, without the place in its own source. */
export function reasonOf(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n');
  return line.replace(/^\/\S+:\d+ .* was false\. /, '');
}

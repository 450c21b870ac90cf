import { listSupportedBackends } from 'onnxruntime-node';

export interface ProviderPresence {
  /** ONNX Runtime's own name: "cpu", "webgpu", "cuda", … */
  readonly name: string;
  /** Whether its library came with the package; the others need one installed besides. */
  readonly bundled: boolean;
}

/** Execution providers the installed ONNX Runtime knows. */
export function listProviders(): ProviderPresence[] {
  return listSupportedBackends().map(({ name, bundled }) => ({ name, bundled }));
}

import type { Precision } from './model-manifest.ts';
import type { PolicyProbe } from './probe-policy.ts';
import type { ExecutionProviderName } from './providers.ts';

/** What a provider process shall do; it answers once and ends. */
export type ProviderRequest =
  /** Run the least graph there is. */
  | { readonly kind: 'presence'; readonly provider: ExecutionProviderName }
  /** Run a policy. */
  | {
      readonly kind: 'policy';
      readonly provider: ExecutionProviderName;
      /** Folder of policy.json. */
      readonly directory: string;
      readonly precision: Precision;
      readonly threads?: number;
    };

/** `probe` answers a policy that ran; `refusal` says in a line why it did not, or why the provider does not work. */
export interface ProviderReply {
  readonly probe?: PolicyProbe;
  readonly refusal?: string;
}

import type { JSX } from 'preact';
import type { Trouble } from '../../../src/serve/replay/replay-messages.ts';

/** What is wrong, and what to do. */
export function TroubleText({ trouble }: { readonly trouble: Trouble }): JSX.Element {
  return (
    <p class="trouble" role="alert">
      <span class="warn">{trouble.problem}</span> {trouble.remedy}
    </p>
  );
}

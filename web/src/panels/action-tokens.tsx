import type { JSX } from 'preact';
import type { FrameMessage } from '../../../src/serve/messages.ts';
import { percent } from '../words.ts';

type Strip = NonNullable<FrameMessage['strip']>;
type Action = Strip['actions'][number];

/** What was chosen for each joint, how surely, and what the safety mask left to choose from. */
export function ActionTokens({ strip }: { readonly strip: Strip }): JSX.Element {
  const isMaskTold = strip.actions.some(({ allowed }) => allowed !== null);
  return (
    <div class="group">
      <span class="label">
        actions: the token of each joint, how sure the policy was of it, and what it could choose from
      </span>
      <ol class="actions">
        {strip.actions.map((action) => (
          <li key={action.joint} class={action.isMasked ? 'action masked' : 'action'}>
            <span class="row">
              <b>{action.joint}</b>
              <span class="spacer" />
              <span class="figure">{action.id}</span>
            </span>
            {action.isKept ? (
              <span class="warn">came too late: as before</span>
            ) : (
              <span class="row">
                <span class="bar">
                  <i style={{ width: `${100 * action.probability}%` }} />
                </span>
                <span class="figure share">{percent(action.probability)}</span>
              </span>
            )}
            {action.allowed !== null && <MaskBar action={action} allowed={action.allowed} bins={strip.bins} />}
          </li>
        ))}
      </ol>
      {isMaskTold && (
        <p class="row mask-legend quiet" aria-hidden="true">
          <span class="key forbidden">forbidden by the safety mask</span>
          <span class="key chosen">chosen</span>
          <span class="key likeliest">the policy’s first choice, where it was not allowed</span>
        </p>
      )}
    </div>
  );
}

interface MaskBarProps {
  readonly action: Action;
  readonly allowed: readonly number[];
  readonly bins: number;
}

/** All the bins of a token from left to right. */
function MaskBar({ action, allowed, bins }: MaskBarProps): JSX.Element {
  const { bin, isMasked, likeliest } = action;
  const [low = 0, high = bins - 1] = allowed;
  const at = (place: number): string => `${(100 * place) / bins}%`;
  const isMoved = isMasked && likeliest !== null && likeliest !== bin;
  const isAll = low === 0 && high === bins - 1;
  const words = isAll ? `all ${bins} bins allowed` : `bins ${low} to ${high} allowed`;
  return (
    <>
      <span class="mask" role="img" aria-label={`Of ${bins} bins: ${words}, ${bin} chosen`}>
        <i class="forbidden" style={{ left: 0, width: at(low) }} />
        <i class="forbidden" style={{ left: at(high + 1), right: 0 }} />
        {isMoved && <i class="likeliest" style={{ left: at(likeliest + 0.5) }} />}
        <i class="chosen" style={{ left: at(bin + 0.5) }} />
      </span>
      <small>
        {words}
        {isMoved && `, wanted ${likeliest}`}
      </small>
    </>
  );
}

import type { JSX } from 'preact';
import { attentionShares } from '../attention.ts';
import type { FrameMessage } from '../../../src/serve/messages.ts';
import { ATTENTION_UNKNOWN, percent } from '../words.ts';

type Strip = NonNullable<FrameMessage['strip']>;

/** What the policy attended to as it chose, kind by kind: a bar and the same in numbers. */
export function AttentionShares({ strip }: { readonly strip: Strip }): JSX.Element {
  if (strip.attention === null) {
    return (
      <p class="quiet" data-testid="attention">
        {ATTENTION_UNKNOWN}
      </p>
    );
  }
  const shares = attentionShares(strip.images, strip.states, strip.attention);
  const heard = strip.attention.words.map((share, index) => ({ share, word: strip.words[index]?.word ?? '' }));
  const loudest = heard.toSorted((a, b) => b.share - a.share).slice(0, 2);
  return (
    <div class="group" data-testid="attention">
      <span class="label">
        what it attended to
        {loudest.length > 0 && `, of the words most to ${loudest.map(({ word }) => `“${word}”`).join(' and ')}`}
      </span>
      <span class="shares" aria-hidden="true">
        {shares.map(({ name, kind, share }) => (
          <i key={name} class={kind} style={{ width: `${100 * share}%` }} />
        ))}
      </span>
      <ol class="share-words">
        {shares.map(({ name, kind, share }) => (
          <li key={name} class={`key ${kind}`}>
            {name} {percent(share)}
          </li>
        ))}
      </ol>
    </div>
  );
}

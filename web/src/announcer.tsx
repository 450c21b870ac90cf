import type { JSX } from 'preact';
import { useNews } from './use-news.ts';
import type { ViewSource } from './view-source.ts';
import { announcement } from './words.ts';

/** Says to screen readers what happens, but only what happens seldom: the gate slows and speeds many times a second. */
export function Announcer({ source }: { readonly source: ViewSource }): JSX.Element {
  useNews(source, ['link', 'frame'], 500);
  return (
    <p class="unseen" role="status" data-testid="announcement">
      {source.state === 'lost' ? 'No connection to the runtime.' : announcement(source.frame)}
    </p>
  );
}

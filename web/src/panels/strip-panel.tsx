import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import { AttentionShares } from './attention-shares.tsx';
import { ActionTokens } from './action-tokens.tsx';
import { Group, StateTokens, WordTokens } from './token-groups.tsx';
import { paintPatches } from '../paint.ts';
import { useNews } from '../use-news.ts';
import type { ViewSource } from '../view-source.ts';

/** The newest decision as the sequence of tokens that it is: what went in, what came out. */
export function StripPanel({ source }: { readonly source: ViewSource }): JSX.Element {
  useNews(source, ['frame'], 100);
  const strip = source.frame?.strip;
  return (
    <section class="strip" aria-labelledby="strip-title">
      <h2 id="strip-title">Tokens of the newest decision</h2>
      {strip === null || strip === undefined ? (
        <p class="quiet">No decision yet.</p>
      ) : (
        <div class="tokens" data-testid="tokens">
          <div class="observation">
            <WordTokens words={strip.words} />
            {strip.images.map(({ camera, patches, columns }) => (
              <Group key={camera} label={`${camera}, ${patches} patches`}>
                <Patches source={source} camera={camera} columns={columns} rows={patches / columns} />
              </Group>
            ))}
            <StateTokens states={strip.states} />
          </div>
          <AttentionShares strip={strip} />
          <ActionTokens strip={strip} />
        </div>
      )}
    </section>
  );
}

interface PatchesProps {
  readonly source: ViewSource;
  readonly camera: string;
  readonly columns: number;
  readonly rows: number;
}

/** A picture as the policy takes it: in pieces. */
function Patches({ source, camera, columns, rows }: PatchesProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<unknown>(undefined);
  useEffect(() => {
    const picture = source.pictures.get(camera);
    if (canvas.current === null || picture === undefined || picture === drawn.current) return;
    drawn.current = picture;
    paintPatches(canvas.current, picture, columns, rows);
  });
  return <canvas ref={canvas} class="patches" role="img" aria-label={`${columns} by ${rows} patches`} />;
}

import { useEffect, useReducer } from 'preact/hooks';
import type { Topic, ViewSource } from './view-source.ts';

/**
 * Draws a component again when one of these topics has news, at most once in `periodMs`; the last news is always drawn. What
 * people read changes a few times a second, however often it is told.
 */
export function useNews(source: ViewSource, topics: readonly Topic[], periodMs = 0): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const key = topics.join(' ');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let drawnMs = -Infinity;
    const draw = (): void => {
      timer = undefined;
      drawnMs = performance.now();
      redraw(undefined);
    };
    const stop = source.listen(
      () => {
        if (timer !== undefined) return;
        const waitMs = drawnMs + periodMs - performance.now();
        if (waitMs <= 0) draw();
        else timer = setTimeout(draw, waitMs);
      },
      key.split(' ') as Topic[],
    );
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [source, key, periodMs]);
}

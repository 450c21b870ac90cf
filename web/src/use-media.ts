import { useEffect, useState } from 'preact/hooks';

export const DARK = '(prefers-color-scheme: dark)';
export const LESS_MOTION = '(prefers-reduced-motion: reduce)';

/** Whether a media query holds, now and whenever that changes. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const list = window.matchMedia(query);
    const note = (): void => setHolds(list.matches);
    note();
    list.addEventListener('change', note);
    return () => list.removeEventListener('change', note);
  }, [query]);
  return holds;
}

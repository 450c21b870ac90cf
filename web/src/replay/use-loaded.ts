import { useEffect, useState } from 'preact/hooks';
import type { Trouble } from '../../../src/serve/replay/replay-messages.ts';
import { RefusedError } from './archive.ts';

export interface Loaded<Value> {
  readonly value: Value | undefined;
  readonly trouble: Trouble | undefined;
}

/** What is asked for again whenever the key changes; the last one is shown until the next has come. An empty key asks for nothing. */
export function useLoaded<Value>(key: string, load: () => Promise<Value>): Loaded<Value> {
  const [loaded, setLoaded] = useState<Loaded<Value> & { readonly key: string }>({
    key: '',
    value: undefined,
    trouble: undefined,
  });
  useEffect(() => {
    if (key === '') return undefined;
    let isCurrent = true;
    load().then(
      (value) => isCurrent && setLoaded({ key, value, trouble: undefined }),
      (error: unknown) => isCurrent && setLoaded({ key, value: undefined, trouble: troubleOf(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return key === '' ? { value: undefined, trouble: undefined } : loaded;
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof RefusedError) return error.trouble;
  return { problem: error instanceof Error ? error.message : String(error), remedy: 'Load the page again.' };
}

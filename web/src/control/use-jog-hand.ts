import { useEffect, useState } from 'preact/hooks';
import { HELD_PERIOD_MS } from '../../../src/serve/control-messages.ts';
import type { Connection } from '../connection.ts';
import { BrowserKeys } from './browser-keys.ts';
import { JogHand } from './jog-hand.ts';

/** The hand of a page while it has the control, and undefined while it has not. */
export function useJogHand(connection: Connection, hasControl: boolean): JogHand | undefined {
  const [hand, setHand] = useState<JogHand>();
  useEffect(() => {
    if (!hasControl) return undefined;
    const keys = new BrowserKeys();
    const opened = new JogHand({
      keys,
      // Some browsers have it only for pages of their own computer, or encrypted ones.
      pads: () => ('getGamepads' in navigator ? navigator.getGamepads() : undefined),
      nowMs: () => performance.now(),
      say: ({ axes, isDeadManHeld }) => {
        const seenMs = connection.control?.beatMs;
        if (seenMs !== undefined) connection.ask({ kind: 'jog', axes, isDeadManHeld, seenMs });
      },
      act: (action) => connection.ask({ kind: 'set', action }),
    });
    const letGo = (): void => opened.letGo();
    const timer = setInterval(() => document.hidden || opened.tick(), HELD_PERIOD_MS);
    document.addEventListener('visibilitychange', letGo);
    window.addEventListener('blur', letGo);
    setHand(opened);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', letGo);
      window.removeEventListener('blur', letGo);
      opened.close();
      keys.close();
      setHand(undefined);
    };
  }, [connection, hasControl]);
  return hand;
}

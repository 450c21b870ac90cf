import type { JogAction } from '../jog/jog-device.ts';
import type { KeyEvent } from './key-source.ts';

const ACTIONS: Readonly<Record<string, JogAction>> = {
  m: { kind: 'next-mode' },
  '+': { kind: 'faster' },
  '=': { kind: 'faster' },
  '-': { kind: 'slower' },
};

/** What a key sets, whatever device moves the arm. Undefined: nothing. */
export function actionOfKey({ key, kind, ctrl, alt }: KeyEvent): JogAction | undefined {
  if (kind !== 'press' || ctrl || alt) return undefined;
  return /^[1-9]$/.test(key) ? { kind: 'joint', number: Number(key) } : ACTIONS[key];
}

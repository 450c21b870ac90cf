import { useEffect } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import type { JogAxes } from '../../../src/teleop/jog/jog-input.ts';
import type { JogHand } from './jog-hand.ts';

export interface HoldButtonProps {
  readonly hand: JogHand | undefined;
  /** Where in its group; a name of the style sheet. */
  readonly place: string;
  readonly push: Partial<JogAxes>;
  /** What it does, for who does not see it. */
  readonly label: string;
  /** The key that does the same. */
  readonly hint: string;
  readonly children: ComponentChildren;
}

/** Moves the arm for as long as it is held, by a pointer, a finger, or Enter. */
export function HoldButton({ hand, place, push, label, hint, children }: HoldButtonProps): JSX.Element {
  const release = (): void => hand?.release(label);
  // A button that goes away with the mode hears nothing more of the pointer, and not every browser takes the focus from it.
  useEffect(() => () => hand?.release(label), [hand, label]);
  return (
    <button
      type="button"
      class={`hold ${place}`}
      aria-label={`${label}, for as long as it is held`}
      title={`${label}: key ${hint}`}
      disabled={hand === undefined}
      data-testid={`jog-${label.replaceAll(' ', '-')}`}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        hand?.press(label, push);
      }}
      onPointerUp={release}
      onPointerCancel={release}
      onLostPointerCapture={release}
      // Any other key lets go: a shortcut may hide that Enter was released.
      onKeyDown={(event) => (event.key === 'Enter' ? hand?.press(label, push) : release())}
      onKeyUp={(event) => event.key === 'Enter' && release()}
      onBlur={release}
      onContextMenu={(event) => event.preventDefault()}
    >
      {children}
      <kbd>{hint}</kbd>
    </button>
  );
}

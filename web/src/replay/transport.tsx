import { useEffect } from 'preact/hooks';
import type { JSX, TargetedInputEvent } from 'preact';
import { SPEEDS } from '../../../src/serve/replay/playback.ts';
import { figure } from '../words.ts';
import { usePlayer } from './player.ts';
import type { Player } from './player.ts';

/** Rows of a step with the shift key held. */
const LONG_STEP = 10;

/** Where one is in time: to play, to drag, and to step with the keys. */
export function Transport({ player }: { readonly player: Player }): JSX.Element {
  const { playback, row, timesS, endS } = usePlayer(player);
  useEffect(() => goWithKeys(player), [player]);
  const drag = (event: TargetedInputEvent<HTMLInputElement>): void => player.seekRow(Number(event.currentTarget.value));
  const choose = (event: TargetedInputEvent<HTMLSelectElement>): void => {
    player.speed = Number(event.currentTarget.value);
  };
  return (
    <section class="transport" aria-label="Time" data-testid="transport">
      <button type="button" class="play" onClick={() => player.toggle()} data-testid="play">
        {playback.isPlaying ? 'Pause' : 'Play'}
      </button>
      <button type="button" aria-label="One row back" onClick={() => player.step(-1)}>
        ◂
      </button>
      <button type="button" aria-label="One row on" onClick={() => player.step(1)}>
        ▸
      </button>
      <input
        type="range"
        min={0}
        max={Math.max(0, timesS.length - 1)}
        value={row}
        aria-label="Row"
        aria-valuetext={`${figure(playback.timeS, 2)} of ${figure(endS, 2)} seconds`}
        onInput={drag}
        data-testid="slider"
      />
      <output class="figure" data-testid="time">
        {figure(playback.timeS, 2)} of {figure(endS, 2)} s, row {row}
      </output>
      <label>
        Speed
        <select value={playback.speed} onInput={choose}>
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed} ×
            </option>
          ))}
        </select>
      </label>
      <small class="keys">space plays, arrows step, with shift {LONG_STEP} rows</small>
    </section>
  );
}

/** Arrows step, space plays, Home and End go to the ends, wherever these keys have no other meaning. */
function goWithKeys(player: Player): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (hasOtherMeaning(event)) return;
    if (goWithKey(player, event)) event.preventDefault();
  };
  window.addEventListener('keydown', onKey);
  return () => window.removeEventListener('keydown', onKey);
}

/** What has the focus, or the browser itself, keeps the keys that it understands. */
function hasOtherMeaning({ target, key, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
  const isRange = target instanceof HTMLInputElement && target.type === 'range';
  return (
    target instanceof HTMLSelectElement ||
    target instanceof HTMLVideoElement ||
    (target instanceof HTMLInputElement && !isRange) ||
    (key === ' ' && target instanceof HTMLButtonElement) ||
    altKey ||
    ctrlKey ||
    metaKey
  );
}

/** Returns whether the key goes anywhere, so that the others are left to the browser. */
function goWithKey(player: Player, { key, shiftKey }: KeyboardEvent): boolean {
  const rows = shiftKey ? LONG_STEP : 1;
  if (key === 'ArrowLeft') player.step(-rows);
  else if (key === 'ArrowRight') player.step(rows);
  else if (key === 'Home') player.seek(0);
  else if (key === 'End') player.seek(player.endS);
  else if (key === ' ') player.toggle();
  else return false;
  return true;
}

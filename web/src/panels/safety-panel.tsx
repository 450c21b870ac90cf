import type { JSX } from 'preact';
import type { PanelProps } from '../app.tsx';
import { ResetStop } from '../control/reset-stop.tsx';
import { GateWords } from './gate-words.tsx';
import { SpeedSlider } from './speed-slider.tsx';

/** What the gate does, why, and how fast it lets the arm go. */
export function SafetyPanel({ connection }: PanelProps): JSX.Element {
  return (
    <section class="safety" aria-labelledby="safety-title">
      <h2 id="safety-title">Safety gate</h2>
      <ResetStop connection={connection} />
      <SpeedSlider connection={connection} />
      <GateWords source={connection} />
    </section>
  );
}

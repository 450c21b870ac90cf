import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { PanelProps } from '../app.tsx';
import { SPEED_PERCENT, settle, speedRequest } from '../speed-choice.ts';
import type { SpeedChoice } from '../speed-choice.ts';
import { useNews } from '../use-news.ts';
import { percent } from '../words.ts';

/** What was asked for is shown for so long, ms; then what holds is shown again. */
const ANSWER_MS = 2000;

/** How fast the gate lets the arm go at most. What may not be asked for from here snaps back, with the reason beside it. */
export function SpeedSlider({ connection }: PanelProps): JSX.Element {
  useNews(connection, ['hello', 'frame', 'notice', 'link'], 100);
  const { frame, hello, notice, state } = connection;
  const known = frame?.gate.speedShare;
  const [dragged, setDragged] = useState<number>();
  const [choice, setChoice] = useState<SpeedChoice>({ why: '' });
  const { asked, why } = choice;
  const share = asked?.share ?? known ?? 1;
  const refusal =
    asked !== undefined && notice !== asked.before && notice?.level === 'refused' ? notice.text : undefined;
  const isSettled = (known !== undefined && known === asked?.share) || refusal !== undefined;

  useEffect(() => {
    if (asked === undefined) return undefined;
    const settleIt = (): void => setChoice((now) => settle(now, asked, refusal));
    if (isSettled) {
      settleIt();
      return undefined;
    }
    // Before the first episode nothing tells how fast it will be.
    if (known === undefined) return undefined;
    const timer = setTimeout(settleIt, ANSWER_MS);
    return () => clearTimeout(timer);
  }, [asked, isSettled, refusal, known]);

  const choose = (wanted: number): void => {
    setDragged(undefined);
    const request = speedRequest(wanted, { share, isOperator: hello?.isOperator ?? false });
    if (typeof request === 'object') {
      connection.ask(request);
      setChoice({ asked: { share: wanted, before: notice }, why: '' });
    } else setChoice((now) => ({ ...now, why: request ?? '' }));
  };
  const shown = dragged ?? share;
  const { lowest, highest, step } = SPEED_PERCENT;
  return (
    <div class="speed">
      <div class="row">
        <label for="speed">Highest speed</label>
        <output for="speed" class="figure" data-testid="speed-value">
          {percent(shown)}
        </output>
      </div>
      <input
        id="speed"
        type="range"
        min={lowest}
        max={highest}
        step={step}
        value={Math.round(100 * shown)}
        disabled={state !== 'open'}
        aria-valuetext={`${percent(shown)} of the velocity limits`}
        aria-describedby="speed-why"
        data-testid="speed"
        onInput={(event) => setDragged(Number(event.currentTarget.value) / 100)}
        onChange={(event) => choose(Number(event.currentTarget.value) / 100)}
      />
      <p id="speed-why" class="refused" role="status" data-testid="speed-why">
        {why}
      </p>
    </div>
  );
}

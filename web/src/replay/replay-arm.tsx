import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { rowAt } from '../../../src/serve/replay/playback.ts';
import type { TrackMessage } from '../../../src/serve/replay/replay-messages.ts';
import { ArmView, VIEWPOINTS } from '../arm-view.ts';
import type { Viewpoint } from '../arm-view.ts';
import type { Player } from './player.ts';

type Ghost = 'sent' | 'requested';

interface ReplayArmProps {
  readonly track: TrackMessage;
  /** The one that it is compared with: it is the ghost then. */
  readonly other: TrackMessage | undefined;
  readonly player: Player;
}

/** The arm as it was measured, solid, and as a ghost what it was told, or asked, or what another one did at that time. */
export function ReplayArm({ track, other, player }: ReplayArmProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<ArmView | undefined>(undefined);
  const [problem, setProblem] = useState('');
  const [ghost, setGhost] = useState<Ghost>('sent');
  const hasScene = track.scene !== null;

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    try {
      view.current = new ArmView(element);
    } catch {
      setProblem('This browser draws nothing in three dimensions (no WebGL). Everything else works without.');
      return undefined;
    }
    const observer = new ResizeObserver(() => view.current?.resize(element.clientWidth, element.clientHeight));
    observer.observe(element);
    return () => {
      observer.disconnect();
      view.current?.dispose();
      view.current = undefined;
    };
  }, [hasScene]);
  useEffect(() => {
    if (track.scene !== null) view.current?.show(track.scene);
    const draw = (): void => pose(view.current, { track, other, ghost, timeS: player.timeS });
    draw();
    return player.listen(draw);
  }, [track, other, ghost, player]);

  return (
    <section class="arm" aria-labelledby="arm-title">
      <h2 id="arm-title">Arm</h2>
      {hasScene ? (
        <div class="stage">
          <canvas ref={canvas} role="img" aria-label="The arm at this time, in three dimensions" data-testid="arm" />
        </div>
      ) : (
        <p class="quiet">{track.withoutScene}</p>
      )}
      {problem !== '' && <p class="problem">{problem}</p>}
      {hasScene && (
        <div class="row below">
          <span class="key solid">{other === undefined ? 'measured' : 'this episode'}</span>
          {other === undefined ? (
            <GhostChoice ghost={ghost} hasRequested={track.requested.length > 0} onChoose={setGhost} />
          ) : (
            <span class="key ghost">the other one</span>
          )}
          <span class="spacer" />
          {(Object.keys(VIEWPOINTS) as Viewpoint[]).map((name) => (
            <button type="button" key={name} onClick={() => view.current?.look(name)}>
              {name}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}

interface GhostChoiceProps {
  readonly ghost: Ghost;
  readonly hasRequested: boolean;
  readonly onChoose: (ghost: Ghost) => void;
}

function GhostChoice({ ghost, hasRequested, onChoose }: GhostChoiceProps): JSX.Element {
  if (!hasRequested) return <span class="key ghost">sent</span>;
  return (
    <span class="row" role="group" aria-label="What the ghost shows">
      <span class="key ghost" />
      {(['sent', 'requested'] as const).map((name) => (
        <button type="button" key={name} aria-pressed={name === ghost} onClick={() => onChoose(name)}>
          {name === 'sent' ? 'sent' : 'asked for'}
        </button>
      ))}
    </span>
  );
}

interface Moment {
  readonly track: TrackMessage;
  readonly other: TrackMessage | undefined;
  readonly ghost: Ghost;
  readonly timeS: number;
}

function pose(view: ArmView | undefined, { track, other, ghost, timeS }: Moment): void {
  const measuredRad = at(track.measured, track.timesS, timeS);
  const commanded =
    other === undefined ? at(track[ghost], track.timesS, timeS) : at(other.measured, other.timesS, timeS);
  const none: number[] = [];
  view?.pose({
    joints: {
      measuredRad,
      // What was told to nobody has no ghost of its own.
      sentRad: commanded.map((position, joint) => position ?? measuredRad[joint] ?? null),
      requestedRad: none,
      velocityRadPerS: none,
      effortNm: none,
      temperatureC: none,
    },
    things: [],
  });
}

function at(lines: TrackMessage['measured'], timesS: readonly number[], timeS: number): (number | null)[] {
  const row = rowAt(timesS, timeS);
  return lines.map((values) => values[row] ?? null);
}

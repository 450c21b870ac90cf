import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX, RefObject } from 'preact';
import { ArmView, VIEWPOINTS } from '../arm-view.ts';
import type { Viewpoint } from '../arm-view.ts';
import { clearanceLevel, mostPressing } from '../clearance.ts';
import { heaviest, jointLevels, jointLoad, levelOf } from '../joint-load.ts';
import { useNews } from '../use-news.ts';
import type { ViewSource } from '../view-source.ts';
import { lengthWords, percent } from '../words.ts';

/** Of a turn and a step by the keyboard. */
const TURN_RAD = 0.12;
const STEP = 0.88;
const KEYS: Readonly<Record<string, Parameters<ArmView['walk']>[0]>> = {
  ArrowLeft: { around: -TURN_RAD },
  ArrowRight: { around: TURN_RAD },
  ArrowUp: { up: TURN_RAD },
  ArrowDown: { up: -TURN_RAD },
  '+': { nearness: STEP },
  '-': { nearness: 1 / STEP },
};

interface SourceProps {
  readonly source: ViewSource;
}

/** The arm in three dimensions. */
export function ArmPanel({ source }: SourceProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const label = useRef<HTMLSpanElement>(null);
  const { view, problem } = useArmView(source, canvas, label);
  const walk = (event: KeyboardEvent): void => {
    const step = KEYS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    view.current?.walk(step);
  };
  return (
    <section class="arm" aria-labelledby="arm-title">
      <h2 id="arm-title">Arm</h2>
      <div class="stage">
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label="The arm and what stands around it, in three dimensions. Arrow keys walk around it, plus and minus come nearer and go back."
          onKeyDown={walk}
          data-testid="arm"
        />
        <span ref={label} class="distance" aria-hidden="true" hidden />
      </div>
      {problem !== '' && <p class="problem">{problem}</p>}
      <ArmFacts source={source} />
      <div class="row below">
        <span class="key solid">measured</span>
        <span class="key ghost">commanded</span>
        <span class="spacer" />
        <span class="row" role="group" aria-label="Look from">
          {(Object.keys(VIEWPOINTS) as Viewpoint[]).map((name) => (
            <button type="button" key={name} onClick={() => view.current?.look(name)}>
              {name}
            </button>
          ))}
        </span>
      </div>
    </section>
  );
}

/** Keeps the picture of the arm as new as what is told of it. */
function useArmView(
  source: ViewSource,
  canvas: RefObject<HTMLCanvasElement | null>,
  label: RefObject<HTMLSpanElement | null>,
): { readonly view: RefObject<ArmView | null>; readonly problem: string } {
  const view = useRef<ArmView>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const [element, text] = [canvas.current, label.current];
    if (element === null || text === null) return undefined;
    let made: ArmView;
    try {
      made = new ArmView(element, text);
    } catch {
      setProblem('This browser draws nothing in three dimensions (no WebGL). Everything else works without.');
      return undefined;
    }
    view.current = made;
    const observer = new ResizeObserver(() => made.resize(element.clientWidth, element.clientHeight));
    observer.observe(element);
    let scene: ViewSource['scene'];
    const show = (): void => {
      const { hello, frame } = source;
      if (source.scene !== undefined && source.scene !== scene) made.show(source.scene);
      scene = source.scene;
      if (hello !== undefined && frame !== undefined)
        made.pose(frame, jointLevels(hello, frame), mostPressing(frame.clearances));
    };
    show();
    const stop = source.listen(show, ['scene', 'frame', 'hello']);
    return () => {
      stop();
      observer.disconnect();
      made.dispose();
    };
  }, [source, canvas, label]);
  return { view, problem };
}

const LEVELS = { clear: '', slow: ', the gate slows down', close: ', as near as the gate allows' } as const;
const OBSTACLES = { scene: 'Table and zones', thing: 'Things', self: 'The arm itself' } as const;
const LIMITS = { position: 'position', velocity: 'speed', effort: 'effort', temperature: 'temperature' } as const;

/** The same in words: nothing here is told by colour alone. */
function ArmFacts({ source }: SourceProps): JSX.Element {
  useNews(source, ['frame', 'hello'], 200);
  const { hello, frame } = source;
  const loaded = (hello?.joints ?? []).flatMap((joint, index) => {
    if (frame === undefined) return [];
    const { what, share } = heaviest(jointLoad(joint, index, frame, hello?.hottestC ?? null));
    const level = levelOf(share);
    return level === 'free'
      ? []
      : [`${joint.name} ${level === 'at' ? 'at' : 'near'} its limit (${LIMITS[what]}, ${percent(share)})`];
  });
  return (
    <dl class="arm-facts below">
      {(frame?.clearances ?? []).map((clearance) => (
        <div key={clearance.kind} data-testid={`clearance-${clearance.kind}`}>
          <dt>{OBSTACLES[clearance.kind]}</dt>
          <dd class={clearanceLevel(clearance)}>
            <b>{lengthWords(clearance.distanceM)}</b> between {clearance.where}
            {LEVELS[clearanceLevel(clearance)]}
          </dd>
        </div>
      ))}
      <div>
        <dt>Limits</dt>
        <dd class={loaded.length > 0 ? 'slow' : ''}>{loaded.length === 0 ? 'no joint near one' : loaded.join(', ')}</dd>
      </div>
    </dl>
  );
}

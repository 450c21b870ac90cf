import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { PanelProps } from '../app.tsx';
import { ArmView, VIEWPOINTS } from '../arm-view.ts';
import type { Viewpoint } from '../arm-view.ts';

/** The arm in three dimensions. */
export function ArmPanel({ connection }: PanelProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<ArmView | undefined>(undefined);
  const [problem, setProblem] = useState('');
  const { scene, frame } = connection;

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    try {
      view.current = new ArmView(element);
    } catch {
      setProblem('This browser draws nothing in three dimensions (no WebGL). Everything else works without.');
      return undefined;
    }
    const resize = (): void => view.current?.resize(element.clientWidth, element.clientHeight);
    const observer = new ResizeObserver(resize);
    observer.observe(element);
    return () => {
      observer.disconnect();
      view.current?.dispose();
    };
  }, []);
  useEffect(() => {
    if (scene !== undefined) view.current?.show(scene);
  }, [scene]);
  useEffect(() => {
    if (frame !== undefined) view.current?.pose(frame);
  }, [frame, scene]);

  return (
    <section class="arm" aria-labelledby="arm-title">
      <h2 id="arm-title">Arm</h2>
      <canvas
        ref={canvas}
        role="img"
        aria-label="The arm and what stands around it, in three dimensions"
        data-testid="arm"
      />
      {problem !== '' && <p class="problem">{problem}</p>}
      <div class="row below">
        <span class="key solid">measured</span>
        <span class="key ghost">commanded</span>
        <span class="spacer" />
        {(Object.keys(VIEWPOINTS) as Viewpoint[]).map((name) => (
          <button type="button" key={name} onClick={() => view.current?.look(name)}>
            {name}
          </button>
        ))}
      </div>
    </section>
  );
}

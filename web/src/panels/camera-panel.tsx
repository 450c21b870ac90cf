import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import type { PanelProps } from '../app.tsx';
import type { Picture } from '../connection.ts';
import { figure } from '../words.ts';

/** What the policy sees: each camera in the size it looks at, with the patches the picture is cut into. */
export function CameraPanel({ connection }: PanelProps): JSX.Element {
  const { hello, frame, pictures } = connection;
  return (
    <section class="cameras" aria-labelledby="cameras-title">
      <h2 id="cameras-title">Cameras</h2>
      <div class="views">
        {(hello?.cameras ?? []).map((name) => {
          const picture = pictures.get(name);
          const sensor = frame?.sensors.find((candidate) => candidate.name === name);
          const patches = frame?.strip?.images.find(({ camera }) => camera === name)?.patches ?? 0;
          return (
            <figure key={name}>
              <CameraView picture={picture} across={Math.round(Math.sqrt(patches))} name={name} />
              <figcaption>
                <b>{name}</b> {figure(picture?.rateHz, 0)} a second, {figure(sensor?.ageMs, 0)} ms old
                {sensor?.isFresh === false && <span class="warn"> stale</span>}
              </figcaption>
            </figure>
          );
        })}
      </div>
    </section>
  );
}

interface CameraViewProps {
  readonly name: string;
  readonly picture: Picture | undefined;
  /** Patches in a row. */
  readonly across: number;
}

function CameraView({ picture, across, name }: CameraViewProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null && picture !== undefined) paint(canvas.current, picture);
  }, [picture]);
  return (
    <div class="picture">
      <canvas ref={canvas} role="img" aria-label={`Camera ${name}`} />
      {across > 1 && (
        <svg viewBox={`0 0 ${across} ${across}`} preserveAspectRatio="none" aria-hidden="true">
          {Array.from({ length: across - 1 }, (_, index) => (
            <path key={index} d={`M${index + 1} 0V${across}M0 ${index + 1}H${across}`} />
          ))}
        </svg>
      )}
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, { width, height, rgb }: Picture): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const image = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    image.data[4 * pixel] = rgb[3 * pixel] ?? 0;
    image.data[4 * pixel + 1] = rgb[3 * pixel + 1] ?? 0;
    image.data[4 * pixel + 2] = rgb[3 * pixel + 2] ?? 0;
    image.data[4 * pixel + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { FrameMessage } from '../../../src/serve/messages.ts';
import { scaleGradient } from '../colour-scale.ts';
import { paint, paintWeights } from '../paint.ts';
import { useNews } from '../use-news.ts';
import { OverlayToggle, PatchLines } from './picture-overlays.tsx';
import type { Picture, ViewSource } from '../view-source.ts';
import { ATTENTION_UNKNOWN, figure, percent } from '../words.ts';

type Strip = FrameMessage['strip'];

/** What the policy sees: each camera in the size it looks at, the patches the picture is cut into, and what it attends to. */
export function CameraPanel({ source }: { readonly source: ViewSource }): JSX.Element {
  useNews(source, ['hello', 'frame'], 200);
  const [overlays, setOverlays] = useState({ patches: true, attention: false });
  const { hello, frame } = source;
  const attention = frame?.strip?.attention ?? undefined;
  const most = Math.max(0, ...(attention?.images.flat() ?? []));
  return (
    <section class="cameras" aria-labelledby="cameras-title">
      <h2 id="cameras-title">Cameras</h2>
      <div class="views">
        {(hello?.cameras ?? []).map((name) => (
          <CameraView key={name} source={source} name={name} overlays={overlays} />
        ))}
      </div>
      <div class="row below" role="group" aria-label="Over the pictures">
        <OverlayToggle
          name="patches"
          isOn={overlays.patches}
          onToggle={(patches) => setOverlays({ ...overlays, patches })}
        />
        <OverlayToggle
          name="attention"
          isOn={overlays.attention}
          onToggle={(isOn) => setOverlays({ ...overlays, attention: isOn })}
        />
        {overlays.attention && attention !== undefined && (
          <span class="scale-legend">
            0<i style={{ background: scaleGradient() }} />
            {percent(most)} of the attention
          </span>
        )}
      </div>
      {overlays.attention && frame?.strip !== undefined && frame.strip !== null && attention === undefined && (
        <p class="quiet below">{ATTENTION_UNKNOWN}</p>
      )}
    </section>
  );
}

interface CameraViewProps {
  readonly source: ViewSource;
  readonly name: string;
  readonly overlays: { readonly patches: boolean; readonly attention: boolean };
}

function CameraView({ source, name, overlays }: CameraViewProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  usePicture(source, name, canvas);
  const { frame, pictures } = source;
  const picture = pictures.get(name);
  const strip = frame?.strip ?? null;
  const index = strip?.images.findIndex(({ camera }) => camera === name) ?? -1;
  const image = strip?.images[index];
  const [columns, rows] = image === undefined ? [0, 0] : [image.columns, image.patches / image.columns];
  return (
    <figure>
      <div class="picture" style={{ aspectRatio: `${picture?.width ?? 1} / ${picture?.height ?? 1}` }}>
        <canvas ref={canvas} role="img" aria-label={`Camera ${name}`} data-testid={`camera-${name}`} />
        {overlays.attention && <Weights strip={strip} index={index} columns={columns} />}
        {overlays.patches && columns * rows > 1 && <PatchLines columns={columns} rows={rows} />}
      </div>
      <CameraCaption
        name={name}
        picture={picture}
        sensor={frame?.sensors.find((candidate) => candidate.name === name)}
      />
    </figure>
  );
}

interface CameraCaptionProps {
  readonly name: string;
  readonly picture: Picture | undefined;
  readonly sensor: FrameMessage['sensors'][number] | undefined;
}

/** How fresh a picture is: a camera that stands still looks like a still scene. */
function CameraCaption({ name, picture, sensor }: CameraCaptionProps): JSX.Element {
  return (
    <figcaption>
      <b>{name}</b> {figure(picture?.rateHz, 0)} a second, {figure(sensor?.ageMs, 0)} ms old
      {sensor?.isFresh === false && <span class="warn"> stale</span>}
      {picture !== undefined && (
        <span class="quiet">
          , {picture.width} × {picture.height}
          {picture.stride > 1 && `: every ${picture.stride} pixels, because this page was behind`}
        </span>
      )}
    </figcaption>
  );
}

/** Keeps a canvas as new as the pictures of a camera, past everything else on the page. */
function usePicture(source: ViewSource, name: string, canvas: { readonly current: HTMLCanvasElement | null }): void {
  useEffect(() => {
    let shown: unknown;
    const show = (): void => {
      const picture = source.pictures.get(name);
      if (picture === undefined || picture === shown || canvas.current === null) return;
      shown = picture;
      paint(canvas.current, picture);
    };
    show();
    return source.listen(show, ['picture']);
  }, [source, name, canvas]);
}

interface WeightsProps {
  readonly strip: Strip;
  /** Of the camera among the images. */
  readonly index: number;
  readonly columns: number;
}

/** How much of the attention went to each patch. */
function Weights({ strip, index, columns }: WeightsProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const attention = strip?.attention ?? undefined;
  const weights = attention?.images[index] ?? [];
  const share = weights.reduce((sum, weight) => sum + weight, 0);
  useEffect(() => {
    const most = Math.max(0, ...(attention?.images.flat() ?? []));
    if (canvas.current !== null && columns > 0) paintWeights(canvas.current, weights, { columns, most });
  });
  return (
    <canvas
      ref={canvas}
      class="weights"
      role="img"
      aria-label={`${percent(share)} of the attention`}
      hidden={weights.length === 0}
    />
  );
}

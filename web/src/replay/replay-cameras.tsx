import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { rowAt } from '../../../src/serve/replay/playback.ts';
import type { TrackMessage, Trouble } from '../../../src/serve/replay/replay-messages.ts';
import { OverlayToggle, PatchLines } from '../panels/picture-overlays.tsx';
import type { Archive } from './archive.ts';
import { useRow } from './player.ts';
import type { Player } from './player.ts';
import type { Other } from './route.ts';
import { TroubleText } from './trouble-text.tsx';

interface ReplayCamerasProps {
  readonly archive: Archive;
  /** Each with where its pictures are asked for; undefined for a black box, which brings its own. */
  readonly episodes: readonly {
    readonly at: Other | undefined;
    readonly track: TrackMessage;
    readonly name: string;
  }[];
  readonly player: Player;
}

/** What the cameras saw at this time: of one episode, or of two. */
export function ReplayCameras({ archive, episodes, player }: ReplayCamerasProps): JSX.Element {
  useRow(player);
  const [isCut, setCut] = useState(true);
  const isEmpty = episodes.every(({ track }) => track.cameras.length === 0);
  const hasStills = episodes.some(({ track }) => track.stills.length > 0);
  return (
    <section class="cameras" aria-labelledby="cameras-title">
      <h2 id="cameras-title">Cameras</h2>
      {isEmpty && <p class="quiet">There are no pictures in it.</p>}
      {episodes.map(({ at, track, name }) => (
        <div key={name} class="views">
          {track.cameras.map((camera, index) => {
            const row = rowAt(track.timesS, player.timeS);
            return (
              <RecordedPicture
                key={camera.name}
                archive={archive}
                name={name === '' ? camera.name : `${camera.name}, ${name}`}
                aspect={camera.width / camera.height}
                address={
                  at === undefined
                    ? stillAt(track, camera.name, row)
                    : archive.picture(at.id, { episode: at.episode, camera: index, row })
                }
                patches={isCut ? patchesOf(track, camera.name) : undefined}
              />
            );
          })}
        </div>
      ))}
      {!isEmpty && (
        <div class="row below" role="group" aria-label="Over the pictures">
          <OverlayToggle name="patches" isOn={isCut} onToggle={setCut} />
          {hasStills && <span class="quiet">A black box keeps four small pictures a second of each camera.</span>}
        </div>
      )}
    </section>
  );
}

/** The newest picture of a camera at a row; the first one before that. */
function stillAt({ stills }: TrackMessage, camera: string, row: number): string {
  const own = stills.filter((still) => still.camera === camera);
  return `data:image/png;base64,${(own.findLast((still) => still.row <= row) ?? own[0])?.png ?? ''}`;
}

/** How the policy cuts the pictures of a camera; undefined where that is not known. */
function patchesOf({ decisions }: TrackMessage, camera: string): Patches | undefined {
  const image = decisions[0]?.images.find((candidate) => candidate.camera === camera);
  return image === undefined ? undefined : { columns: image.columns, rows: image.patches / image.columns };
}

interface Patches {
  readonly columns: number;
  readonly rows: number;
}

interface RecordedPictureProps {
  readonly archive: Archive;
  readonly name: string;
  /** Width by height. */
  readonly aspect: number;
  readonly address: string;
  readonly patches: Patches | undefined;
}

/** Asks for one picture at a time: what has been passed by before the last one came is left out. */
function RecordedPicture({ archive, name, aspect, address, patches }: RecordedPictureProps): JSX.Element {
  const image = useRef<HTMLImageElement>(null);
  const wanted = useRef('');
  const asked = useRef('');
  const [trouble, setTrouble] = useState<Trouble | undefined>(undefined);
  const ask = (): void => {
    if (image.current === null || asked.current === wanted.current) return;
    asked.current = wanted.current;
    image.current.src = wanted.current;
  };
  const isWaiting = useRef(false);
  useEffect(() => {
    wanted.current = address;
    if (isWaiting.current) return;
    isWaiting.current = true;
    ask();
  }, [address]);
  const came = (problem: Trouble | undefined): void => {
    setTrouble(problem);
    isWaiting.current = asked.current !== wanted.current;
    ask();
  };
  return (
    <figure>
      <div class="picture">
        <img
          ref={image}
          class="recorded"
          alt={`Camera ${name}`}
          style={{ aspectRatio: String(aspect) }}
          onLoad={() => came(undefined)}
          onError={() => void archive.troubleAt(asked.current).then(came)}
        />
        {patches !== undefined && <PatchLines columns={patches.columns} rows={patches.rows} />}
      </div>
      <figcaption>
        <b>{name}</b>
      </figcaption>
      {trouble !== undefined && <TroubleText trouble={trouble} />}
    </figure>
  );
}

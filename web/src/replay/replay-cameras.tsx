import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { rowAt } from '../../../src/serve/replay/playback.ts';
import type { TrackMessage, Trouble } from '../../../src/serve/replay/replay-messages.ts';
import type { Archive } from './archive.ts';
import { useRow } from './player.ts';
import type { Player } from './player.ts';
import type { Other } from './route.ts';
import { TroubleText } from './trouble-text.tsx';

interface ReplayCamerasProps {
  readonly archive: Archive;
  readonly episodes: readonly { readonly at: Other; readonly track: TrackMessage; readonly name: string }[];
  readonly player: Player;
}

/** What the cameras saw at this time: of one episode, or of two. */
export function ReplayCameras({ archive, episodes, player }: ReplayCamerasProps): JSX.Element {
  useRow(player);
  const isEmpty = episodes.every(({ track }) => track.cameras.length === 0);
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
                address={archive.picture(at.id, { episode: at.episode, camera: index, row })}
              />
            );
          })}
        </div>
      ))}
    </section>
  );
}

interface RecordedPictureProps {
  readonly archive: Archive;
  readonly name: string;
  /** Width by height. */
  readonly aspect: number;
  readonly address: string;
}

/** Asks for one picture at a time: what has been passed by before the last one came is left out. */
function RecordedPicture({ archive, name, aspect, address }: RecordedPictureProps): JSX.Element {
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
      <img
        ref={image}
        class="recorded"
        alt={`Camera ${name}`}
        style={{ aspectRatio: String(aspect) }}
        onLoad={() => came(undefined)}
        onError={() => void archive.troubleAt(asked.current).then(came)}
      />
      <figcaption>
        <b>{name}</b>
      </figcaption>
      {trouble !== undefined && <TroubleText trouble={trouble} />}
    </figure>
  );
}

import { useEffect, useReducer, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { LibraryMessage } from '../../../src/serve/replay/replay-messages.ts';
import type { Archive } from './archive.ts';
import { EvaluationView } from './evaluation-view.tsx';
import { LibraryList } from './library-list.tsx';
import { RecordingView } from './recording-view.tsx';
import { hashOf, routeOf } from './route.ts';
import type { Route } from './route.ts';
import { TrackView } from './track-view.tsx';
import { TroubleText } from './trouble-text.tsx';
import { useLoaded } from './use-loaded.ts';

/** What was recorded, chosen from a list; where one is stands in the address of the page. */
export function ReplayApp({ archive }: { readonly archive: Archive }): JSX.Element {
  const route = useRoute();
  const [looks, lookAgain] = useReducer((count: number) => count + 1, 1);
  const library = useLoaded(String(looks), () => archive.library());
  return (
    <>
      <header>
        <h1>Armature</h1>
        <p class="about">Afterwards: recordings, black boxes and evaluations. Nothing here reaches an arm.</p>
      </header>
      <div class="replay">
        {library.trouble !== undefined && <TroubleText trouble={library.trouble} />}
        {library.value !== undefined && (
          <>
            <LibraryList library={library.value} route={route} onRefresh={() => lookAgain(undefined)} />
            <main class="replay-main">
              <View archive={archive} library={library.value} route={route} />
            </main>
          </>
        )}
      </div>
    </>
  );
}

function useRoute(): Route {
  const [hash, setHash] = useState(window.location.hash);
  useEffect(() => {
    const change = (): void => setHash(window.location.hash);
    window.addEventListener('hashchange', change);
    return () => window.removeEventListener('hashchange', change);
  }, []);
  return routeOf(hash);
}

interface ViewProps {
  readonly archive: Archive;
  readonly library: LibraryMessage;
  readonly route: Route;
}

function View({ archive, library, route }: ViewProps): JSX.Element {
  switch (route.view) {
    case 'none':
      return <p class="quiet track-head">Choose what to look at.</p>;
    case 'recording':
      return (
        <RecordingView
          key={route.id}
          archive={archive}
          library={library}
          route={route}
          go={(next) => {
            window.location.hash = hashOf(next);
          }}
        />
      );
    case 'black-box':
      return <BlackBox key={route.id} archive={archive} id={route.id} />;
    case 'evaluation':
      return <Evaluation key={route.id} archive={archive} id={route.id} />;
  }
}

interface ByIdProps {
  readonly archive: Archive;
  readonly id: string;
}

function BlackBox({ archive, id }: ByIdProps): JSX.Element {
  const { value, trouble } = useLoaded(id, () => archive.blackBox(id));
  if (trouble !== undefined) return <TroubleText trouble={trouble} />;
  if (value === undefined) return <p class="quiet track-head">Reading the black box</p>;
  return (
    <TrackView archive={archive} track={value} at={undefined} compared={undefined}>
      {null}
    </TrackView>
  );
}

function Evaluation({ archive, id }: ByIdProps): JSX.Element {
  const { value, trouble } = useLoaded(id, () => archive.evaluation(id));
  if (trouble !== undefined) return <TroubleText trouble={trouble} />;
  if (value === undefined) return <p class="quiet track-head">Reading the evaluation</p>;
  return <EvaluationView archive={archive} id={id} evaluation={value} />;
}

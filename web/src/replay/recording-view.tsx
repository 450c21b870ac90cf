import type { JSX } from 'preact';
import type {
  LibraryMessage,
  RecordingMessage,
  TrackMessage,
  Trouble,
} from '../../../src/serve/replay/replay-messages.ts';
import { figure, successWords } from '../words.ts';
import type { Archive } from './archive.ts';
import type { Other, Route } from './route.ts';
import { TrackView } from './track-view.tsx';
import { TroubleText } from './trouble-text.tsx';
import { useLoaded } from './use-loaded.ts';
import type { Loaded } from './use-loaded.ts';

type RecordingRoute = Extract<Route, { view: 'recording' }>;

interface RecordingViewProps {
  readonly archive: Archive;
  readonly library: LibraryMessage;
  readonly route: RecordingRoute;
  readonly go: (route: Route) => void;
}

/** An episode of a recording, alone or beside another one. */
export function RecordingView({ archive, library, route, go }: RecordingViewProps): JSX.Element {
  const { id, episode, other } = route;
  const recording = useLoaded(id, () => archive.recording(id));
  const shown = useEpisode(archive, { id, episode });
  const compared = useCompared(archive, other);
  const trouble = recording.trouble ?? shown.trouble;
  const choices = (
    <Choices
      library={library}
      route={route}
      go={go}
      recording={recording.value}
      otherRecording={compared.recording}
      otherTrouble={compared.trouble}
    />
  );
  if (trouble !== undefined) {
    return (
      <div class="track-head">
        <TroubleText trouble={trouble} />
        {choices}
      </div>
    );
  }
  if (shown.value === undefined) return <p class="quiet track-head">Reading the episode</p>;
  return (
    <TrackView archive={archive} track={shown.value.track} at={shown.value.at} compared={compared.episode}>
      {choices}
    </TrackView>
  );
}

/** An episode, and where it and its pictures are: while the next one is read, both are those of the one that is shown. */
interface ReadEpisode {
  readonly track: TrackMessage;
  readonly at: Other;
}

/** The address of no episode. */
const NONE: Other = { id: '', episode: 0 };

function useEpisode(archive: Archive, at: Other): Loaded<ReadEpisode> {
  const key = at.id === '' ? '' : `${at.id} ${at.episode}`;
  return useLoaded(key, async () => ({ track: await archive.episode(at.id, at.episode), at }));
}

interface Compared {
  readonly recording: RecordingMessage | undefined;
  /** Undefined where there is none, and while it is read. */
  readonly episode: ReadEpisode | undefined;
  readonly trouble: Trouble | undefined;
}

/** The episode beside, if any: what is wrong with it leaves the first one to be seen. */
function useCompared(archive: Archive, other: Other = NONE): Compared {
  const recording = useLoaded(other.id, () => archive.recording(other.id));
  const track = useEpisode(archive, other);
  return {
    recording: recording.value,
    episode: track.value,
    trouble: track.trouble ?? recording.trouble,
  };
}

interface ChoicesProps extends Pick<RecordingViewProps, 'library' | 'route' | 'go'> {
  readonly recording: RecordingMessage | undefined;
  readonly otherRecording: RecordingMessage | undefined;
  readonly otherTrouble: Trouble | undefined;
}

/** What to look at: stays where an episode cannot be read, for one to choose another. */
function Choices({ library, route, go, recording, otherRecording, otherTrouble }: ChoicesProps): JSX.Element {
  const { id, episode, other } = route;
  return (
    <div class="row choices">
      <EpisodeChoice
        label="Episode"
        recording={recording}
        episode={episode}
        onChoose={(chosen) => go({ ...route, episode: chosen })}
      />
      <label>
        Compare with
        <select
          value={other?.id ?? ''}
          onInput={(event) => go({ ...route, other: otherOf(event.currentTarget.value, route) })}
          data-testid="compare"
        >
          <option value="">nothing</option>
          {comparableWith(library, id).map((entry) => (
            <option key={entry.id} value={entry.id}>
              {entry.id === id ? 'another episode of it' : entry.path}
            </option>
          ))}
        </select>
      </label>
      {other !== undefined && (
        <EpisodeChoice
          label="its episode"
          recording={otherRecording}
          episode={other.episode}
          onChoose={(chosen) => go({ ...route, other: { ...other, episode: chosen } })}
        />
      )}
      {otherTrouble !== undefined && <TroubleText trouble={otherTrouble} />}
    </div>
  );
}

interface EpisodeChoiceProps {
  readonly label: string;
  readonly recording: RecordingMessage | undefined;
  readonly episode: number;
  readonly onChoose: (episode: number) => void;
}

function EpisodeChoice({ label, recording, episode, onChoose }: EpisodeChoiceProps): JSX.Element {
  const episodes = recording?.episodes ?? [];
  return (
    <span class="row">
      <label>
        {label}
        <select value={episode} onInput={(event) => onChoose(Number(event.currentTarget.value))} data-testid={label}>
          {episodes.map(({ task, rows, isSuccess }, index) => (
            <option key={index} value={index}>
              {index}: {task}, {figure(rows / (recording?.fps ?? 1), 1)} s
              {isSuccess !== null && `, ${successWords(isSuccess)}`}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        aria-label={`${label}: the one before`}
        disabled={episode === 0}
        onClick={() => onChoose(episode - 1)}
      >
        ‹
      </button>
      <button
        type="button"
        aria-label={`${label}: the next one`}
        disabled={episode >= episodes.length - 1}
        onClick={() => onChoose(episode + 1)}
      >
        ›
      </button>
    </span>
  );
}

/** Recordings of the same robot, this one among them. */
function comparableWith({ recordings }: LibraryMessage, id: string): LibraryMessage['recordings'] {
  const robot = recordings.find((entry) => entry.id === id)?.robot;
  return recordings.filter((entry) => entry.id === id || (entry.robot === robot && entry.trouble === null));
}

/** Another episode of the same recording is the one after it, unless one says otherwise. */
function otherOf(id: string, { id: own, episode }: RecordingRoute): Other | undefined {
  if (id === '') return undefined;
  return { id, episode: id === own ? Math.max(0, episode === 0 ? 1 : episode - 1) : 0 };
}

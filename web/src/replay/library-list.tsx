import { useState } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import type { LibraryMessage, Trouble } from '../../../src/serve/replay/replay-messages.ts';
import { shortReason } from '../words.ts';
import { hashOf } from './route.ts';
import type { Route } from './route.ts';
import { TroubleText } from './trouble-text.tsx';

interface LibraryListProps {
  readonly library: LibraryMessage;
  readonly route: Route;
  readonly onRefresh: () => void;
}

/** A list this long gets a field to search in. */
const LONG = 8;

/** What is there, to choose from. */
export function LibraryList({ library, route, onRefresh }: LibraryListProps): JSX.Element {
  const [words, setWords] = useState('');
  const { recordings, blackBoxes, evaluations, others, unnamedOthers, folders } = library;
  const total = recordings.length + blackBoxes.length + evaluations.length;
  const choice: Choice = {
    fits: ({ path }) => path.toLowerCase().includes(words.toLowerCase()),
    chosen: route.view === 'none' ? '' : route.id,
  };
  return (
    <nav class="library" aria-label="What is there">
      <div class="row">
        <span class="quiet spacer">in {folders.join(', ') || 'no folder'}</span>
        <button type="button" onClick={onRefresh}>
          Look again
        </button>
      </div>
      {total > LONG && (
        <input
          type="search"
          placeholder="Find by path"
          aria-label="Find by path"
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      )}
      {total === 0 && <Nothing />}
      <Recordings recordings={recordings} choice={choice} />
      <BlackBoxes blackBoxes={blackBoxes} choice={choice} />
      <Evaluations evaluations={evaluations} choice={choice} />
      {others.length > 0 && <Others others={others} unnamedOthers={unnamedOthers} />}
    </nav>
  );
}

/** What of the list one sees, and which of it is open. */
interface Choice {
  readonly fits: (entry: { readonly path: string }) => boolean;
  /** Empty where nothing is. */
  readonly chosen: string;
}

type KindProps<Name extends keyof LibraryMessage> = Pick<LibraryMessage, Name> & { readonly choice: Choice };

/** With what tells one run from another: how much it holds, of which robot. */
function Recordings({ recordings, choice: { fits, chosen } }: KindProps<'recordings'>): JSX.Element {
  return (
    <Kind title="Recordings" count={recordings.length}>
      {recordings.filter(fits).map(({ id, path, robot, episodes, fps, trouble }) => (
        <Entry
          key={id}
          path={path}
          facts={fps === 0 ? [] : [counted(episodes, 'episode'), robot, `${fps} a second`]}
          trouble={trouble}
          isChosen={id === chosen}
          route={{ view: 'recording', id, episode: 0, other: undefined }}
        />
      ))}
    </Kind>
  );
}

/** With why the arm stopped: one looks for a stop. */
function BlackBoxes({ blackBoxes, choice: { fits, chosen } }: KindProps<'blackBoxes'>): JSX.Element {
  return (
    <Kind title="Black boxes" count={blackBoxes.length}>
      {blackBoxes.filter(fits).map(({ id, path, robot, cause, writtenAt, trouble }) => (
        <Entry
          key={id}
          path={path}
          facts={[shortReason(cause), robot, writtenAt.slice(0, 16).replace('T', ' ')]}
          trouble={trouble}
          isChosen={id === chosen}
          route={{ view: 'black-box', id }}
        />
      ))}
    </Kind>
  );
}

/** With how often the policy succeeded: one looks for the better one. */
function Evaluations({ evaluations, choice: { fits, chosen } }: KindProps<'evaluations'>): JSX.Element {
  return (
    <Kind title="Evaluations" count={evaluations.length}>
      {evaluations.filter(fits).map(({ id, path, title, meanSuccessRate, clips, trouble }) => (
        <Entry
          key={id}
          path={path}
          facts={[
            title,
            meanSuccessRate === null ? '' : `${(100 * meanSuccessRate).toFixed(1)} %`,
            clips === 0 ? '' : counted(clips, 'film'),
          ]}
          trouble={trouble}
          isChosen={id === chosen}
          route={{ view: 'evaluation', id }}
        />
      ))}
    </Kind>
  );
}

/** Says of a file that one misses in the list why it is not there. */
function Others({ others, unnamedOthers }: Pick<LibraryMessage, 'others' | 'unnamedOthers'>): JSX.Element {
  return (
    <details class="others">
      <summary>{counted(others.length + unnamedOthers, 'other file')}, not shown</summary>
      <ul>
        {others.map(({ path, ...trouble }) => (
          <li key={path}>
            <b>{path}</b>
            <TroubleText trouble={trouble} />
          </li>
        ))}
      </ul>
      {unnamedOthers > 0 && <p class="quiet">and {unnamedOthers} more</p>}
    </details>
  );
}

function Nothing(): JSX.Element {
  return (
    <div class="quiet">
      <p>Nothing is there yet. These write what is shown here:</p>
      <ul>
        <li>
          <code>armature run … --record data/runs</code>
        </li>
        <li>
          <code>armature run … --live --black-box runs/black-box</code>
        </li>
        <li>
          <code>armature eval … --video clips</code>
        </li>
      </ul>
    </div>
  );
}

function Kind({
  title,
  count,
  children,
}: {
  readonly title: string;
  readonly count: number;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <>
      {count > 0 && (
        <section>
          <h2>
            {title} <small>{count}</small>
          </h2>
          <ul>{children}</ul>
        </section>
      )}
    </>
  );
}

interface EntryProps {
  readonly path: string;
  readonly facts: readonly string[];
  readonly trouble: Trouble | null;
  readonly isChosen: boolean;
  readonly route: Route;
}

function Entry({ path, facts, trouble, isChosen, route }: EntryProps): JSX.Element {
  const [, folder = '', name = path] = /^(.*[/\\])?([^/\\]+)$/.exec(path) ?? [];
  return (
    <li>
      <a href={hashOf(route)} aria-current={isChosen ? 'page' : undefined}>
        <small>{folder}</small>
        <b>{name}</b>
        <small>{facts.filter((fact) => fact !== '').join(' · ')}</small>
      </a>
      {trouble !== null && <TroubleText trouble={trouble} />}
    </li>
  );
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

import type { JSX } from 'preact';
import type { ControlReport } from '../../../src/serve/control-messages.ts';
import type { JogAxes } from '../../../src/teleop/jog/jog-input.ts';
import type { PanelProps } from '../app.tsx';
import type { Connection } from '../connection.ts';
import { useNews } from '../use-news.ts';
import './control.css';
import { HoldButton } from './hold-button.tsx';
import type { JogHand } from './jog-hand.ts';
import { useJogHand } from './use-jog-hand.ts';

type JogReport = NonNullable<ControlReport['jog']>;

const MODE_WORDS = { base: 'Along the base', tool: 'Along the gripper', joint: 'Single joints' } as const;
const SPEED_WORDS = { slow: 'Slow', medium: 'Medium', fast: 'Fast' } as const;

/** Place, push, words, key and sign of each button that moves the gripper in space. */
const IN_SPACE: readonly (readonly [string, Partial<JogAxes>, string, string, string])[] = [
  ['north', { x: 1 }, 'forward', 'W', '▲'],
  ['west', { y: 1 }, 'left', 'A', '◀'],
  ['east', { y: -1 }, 'right', 'D', '▶'],
  ['south', { x: -1 }, 'back', 'S', '▼'],
];
const UP_DOWN: typeof IN_SPACE = [
  ['north', { z: 1 }, 'up', 'R', 'Up'],
  ['south', { z: -1 }, 'down', 'F', 'Down'],
];
const TURNS: typeof IN_SPACE = [
  ['one', { pitch: -1 }, 'tilt up', 'I', 'Tilt up'],
  ['two', { pitch: 1 }, 'tilt down', 'K', 'Tilt down'],
  ['three', { yaw: 1 }, 'turn left', 'J', 'Turn left'],
  ['four', { yaw: -1 }, 'turn right', 'L', 'Turn right'],
  ['five', { roll: -1 }, 'roll left', 'U', 'Roll left'],
  ['six', { roll: 1 }, 'roll right', 'O', 'Roll right'],
];
const GRIPPER: typeof IN_SPACE = [
  ['north', { gripper: 1 }, 'open', 'V', 'Open'],
  ['south', { gripper: -1 }, 'close', 'C', 'Close'],
];
const ONE_JOINT: typeof IN_SPACE = [
  ['west', { joint: -1 }, 'joint down', 'S', '−'],
  ['east', { joint: 1 }, 'joint up', 'W', '+'],
];

/** The arm, moved by hand. Nothing of it is there where no page may move it. */
export function ControlPanel({ connection }: PanelProps): JSX.Element | null {
  useNews(connection, ['hello', 'frame', 'control', 'link'], 100);
  const { control, hello } = connection;
  const jog = control?.jog ?? null;
  const hasControl = isHolder(connection);
  const hand = useJogHand(connection, hasControl && jog !== null);
  if (control === undefined || jog === null) return null;
  const isOperator = hello?.isOperator ?? false;
  return (
    <section class={`control ${jog.isEngaged ? 'engaged' : ''}`} aria-labelledby="control-title">
      <div class="row">
        <h2 id="control-title">Move the arm</h2>
        <p class="who" role="status" data-testid="control-state">
          {hasControl ? stateOf(jog) : holderOf(control)}
        </p>
        <span class="spacer" />
        {isOperator && <Taking connection={connection} hasControl={hasControl} hasPolicy={jog.hasPolicy} />}
      </div>
      {isOperator ? (
        <>
          <Settings connection={connection} jog={jog} isDisabled={!hasControl} />
          <Buttons hand={hand} jog={jog} />
          <p class="quiet hints">
            The arm moves while a button, a key or the left trigger of a gamepad is held, and stops when it is let go,
            when this page is hidden, and when the connection falters. {hand !== undefined && padWords(hand)}
          </p>
        </>
      ) : (
        <p class="quiet">You look on. Only the operator’s address moves the arm.</p>
      )}
    </section>
  );
}

interface TakingProps extends PanelProps {
  readonly hasControl: boolean;
  readonly hasPolicy: boolean;
}

/** Takes the control and leaves it. */
function Taking({ connection, hasControl, hasPolicy }: TakingProps): JSX.Element {
  return (
    <>
      {hasControl && hasPolicy && (
        <button type="button" onClick={() => connection.ask({ kind: 'set', action: { kind: 'give-back' } })}>
          Give back to the policy
        </button>
      )}
      <button
        type="button"
        data-testid="take-control"
        class="take"
        aria-pressed={hasControl}
        onClick={() => connection.ask({ kind: hasControl ? 'leave-control' : 'take-control' })}
      >
        {hasControl ? 'Leave the control' : 'Take the control'}
      </button>
    </>
  );
}

function Settings({ connection, jog, isDisabled }: PanelProps & SettingsProps): JSX.Element {
  const joints = connection.hello?.joints ?? [];
  return (
    <div class="row settings">
      <div class="row" role="group" aria-label="What is moved">
        {jog.modes.map((mode) => (
          <button
            type="button"
            key={mode}
            data-testid={`mode-${mode}`}
            aria-pressed={mode === jog.mode}
            disabled={isDisabled}
            onClick={() => connection.ask({ kind: 'set', action: { kind: 'mode', mode } })}
          >
            {MODE_WORDS[mode]}
          </button>
        ))}
      </div>
      <div class="row" role="group" aria-label="How fast">
        {(['slow', 'medium', 'fast'] as const).map((speed) => (
          <button
            type="button"
            key={speed}
            aria-pressed={speed === jog.speed}
            disabled={isDisabled}
            data-testid={`speed-${speed}`}
            onClick={() => connection.ask({ kind: 'set', action: { kind: 'speed', speed } })}
          >
            {SPEED_WORDS[speed]}
          </button>
        ))}
      </div>
      {jog.mode === 'joint' && (
        <div class="row" role="group" aria-label="Which joint">
          {joints.map(({ name }, index) => (
            <button
              type="button"
              key={name}
              aria-pressed={index === jog.joint}
              disabled={isDisabled}
              onClick={() => connection.ask({ kind: 'set', action: { kind: 'joint', number: index + 1 } })}
            >
              {index + 1} {name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

interface SettingsProps {
  readonly jog: JogReport;
  readonly isDisabled: boolean;
}

function Buttons({ hand, jog }: { readonly hand: JogHand | undefined; readonly jog: JogReport }): JSX.Element {
  const groups: readonly (readonly [string, string, typeof IN_SPACE])[] =
    jog.mode === 'joint'
      ? [
          ['pair', 'Joint', ONE_JOINT],
          ['column', 'Gripper', GRIPPER],
        ]
      : [
          ['cross', 'Sideways', IN_SPACE],
          ['column', 'Height', UP_DOWN],
          ['grid', 'Turns', TURNS],
          ['column', 'Gripper', GRIPPER],
        ];
  return (
    <div class="jog">
      {groups.map(([shape, name, buttons]) => (
        <div key={name} class={`group ${shape}`} role="group" aria-label={name}>
          {buttons.map(([place, push, label, hint, sign]) => (
            <HoldButton key={label} hand={hand} place={place} push={push} label={label} hint={hint}>
              {sign}
            </HoldButton>
          ))}
        </div>
      ))}
    </div>
  );
}

function isHolder({ control, hello, state }: Connection): boolean {
  return control !== undefined && control.holder === hello?.page && state === 'open';
}

function stateOf({ setting, problem, isEngaged }: JogReport): string {
  return `${isEngaged ? 'You move the arm' : 'You have the control'}: ${setting}${problem === '' ? '' : `; ${problem}`}`;
}

function holderOf({ holder, jog }: ControlReport): string {
  const who = holder === null ? 'Nobody has the control' : 'Another page has the control';
  return jog?.hasPolicy === true ? `${who}: ${jog.setting}` : who;
}

function padWords({ pad }: JogHand): string {
  if (pad.problem !== '') return `Gamepad: ${pad.problem}.`;
  return pad.name === '' ? 'Gamepad: press a button on it, and it is found.' : `Gamepad: ${pad.name}.`;
}

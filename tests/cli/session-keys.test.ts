import { expect, it } from 'vitest';
import { connectionLines } from '../../src/cli/connection-words.ts';
import { showConsent } from '../../src/cli/place.ts';
import type { Place } from '../../src/cli/place.ts';
import { listenForSession } from '../../src/cli/session-keys.ts';
import { TerminalKeys } from '../../src/teleop/keyboard/terminal-keys.ts';
import { FakeProcess, FakeTerminal } from '../teleop/keyboard/fake-terminal.ts';

const place = { consent: () => '12345678' } as unknown as Place;

it('a key shows the code that lets somebody arm over ROS, and no key that drives the arm does', () => {
  const terminal = new FakeTerminal();
  const keys = new TerminalKeys({ input: terminal, output: terminal.output, process: new FakeProcess().events });
  const said: string[] = [];
  const ignore = (): void => undefined;
  listenForSession(keys, {
    onEnd: ignore,
    onAgain: ignore,
    onPause: ignore,
    onStop: ignore,
    onConsent: () => showConsent(place, (line) => said.push(line)),
  });
  terminal.type('wsadrfuiokjlvcmtb123+-');
  expect(said).toEqual([]);
  terminal.type('y');
  expect(said).toEqual([expect.stringMatching(/once.*12345678/)]);
  keys.close();
});

it('there is no code for an arm that nobody reaches over ROS', () => {
  showConsent({} as unknown as Place, () => expect.unreachable());
});

it('says what connecting wrote, and nothing where all was right', () => {
  expect(connectionLines({ changed: [], notes: [] }, 'robot "a"')).toEqual([]);
  const changed = ['elbow_flex: P_Coefficient 32 -> 16'];
  expect(connectionLines({ changed, notes: ['firmware differs'] }, 'robot "a"').join('')).toBe(
    'The motors of robot "a" held other settings than its robot.yaml asks for. Written:\n' +
      '  elbow_flex: P_Coefficient 32 -> 16\nNote on robot "a": firmware differs\n',
  );
});

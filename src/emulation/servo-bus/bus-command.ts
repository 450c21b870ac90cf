import { ArmatureError } from '../../core/errors.ts';

/** What can be done to an emulated arm while it runs; see `BUS_COMMANDS` for the words. */
export type BusCommand =
  | { readonly kind: 'noise' | 'lose' | 'checksum'; readonly share: number }
  | { readonly kind: 'silent'; readonly id: number }
  | { readonly kind: 'cut' | 'plug' | 'clear' }
  | { readonly kind: 'let-go' }
  | { readonly kind: 'brown-out'; readonly durationS: number }
  | { readonly kind: 'overheat'; readonly id: number; readonly temperatureC: number }
  | { readonly kind: 'push'; readonly id: number; readonly torqueNm: number }
  | { readonly kind: 'reset'; readonly seed: number }
  | { readonly kind: 'move'; readonly positionsRad: readonly number[] };

/** The words of a command and what they do; numbers in brackets have a default. */
export const BUS_COMMANDS: Readonly<Record<string, string>> = {
  'fault noise [share]': 'that share of the answers comes after noise (0.1)',
  'fault lose [share]': 'that share of the answers loses a byte (0.1)',
  'fault checksum [share]': 'that share of the answers has a wrong check (0.1)',
  'fault silent <id>': 'this servo neither hears nor answers',
  'fault cut': 'the cable is pulled: the port hangs up',
  'fault brown-out [s]': 'the supply breaks down for so long (0.3); the servos start anew',
  'fault overheat <id> [degC]': 'this servo is so hot (90)',
  'fault push <id> <Nm>': 'this joint is pushed from outside',
  'fault clear': 'everything above is over; the cable is plugged in',
  plug: 'the cable is plugged in',
  'move <rad>...': 'hands take the joints there and hold them',
  'let-go': 'hands let go',
  'reset <seed>': 'things are put elsewhere; the arm stays as it is',
};

type Numbers = readonly (number | undefined)[];

const FAULTS: Readonly<Record<string, (numbers: Numbers) => BusCommand | undefined>> = {
  noise: ([share = 0.1]) => ({ kind: 'noise', share }),
  lose: ([share = 0.1]) => ({ kind: 'lose', share }),
  checksum: ([share = 0.1]) => ({ kind: 'checksum', share }),
  silent: ([id]) => (id === undefined ? undefined : { kind: 'silent', id }),
  cut: () => ({ kind: 'cut' }),
  'brown-out': ([durationS = 0.3]) => ({ kind: 'brown-out', durationS }),
  overheat: ([id, temperatureC = 90]) => (id === undefined ? undefined : { kind: 'overheat', id, temperatureC }),
  push: ([id, torqueNm]) => (id === undefined || torqueNm === undefined ? undefined : { kind: 'push', id, torqueNm }),
  clear: () => ({ kind: 'clear' }),
};

/** A line such as `fault silent 3`. Throws ArmatureError E_EMULATOR_COMMAND, with all commands, for one that is none. */
export function parseBusCommand(line: string): BusCommand {
  const [verb = '', ...words] = line.trim().split(/\s+/);
  const isFault = verb === 'fault';
  const numbers = (isFault ? words.slice(1) : words).map(Number);
  const command = numbers.every(Number.isFinite) ? commandOf(isFault ? `fault ${words[0]}` : verb, numbers) : undefined;
  if (command !== undefined) return command;
  throw new ArmatureError('E_EMULATOR_COMMAND', `"${line.trim()}" is no command of the emulator`, {
    expected: `one of: ${Object.keys(BUS_COMMANDS).join('; ')}`,
    remedy: 'Give a command of this list.',
  });
}

/** Faults in one word, such as `noise=0.05,silent=3`, as commands. Throws as `parseBusCommand` does. */
export function parseFaults(text: string): BusCommand[] {
  return text.split(',').map((part) => parseBusCommand(`fault ${part.replaceAll('=', ' ')}`));
}

function commandOf(verb: string, numbers: Numbers): BusCommand | undefined {
  if (verb.startsWith('fault ')) return FAULTS[verb.slice('fault '.length)]?.(numbers);
  switch (verb) {
    case 'plug':
    case 'let-go':
      return { kind: verb };
    case 'reset':
      return { kind: verb, seed: numbers[0] ?? 0 };
    case 'move':
      return numbers.length === 0 ? undefined : { kind: verb, positionsRad: numbers as number[] };
    default:
      return undefined;
  }
}

import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { closeAll } from '../core/close-all.ts';
import { ArmatureError } from '../core/errors.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { DemonstrationAgent } from '../runtime/demonstration-agent.ts';
import { ProcessAgent } from '../runtime/process-agent.ts';
import type { WorkOptions } from '../runtime/workplace.ts';
import { TELEOP_NAMES, openTeleoperator } from '../runtime/teleop-table.ts';
import type { KeySource } from '../teleop/keyboard/key-source.ts';
import { PageJog } from '../teleop/page/page-jog.ts';
import { TakeoverAgent } from '../teleop/takeover-agent.ts';
import type { TeleopStatus, Teleoperator } from '../teleop/teleoperator.ts';
import { sayConnection } from './connection-words.ts';
import { openTerminalKeys } from './session-keys.ts';

/** Drives in place of a person; it knows the simulated scene. */
const EXPERT = 'expert';
/** Worked from the dashboard. */
const PAGE = 'page';
/** For help texts. */
const DRIVER_NAMES = [...TELEOP_NAMES, EXPERT].join(', ');

export interface PersonOptions {
  readonly robot: RobotSpec;
  /** Words of `--teleop`. */
  readonly teleop: string;
  /** A policy that acts until the person takes over; undefined: the person alone. */
  readonly policy?: string | undefined;
  /** The page of the dashboard, for `--teleop page`. */
  readonly page?: PageJog | undefined;
}

/** Adds `--teleop` and `--policy`. */
export function addPersonOptions(command: Command): Command {
  return command
    .requiredOption(
      '--teleop <name>',
      `who drives it: ${DRIVER_NAMES}; options after a colon, see docs/teleoperation.md`,
    )
    .option('--policy <folder>', 'let this policy act until the person takes over; what the person does is marked');
}

/** The page that `--teleop page` means; undefined for other words. */
export function openPage(teleop: string): PageJog | undefined {
  return teleop.split(':')[0] === PAGE ? new PageJog(new MonotonicClock()) : undefined;
}

/** Who drives an arm by hand, with the keys of the terminal. */
export interface Person {
  /** Undefined where there is no terminal. */
  readonly keys: KeySource | undefined;
  /** Throws E_NO_SCENE for an expert without a scene to know. */
  agent: WorkOptions['agent'];
  /** For the panel, label and text. */
  notes(): (readonly [string, string])[];
  /** Undefined for who is no person. */
  status(): PersonStatus | undefined;
  close(): Promise<void>;
}

export interface PersonStatus extends TeleopStatus {
  /** The dead-man is held, or a leader leads. */
  readonly isEngaged: boolean;
  /** A policy acts while the person does not. */
  readonly hasPolicy: boolean;
}

/** Throws what openTeleoperator and ProcessAgent.start throw. */
export async function openPerson({ robot, teleop, policy, page }: PersonOptions): Promise<Person> {
  const keys = openTerminalKeys();
  try {
    if (teleop === EXPERT) return expert(keys);
    const person = await openTeleoperator(teleop, {
      robot,
      clock: new MonotonicClock(),
      keys,
      page,
      onLeaderConnected: (connection, { name }) => sayConnection(connection, `leader "${name}"`),
    });
    const agent = policy === undefined ? person : await withPolicy(person, { robot, policy, keys });
    return {
      keys,
      agent: () => agent,
      notes: () => [['person', noteOf(person)]],
      status: () => ({ ...agent.status, isEngaged: person.isEngaged, hasPolicy: policy !== undefined }),
      close: () => closeAll([() => agent.close(), () => keys?.close()]),
    };
  } catch (error) {
    keys?.close();
    throw error;
  }
}

function expert(keys: KeySource | undefined): Person {
  return {
    keys,
    agent: (scene) => {
      if (scene === undefined) throw noScene();
      return new DemonstrationAgent({ expert: scene });
    },
    notes: () => [],
    status: () => undefined,
    close: () => {
      keys?.close();
      return Promise.resolve();
    },
  };
}

function noScene(): ArmatureError {
  return new ArmatureError('E_NO_SCENE', 'the expert knows simulated scenes, and a real arm stands in none', {
    remedy: 'Use another teleoperator, or --driver sim.',
  });
}

async function withPolicy(
  person: Teleoperator,
  { robot, policy, keys }: { readonly robot: RobotSpec; readonly policy: string; readonly keys: KeySource | undefined },
): Promise<TakeoverAgent> {
  try {
    const acting = await ProcessAgent.start({ kind: 'policy', directory: policy }, robot);
    return new TakeoverAgent({ policy: acting, person, keys });
  } catch (error) {
    // A leader has a process of its own, which would keep this one.
    await person.close();
    throw error;
  }
}

function noteOf({ status, isEngaged }: Teleoperator): string {
  const commands = isEngaged ? 'commands' : 'does not command';
  return `${commands}, ${status.setting}${status.problem === undefined ? '' : `: ${status.problem}`}`;
}

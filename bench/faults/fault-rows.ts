import type { FaultPlan } from '../../src/testing/index.ts';
import type { FaultyAgentOptions } from './faulty-agent.ts';

/** What goes wrong, and how it is brought about. */
export interface Fault {
  readonly name: string;
  /** Sent to the process of the policy. */
  readonly toPolicy?: NodeJS.Signals;
  /** What the policy does when it is sent SIGUSR2. */
  readonly policyDoes?: FaultyAgentOptions['fault'];
  /** Sent to the supervisor, which blocks itself for a while when it is sent SIGUSR2. */
  readonly toSupervisor?: NodeJS.Signals;
  /** For how long it blocks itself, ms. */
  readonly blockedMs?: number;
  /** What the driver does by itself after a while. */
  readonly driverDoes?: FaultPlan['fault'];
  readonly clockStepMs?: number;
  /** The thread of the gate ends after a while. */
  readonly gateDies?: true;
}

export const FAULTS: readonly Fault[] = [
  { name: 'policy killed', toPolicy: 'SIGKILL' },
  { name: 'policy stopped', toPolicy: 'SIGSTOP' },
  { name: 'policy spinning', toPolicy: 'SIGUSR2', policyDoes: 'spin' },
  { name: 'policy takes 2 GB', toPolicy: 'SIGUSR2', policyDoes: 'allocate' },
  { name: 'policy emits NaN', toPolicy: 'SIGUSR2', policyDoes: 'nan' },
  { name: 'policy emits noise', toPolicy: 'SIGUSR2', policyDoes: 'noise' },
  { name: 'supervisor killed', toSupervisor: 'SIGKILL' },
  { name: 'supervisor stopped', toSupervisor: 'SIGSTOP' },
  { name: 'supervisor blocked 1 s', toSupervisor: 'SIGUSR2', blockedMs: 1000 },
  { name: 'supervisor blocked 10 s', toSupervisor: 'SIGUSR2', blockedMs: 10_000 },
  { name: 'sensors frozen', driverDoes: 'frozen' },
  { name: 'sensors stale', driverDoes: 'stale' },
  { name: 'sensors silent', driverDoes: 'silent' },
  { name: 'sensors impossible', driverDoes: 'impossible' },
  { name: 'sensors not finite', driverDoes: 'not-finite' },
  { name: 'cable pulled', driverDoes: 'unplugged' },
  { name: 'motors overheated', driverDoes: 'overheated' },
  { name: 'supply voltage low', driverDoes: 'brown-out' },
  { name: 'motor current high', driverDoes: 'over-current' },
  { name: 'motor reports an error', driverDoes: 'motor-error' },
  { name: "robot's emergency stop", driverDoes: 'emergency-stop' },
  { name: 'gate worker killed', gateDies: true },
  { name: 'gate worker hanging', driverDoes: 'hanging' },
  { name: 'clock stepped back', driverDoes: 'clock-stepped', clockStepMs: -1000 },
  { name: 'clock stepped forward', driverDoes: 'clock-stepped', clockStepMs: 1000 },
];

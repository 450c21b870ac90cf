import type { FaultPlan, RosArmFault } from '../../src/testing/index.ts';
import type { FaultyAgentOptions } from './faulty-agent.ts';
import { ROS_FAULTS } from './ros-faults.ts';

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
  /** What is done to an emulated bus of servos, in words of `armature emulate`: such faults are of serial arms only. */
  readonly busDoes?: string;
  /** What is done to it some time later. */
  readonly busRecovers?: string;
  /** What is done to an emulated ROS arm or the link to it; it is undone some time later: such faults are of ROS arms only. */
  readonly linkDoes?: RosArmFault;
  /** The arm may go on, or stop. */
  readonly mayGoOn?: true;
  /** It has to be known so soon, ms. */
  readonly noticedWithinMs?: number;
  /** The only robot that has it. */
  readonly robot?: string;
  /** The arm has to go on as if nothing were. */
  readonly goesOn?: true;
  /** Then the arm is connected anew, which must not move it before it is armed again. */
  readonly reconnects?: true;
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
  { name: 'noise on the bus', busDoes: 'fault noise 0.05', goesOn: true },
  { name: 'bytes lost on the bus', busDoes: 'fault lose 0.03', goesOn: true },
  { name: 'bad checksums', busDoes: 'fault checksum 0.05', goesOn: true },
  { name: 'every checksum bad', busDoes: 'fault checksum 1' },
  { name: 'servo silent', busDoes: 'fault silent 3' },
  { name: 'servo overheats', busDoes: 'fault overheat 3 90' },
  { name: 'brown-out 0.1 s', busDoes: 'fault brown-out 0.1' },
  { name: 'brown-out 1 s', busDoes: 'fault brown-out 1' },
  { name: 'bus cable cut', busDoes: 'fault cut' },
  { name: 'bus reconnected', busDoes: 'fault cut', busRecovers: 'plug', reconnects: true },
  ...ROS_FAULTS,
];

import type { Agent, AgentDecision } from '../../src/core/agent.ts';
import { MonotonicClock, NS_PER_S } from '../../src/core/clock.ts';
import type { Observation } from '../../src/core/observation.ts';
import { Rng } from '../../src/core/rng.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';

export interface FaultyAgentOptions {
  /** `moving`: all joints swing about home. `still`: it has nothing to command. */
  readonly manner: 'moving' | 'still';
  /** What it does from the signal on; the others are done to it from outside. */
  readonly fault: 'none' | 'spin' | 'allocate' | 'nan' | 'noise';
}

/** The swing: a part of each joint's range, and a period, s, slow enough for every joint. */
const SWING = 0.15;
const PERIOD_S = 2.5;
/** As much as a process may grow when it goes wrong, in pieces, bytes. */
const ALLOCATED_BYTES = 2 * 2 ** 30;
const PIECE_BYTES = 2 ** 26;

/** Takes memory, page by page, and lets it go. */
function allocate(): number {
  const pieces = Array.from({ length: ALLOCATED_BYTES / PIECE_BYTES }, () => Buffer.alloc(PIECE_BYTES, 1));
  return pieces.length;
}

/** An agent that goes wrong when its process is sent SIGUSR2. As a policy, it wants nothing while a picture is stale. */
export function createAgent(robot: RobotSpec, options: unknown): Agent {
  const { manner, fault } = options as FaultyAgentOptions;
  const clock = new MonotonicClock();
  const rng = new Rng(7);
  let isFaulty = false;
  let startNs = 0;
  process.on('SIGUSR2', () => (isFaulty = true));

  const positions = (timeNs: number): Float64Array | undefined => {
    if (isFaulty && fault === 'nan') return new Float64Array(robot.joints.length).fill(NaN);
    if (isFaulty && fault === 'noise') {
      return Float64Array.from(robot.joints, ({ limits }) => rng.uniform(...limits.positionRad));
    }
    if (manner === 'still') return undefined;
    const phase = (2 * Math.PI * (timeNs - startNs)) / NS_PER_S / PERIOD_S;
    return Float64Array.from(robot.joints, ({ limits: { positionRad } }, joint) => {
      const [low, high] = positionRad;
      return (robot.homeRad[joint] ?? 0) + SWING * (high - low) * Math.sin(phase) * 0.5;
    });
  };

  return {
    name: 'faulty',
    reset: () => {
      startNs = clock.nowNs();
      return Promise.resolve();
    },
    act: ({ timeNs, cameras }: Observation): Promise<AgentDecision> => {
      while (isFaulty && fault === 'spin');
      while (isFaulty && fault === 'allocate') allocate();
      const sees = [...cameras.values()].every(({ fresh }) => fresh);
      const positionsRad = sees ? positions(timeNs) : undefined;
      const target =
        positionsRad === undefined ? undefined : { positionsRad, createdNs: clock.nowNs(), observedNs: timeNs };
      return Promise.resolve({ target, computeNs: 0 });
    },
    close: () => Promise.resolve(),
  };
}

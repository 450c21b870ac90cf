import type { JointTarget } from '../../src/core/action.ts';
import type { Rng } from '../../src/core/rng.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import type { GateInput } from '../../src/safety/gate.ts';
import { makeArmState } from '../../src/testing/index.ts';

/** What an adversary knows when it thinks of the next input. */
export interface Scene {
  readonly robot: RobotSpec;
  readonly rng: Rng;
  /** The last command, rad, shape (J). */
  readonly commandRad: Float64Array;
  /** Steps since this adversary began. */
  readonly tick: number;
}

/** A sequence of targets; it may keep what it likes between calls. */
type Targets = (scene: Scene) => Float64Array | undefined;

/** Everything that can be wrong about one input besides where it leads. */
interface Faults {
  readonly createdAgoNs?: number;
  readonly observedAgoNs?: number;
  readonly measuredAgoNs?: number;
  readonly isFresh?: boolean;
  readonly measuredRad?: readonly number[];
}

export interface Adversary {
  readonly name: string;
  /** True where nothing is malformed, stale or late: the gate follows all the way. */
  readonly isDriving: boolean;
  start(): (scene: Scene, nowNs: number) => { readonly input: GateInput; readonly stepNs: number };
}

export const ADVERSARIES: readonly Adversary[] = [
  driving('uniform', () => anywhere),
  driving('held', held),
  driving('bang-bang', bangBang),
  driving('drift', drift),
  driving('waves', waves),
  driving('policy-like', policyLike),
  driving('jitter', () => jitter),
  broken(
    'malformed',
    (scene) => (scene.rng.uniform(0, 1) < 0.3 ? malformed(scene) : anywhere(scene)),
    () => ({}),
  ),
  broken('stale', anywhere, staleness),
  broken('time', anywhere, () => ({}), wildStepNs),
];

function driving(name: string, targets: () => Targets): Adversary {
  return {
    name,
    isDriving: true,
    start: () => {
      const next = targets();
      let mode = 0;
      return (scene, nowNs) => {
        if (scene.tick % 200 === 0) mode = scene.rng.integer(4);
        const stepNs = unevenStepNs(scene, mode);
        return { input: inputOf(next(scene), nowNs + stepNs, scene, {}), stepNs };
      };
    },
  };
}

function broken(
  name: string,
  targets: Targets,
  faults: (scene: Scene) => Faults,
  stepNsOf: (scene: Scene) => number = (scene) => unevenStepNs(scene, 1),
): Adversary {
  return {
    name,
    isDriving: false,
    start: () => (scene, nowNs) => {
      const stepNs = stepNsOf(scene);
      return { input: inputOf(targets(scene), nowNs + stepNs, scene, faults(scene)), stepNs };
    },
  };
}

function inputOf(target: Float64Array | undefined, nowNs: number, { commandRad }: Scene, faults: Faults): GateInput {
  const { createdAgoNs = 0, observedAgoNs = createdAgoNs, measuredAgoNs = 0, isFresh = true } = faults;
  const value = makeArmState(faults.measuredRad ?? [...commandRad], nowNs - measuredAgoNs);
  const wish: JointTarget | undefined = target && {
    positionsRad: target,
    createdNs: nowNs - createdAgoNs,
    observedNs: nowNs - observedAgoNs,
  };
  return { nowNs, target: wish, measured: { value, ageNs: measuredAgoNs, fresh: isFresh } };
}

/** Steady; shaken by half a period; from microseconds to several periods; late, then early. */
function unevenStepNs({ robot, rng, tick }: Scene, mode: number): number {
  const periodNs = 1e9 / robot.rates.gateHz;
  if (mode === 0) return periodNs;
  if (mode === 1) return Math.round(periodNs * rng.uniform(0.5, 1.5));
  if (mode === 2) return Math.round(2000 * Math.exp(rng.uniform(0, Math.log((4 * periodNs) / 2000))));
  return tick % 7 === 0 ? 2 * periodNs - 10_000 : tick % 7 === 1 ? 10_000 : periodNs;
}

function wildStepNs({ robot, rng }: Scene): number {
  const periodNs = 1e9 / robot.rates.gateHz;
  const wild = [0, -1, -20 * periodNs, 1, 100, 3_600e9, NaN, Infinity, -Infinity];
  return rng.uniform(0, 1) < 0.1 ? rng.pick(wild) : Math.round(Math.exp(rng.uniform(0, Math.log(2e9))));
}

function staleness({ rng }: Scene): Faults {
  const age = (): number => rng.pick([0, 0, 0, 0, 1e8, 5e8, -5e8, NaN, Infinity]);
  return { createdAgoNs: age(), observedAgoNs: age(), measuredAgoNs: age(), isFresh: rng.uniform(0, 1) < 0.9 };
}

function malformed({ robot, rng }: Scene): Float64Array | undefined {
  const count = robot.joints.length;
  const bad = rng.pick([NaN, Infinity, -Infinity, 1e308, -1e308, Number.MIN_VALUE]);
  const values = Float64Array.from({ length: count }, () => (rng.uniform(0, 1) < 0.5 ? bad : 0));
  const choices = [undefined, values, new Float64Array(0), new Float64Array(count + 1), null, [1, 2], 'far'];
  return choices[rng.integer(choices.length)] as Float64Array | undefined;
}

/** Somewhere in the range or up to a third of it outside. */
function anywhere({ robot, rng }: Scene): Float64Array {
  return Float64Array.from(
    robot.joints,
    ({
      limits: {
        positionRad: [low, high],
      },
    }) => {
      const beyond = (high - low) / 3;
      return rng.uniform(low - beyond, high + beyond);
    },
  );
}

function held(): Targets {
  let left = 0;
  let target: Float64Array | undefined;
  return (scene) => {
    if (left === 0 || target === undefined) {
      left = 1 + scene.rng.integer(120);
      target = anywhere(scene);
    }
    left -= 1;
    return target;
  };
}

function bangBang(): Targets {
  let left = 0;
  let side = 1;
  return ({ robot, rng }) => {
    if (left === 0) {
      left = 1 + rng.integer(40);
      side = -side;
    }
    left -= 1;
    return Float64Array.from(
      robot.joints,
      (
        {
          limits: {
            positionRad: [low, high],
          },
        },
        joint,
      ) => {
        const middle = (low + high) / 2;
        return middle + (joint % 2 === 0 ? side : -side) * 2 * (high - low);
      },
    );
  };
}

/** Slowly or at the velocity limit onto the ends of the range, joint by joint at speeds of its own. */
function drift(): Targets {
  let target: Float64Array | undefined;
  let speeds: readonly number[] = [];
  return ({ robot, rng, commandRad, tick }) => {
    if (target === undefined || tick % 500 === 0) {
      speeds = robot.joints.map(
        ({ limits }) => limits.velocityRadPerS * rng.pick([-1, 1]) * 10 ** rng.uniform(-3, 0.05),
      );
      target = commandRad.slice();
    }
    target = target.map((position, joint) => position + (speeds[joint] ?? 0) / robot.rates.gateHz);
    return target;
  };
}

/** Waves whose acceleration or jerk comes near the limits. */
function waves(): Targets {
  let shape: readonly { middle: number; size: number; rate: number }[] = [];
  return ({ robot, rng, tick }) => {
    if (tick % 400 === 0) {
      shape = robot.joints.map(({ limits }) => {
        const [low, high] = limits.positionRad;
        const rate = 2 * Math.PI * 10 ** rng.uniform(-1, 1);
        const size = Math.min((high - low) / 2, rng.uniform(0.2, 1.5) * (limits.accelerationRadPerS2 / rate ** 2));
        return { middle: (low + high) / 2, size, rate };
      });
    }
    const timeS = (tick % 400) / robot.rates.gateHz;
    return Float64Array.from(shape, ({ middle, size, rate }) => middle + size * Math.sin(rate * timeS));
  };
}

/** Decisions that wander, one per control period, and straight lines between them. */
function policyLike(): Targets {
  let [from, to] = [new Float64Array(0), new Float64Array(0)];
  let velocity: readonly number[] = [];
  return ({ robot, rng, commandRad, tick }) => {
    const ticks = Math.round(robot.rates.gateHz / robot.rates.controlHz);
    if (tick % ticks === 0 || to.length === 0) {
      velocity = robot.joints.map(
        ({ limits }, joint) => 0.9 * (velocity[joint] ?? 0) + rng.normal(0.1 * limits.velocityRadPerS),
      );
      from = commandRad.slice();
      to = from.map((position, joint) => position + (velocity[joint] ?? 0) / robot.rates.controlHz);
    }
    const share = ((tick % ticks) + 1) / ticks;
    return from.map((position, joint) => position + share * ((to[joint] ?? position) - position));
  };
}

function jitter({ rng, commandRad }: Scene): Float64Array {
  return commandRad.map((position) => position + rng.normal(10 ** rng.uniform(-14, -2)));
}

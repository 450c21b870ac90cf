import { NS_PER_S } from '../../src/core/clock.ts';
import { Rng } from '../../src/core/rng.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import type { GateDecision, GateInput } from '../../src/safety/gate.ts';
import { jointLimits } from '../../src/safety/joint-limits.ts';
import { longestStepS } from '../../src/safety/step-length.ts';
import { makeArmState } from '../../src/testing/index.ts';
import type { Adversary } from './adversaries.ts';
import { EmittedSequence } from './emitted-sequence.ts';
import type { Peer } from './peers.ts';

export interface AttackOptions {
  readonly robot: RobotSpec;
  readonly adversary: Adversary;
  readonly seed: number;
  readonly steps: number;
  /** Get the same targets at the same times. */
  readonly peers?: readonly Peer[];
  /** Called after each step. */
  readonly onStep?: (decision: GateDecision, gate: SafetyGate) => void;
}

export interface AttackResult {
  readonly gate: EmittedSequence;
  /** In the order of the peers. */
  readonly peers: readonly EmittedSequence[];
}

const START_NS = 1e9;

/** Runs one adversary against the gate of one robot. A gate that latched is armed again where it stopped. */
export function attack({ robot, adversary, seed, steps, peers = [], onStep }: AttackOptions): AttackResult {
  const rng = new Rng(seed);
  const longestNs = longestStepS(jointLimits(robot), 1 / robot.rates.gateHz) * NS_PER_S;
  const startRad = Float64Array.from(robot.homeRad);
  const watched = new EmittedSequence(robot, startRad, START_NS);
  const rivals = peers.map((peer) => new Rival(peer, robot, startRad, longestNs));
  const gate = new SafetyGate(withoutMonitors(robot));
  gate.arm(makeArmState([...startRad], START_NS), START_NS);
  const next = adversary.start();
  // Whoever claims that a target was planned may be wrong, too.
  const claims = new Rng(seed + 1);
  let commandRad: Float64Array = startRad;
  let nowNs = START_NS;
  for (let tick = 0; tick < steps; tick += 1) {
    const { input: thought, stepNs } = next({ robot, rng, commandRad, tick }, nowNs);
    const asked = adversary.isDriving && gate.state === 'hold' ? beginningHere(thought, commandRad) : thought;
    const input = { ...asked, isPlanned: claims.uniform(0, 1) < 0.5 };
    const isStep = stepNs > 0 && stepNs < Infinity;
    if (isStep) nowNs += stepNs;
    const decision = gate.step(input);
    const { command } = decision;
    if (decision.reasons.includes('time-jumped')) watched.rest(command.stampNs);
    else watched.add(command.positionsRad, command.stampNs);
    commandRad = command.positionsRad;
    onStep?.(decision, gate);
    const targetRad: unknown = input.target?.positionsRad;
    if (isStep && targetRad instanceof Float64Array && targetRad.length === startRad.length)
      for (const rival of rivals) rival.step(targetRad, nowNs);
    if (mustArm(gate, decision)) {
      gate.arm(makeArmState([...commandRad], nowNs), nowNs);
      watched.rest(nowNs);
    }
  }
  return { gate: watched, peers: rivals.map(({ watched: sequence }) => sequence) };
}

/** A source that begins elsewhere is followed slowly: this one begins where the arm is. */
function beginningHere(input: GateInput, commandRad: Float64Array): GateInput {
  return input.target === undefined ? input : { ...input, target: { ...input.target, positionsRad: commandRad } };
}

/** True when nothing but arming sets the arm in motion again. */
function mustArm(gate: SafetyGate, { reasons, state }: GateDecision): boolean {
  const isOver = state !== 'active' && state !== 'hold' && state !== 'stopping';
  return gate.isStill && (isOver || reasons.includes('no-lease'));
}

/** Late ticks and wild sensors would only stop the arm: what is attacked here are the limits of its motion. */
function withoutMonitors(robot: RobotSpec): RobotSpec {
  const lateTicks = { ...robot.monitors.lateTicks, most: 1e6 };
  return { ...robot, monitors: { ...robot.monitors, lateTicks } };
}

/** A peer with its arm and its observer. */
class Rival {
  readonly watched: EmittedSequence;
  readonly #peer: Peer;
  readonly #longestNs: number;
  #positions: Float64Array;
  #timeNs = START_NS;

  constructor(peer: Peer, robot: RobotSpec, startRad: Float64Array, longestNs: number) {
    this.watched = new EmittedSequence(robot, startRad, START_NS);
    this.#peer = peer;
    this.#longestNs = longestNs;
    this.#positions = startRad;
    peer.rest(startRad);
  }

  step(targetRad: Float64Array, nowNs: number): void {
    const stepNs = nowNs - this.#timeNs;
    this.#timeNs = nowNs;
    const commanded = stepNs > this.#longestNs ? undefined : this.#peer.limit(targetRad, stepNs / NS_PER_S);
    if (commanded === undefined) {
      // A pause, or a motion that was given up: the arm comes to rest, as it does for the gate.
      this.#peer.rest(this.#positions);
      this.watched.rest(nowNs);
      return;
    }
    this.watched.add(commanded, nowNs);
    if (commanded.every(Number.isFinite)) this.#positions = commanded;
  }
}

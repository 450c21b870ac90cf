import { NS_PER_S } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { readWorldState, worldStateLength, writeWorldState } from '../../sim/world-state.ts';
import { SharedSlot } from './shared-slot.ts';
import { threadId } from './thread-priority.ts';
import { WORLD_ORDERS } from './world-memory.ts';
import type { WorldBuffers, WorldReady } from './world-memory.ts';

/** Part of a period by which the world's steps lie before the gate's ticks, so that jitter moves no command into the next step. */
const LEAD = 0.1;
/** Part of a period that the world waits for a command, when one is due, before it goes on without one. */
const PATIENCE = 0.5;

export interface WorldLoopOptions {
  /** Without cameras: nobody looks from here. */
  readonly simulation: Simulation;
  readonly clock: Clock;
  readonly buffers: WorldBuffers;
}

/**
 * A simulated arm in real time, at the other end of a wire, as an arm of metal would be: it goes on when the
 * gate is dead. The world steps right after each command, as in lockstep, or by itself when none comes.
 */
export class WorldLoop {
  readonly ready: WorldReady;
  readonly #options: WorldLoopOptions;
  readonly #periodNs: number;
  readonly #order: Int32Array;
  readonly #slots: Readonly<Record<'command' | 'torque' | 'state' | 'token' | 'begin' | 'scene', SharedSlot>>;
  readonly #values: Readonly<Record<'command' | 'torque' | 'state' | 'token' | 'scene', Float64Array>>;
  #beginVersion = 0;
  #commandVersion = 0;
  #torqueVersion = 0;
  #isHalted = false;
  #isInStep = false;
  #startNs = 0;
  #steps = 0;

  constructor(options: WorldLoopOptions) {
    const { simulation, buffers } = options;
    const { world } = simulation;
    const length = worldStateLength(world);
    this.ready = { thread: threadId(), begin: SharedSlot.allocate(length), scene: SharedSlot.allocate(length) };
    this.#options = options;
    this.#periodNs = NS_PER_S / world.robot.rates.gateHz;
    this.#order = new Int32Array(buffers.order);
    this.#slots = {
      command: new SharedSlot(buffers.command),
      torque: new SharedSlot(buffers.torque),
      state: new SharedSlot(buffers.state),
      token: new SharedSlot(buffers.token),
      begin: new SharedSlot(this.ready.begin),
      scene: new SharedSlot(this.ready.scene),
    };
    this.#values = {
      command: new Float64Array(this.#slots.command.length),
      torque: new Float64Array(1),
      state: new Float64Array(this.#slots.state.length),
      token: new Float64Array(1),
      scene: new Float64Array(length),
    };
    simulation.armSource.subscribe({
      next: ({ positionsRad, velocitiesRadPerS, effortsNm, stampNs }) => {
        const { state } = this.#values;
        state.set(positionsRad, 0);
        state.set(velocitiesRadPerS, positionsRad.length);
        state.set(effortsNm, 2 * positionsRad.length);
        state[3 * positionsRad.length] = stampNs;
        this.#slots.state.write(state);
      },
      error: () => undefined,
    });
    world.reset(world.robot.homeRad);
    this.#begin();
  }

  /** One wait and what is due after it. False once told to end. Throws what the physics throws. */
  turn(): boolean {
    const order = Atomics.load(this.#order, 0);
    if (order === WORLD_ORDERS.end) return false;
    if (order === WORLD_ORDERS.halt) this.#halt();
    const { begin, scene } = this.#slots;
    if (begin.version !== this.#beginVersion && begin.read(this.#values.scene)) {
      this.#beginVersion = begin.version;
      writeWorldState(this.#options.simulation.world, this.#values.scene);
      this.#begin();
    }
    this.#waitAndAdvance();
    readWorldState(this.#options.simulation.world, this.#values.scene);
    scene.write(this.#values.scene);
    return true;
  }

  #begin(): void {
    const { simulation, clock } = this.#options;
    const { token } = this.#values;
    const nowNs = clock.nowNs();
    this.#isInStep = this.#slots.token.read(token);
    const tickNs = this.#isInStep ? (token[0] as number) : nowNs;
    const behindNs = tickNs - LEAD * this.#periodNs;
    this.#startNs = behindNs + Math.floor((nowNs - behindNs) / this.#periodNs) * this.#periodNs;
    this.#steps = 0;
    // What was commanded in the world before was not meant for this one.
    this.#commandVersion = this.#slots.command.version;
    this.#torqueVersion = this.#slots.torque.version;
    simulation.world.setTorque(true);
    simulation.begin({ startNs: this.#startNs, seed: this.#beginVersion });
  }

  #waitAndAdvance(): void {
    const { simulation, clock } = this.#options;
    const { command, torque } = this.#slots;
    const patientNs = this.#startNs + (this.#steps + 1 + PATIENCE) * this.#periodNs;
    command.waitForChange(this.#commandVersion, (patientNs - clock.nowNs()) / 1e6);
    if (torque.version !== this.#torqueVersion && torque.read(this.#values.torque)) {
      this.#torqueVersion = torque.version;
      simulation.world.setTorque(this.#isHalted || this.#values.torque[0] === 1);
    }
    const hasCommand = command.version !== this.#commandVersion && command.read(this.#values.command);
    if (hasCommand) {
      // Before the gate ticked there was nothing to keep step with.
      if (!this.#isInStep) this.#begin();
      this.#commandVersion = command.version;
      if (!this.#isHalted) simulation.world.setServoTargets(this.#values.command);
    }
    const elapsed = (clock.nowNs() - this.#startNs) / this.#periodNs;
    // With the command the period that begins now is settled; without one, those that are over.
    const due = Math.floor(hasCommand ? elapsed + 1 : elapsed) - this.#steps;
    if (due <= 0) return;
    simulation.advance(due * this.#periodNs);
    this.#steps += due;
  }

  #halt(): void {
    if (this.#isHalted) return;
    const { world } = this.#options.simulation;
    world.setServoTargets(world.jointPositions());
    this.#isHalted = true;
  }
}

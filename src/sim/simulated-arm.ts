import { ArmatureError } from '../core/errors.ts';
import type { ArmState } from '../core/observation.ts';
import type { Rng } from '../core/rng.ts';
import type { ArmDriver, SentCommand } from '../drivers/driver.ts';
import type { SafeCommand } from '../safety/safe-command.ts';
import { simBlock } from './world.ts';
import type { World } from './world.ts';

/** The arm of a simulated world, driven like any other arm: position servos, noisy measurements. */
export class SimulatedArm implements ArmDriver {
  readonly name = 'sim';
  readonly #world: World;
  #newest: ArmState | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  read(): ArmState {
    if (this.#newest !== undefined) return this.#newest;
    throw new ArmatureError('E_NOT_STARTED', 'the simulated arm has not measured anything yet', {
      remedy: 'Call Simulation.begin before reading the arm.',
    });
  }

  readHealth(): undefined {
    return undefined;
  }

  setTorque(isOn: boolean): void {
    this.#world.setTorque(isOn);
  }

  write(command: SafeCommand): SentCommand {
    this.#world.setServoTargets(command.positionsRad);
    return { positionsRad: command.positionsRad, stampNs: command.stampNs };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Measures the arm as its encoders would: true values plus the robot's noise. */
  measure(stampNs: number, rng: Rng): ArmState {
    const { noise } = simBlock(this.#world.robot);
    const noisy = (values: readonly number[], deviation: number): Float64Array =>
      Float64Array.from(values, (value) => value + rng.normal(deviation));
    this.#newest = {
      positionsRad: noisy(this.#world.jointPositions(), noise.positionRad),
      velocitiesRadPerS: noisy(this.#world.jointVelocities(), noise.velocityRadPerS),
      effortsNm: noisy(this.#world.jointEfforts(), noise.effortNm),
      stampNs,
    };
    return this.#newest;
  }
}

import type { ArmDriver } from '../drivers/driver.ts';
import type { SensorSources } from '../sensors/sensor-sources.ts';
import type { BeginOptions, Simulation } from '../sim/simulation.ts';

/** Where an episode of a simulated task takes place: an arm, what measures on it, and how time passes. */
export interface Stage {
  readonly driver: ArmDriver;
  readonly sources: SensorSources;
  begin(options: BeginOptions): void;
  /** Lets a duration, ns, pass. */
  advance(durationNs: number): void;
  dispose(): void;
}

/** A simulation as a stage. It belongs to its task and outlives the episode. */
export function simulationStage(simulation: Simulation): Stage {
  return {
    driver: simulation.arm,
    sources: { arm: simulation.armSource, cameras: simulation.cameraSources },
    begin: (options) => simulation.begin(options),
    advance: (durationNs) => simulation.advance(durationNs),
    dispose: () => undefined,
  };
}

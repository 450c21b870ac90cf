import type { ArmState, CameraFrame } from '../core/observation.ts';
import type { StampedSource } from '../core/source.ts';

/** Everything that measures: the arm, and its cameras by name. Each at its own rate. */
export interface SensorSources {
  readonly arm: StampedSource<ArmState>;
  readonly cameras: ReadonlyMap<string, StampedSource<CameraFrame>>;
}

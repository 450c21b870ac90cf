import type { StampedSource } from '../../core/source.ts';
import { PushSource } from '../../core/source.ts';
import type { ArmState } from '../../core/observation.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import type { SensorSources } from '../../sensors/sensor-sources.ts';
import type { BeginOptions } from '../../sim/simulation.ts';
import { writeWorldState } from '../../sim/world-state.ts';
import { simBlock } from '../../sim/world.ts';
import type { World } from '../../sim/world.ts';
import { SceneCameras } from '../scene-cameras.ts';
import type { ArmRecord } from './record-format.ts';

/**
 * The scene an arm process works in, shown to the cameras here: the world there tells its state, and this one
 * follows it. A mirror arm has no world: here things stay where they are and only the arm moves.
 */
export class SceneView {
  readonly #world: World;
  readonly #cameras: SceneCameras;
  readonly #arm = new PushSource<ArmState>();

  /**
   * @param driver that of the arm process
   * @param unseen cameras that nobody looks through
   */
  constructor(world: World, driver: 'sim' | 'mirror', unseen: readonly string[] = []) {
    this.#world = world;
    const latencyNs = driver === 'sim' ? simBlock(world.robot).noise.cameraLatencyMs * NS_PER_MS : 0;
    this.#cameras = new SceneCameras(world, latencyNs, unseen);
  }

  get sources(): SensorSources {
    return { arm: this.#arm as StampedSource<ArmState>, cameras: this.#cameras.sources };
  }

  begin(options: BeginOptions): void {
    this.#cameras.begin(options);
  }

  /** What was measured at a tick of the gate, and the newest state of the world, if there is one. */
  show({ timeNs, arm, measuredRad }: ArmRecord, state: Float64Array | undefined): void {
    if (state !== undefined) writeWorldState(this.#world, state);
    else if (measuredRad.every(Number.isFinite)) {
      this.#world.setJointPositions(measuredRad);
      this.#world.forward();
    }
    this.#arm.push(arm.value);
    this.#cameras.advance(timeNs);
  }

  dispose(): void {
    this.#cameras.dispose();
  }
}

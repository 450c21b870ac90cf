import type { Observable, SchedulerLike } from 'rxjs';
import type { ArmState, CameraFrame, Observation, Sampled } from '../core/observation.ts';
import type { CameraSpec, RobotSpec } from '../robot/robot-spec.ts';
import { fromSource, resilient } from './from-source.ts';
import { LatestSlot } from './latest-slot.ts';
import type { SensorSources } from './sensor-sources.ts';

export interface SamplerOptions {
  readonly robot: RobotSpec;
  readonly sources: SensorSources;
  /** What to do, in words. */
  readonly instruction: string;
  /** Told of every failure of a source, by the sensor's name ("arm" or a camera). */
  readonly onError?: (sensor: string, cause: unknown) => void;
  /** Whose time the waits between attempts take; the default is real time. */
  readonly scheduler?: SchedulerLike;
}

/** The tick to sample at. */
export interface Tick {
  readonly tick: number;
  /** Monotonic ns. */
  readonly nowNs: number;
  /** The command that was really sent last, rad, shape (J). */
  readonly commandRad: Float64Array;
}

/**
 * Watches all sensors of a robot and says, at any tick, what was seen last and how old it is.
 * Sampling is synchronous and never waits for a sensor. Memory: one value per sensor.
 */
export class ObservationSampler {
  /** What to do, in words. May be set at any time; the next tick carries it. */
  instruction: string;
  readonly #arm: LatestSlot<ArmState>;
  readonly #cameras: ReadonlyMap<string, LatestSlot<CameraFrame>>;
  readonly #errors = new Map<string, number>();

  constructor(options: SamplerOptions) {
    const { robot, sources, onError, scheduler } = options;
    this.instruction = options.instruction;
    const watch = <T>(sensor: string, source$: Observable<T>): Observable<T> =>
      resilient(source$, {
        onError: (cause) => {
          this.#errors.set(sensor, (this.#errors.get(sensor) ?? 0) + 1);
          onError?.(sensor, cause);
        },
        ...(scheduler === undefined ? {} : { scheduler }),
      });
    this.#arm = new LatestSlot({
      source$: watch('arm', fromSource(sources.arm)),
      blank: blankState(robot.joints.length),
      timeoutMs: robot.timeouts.sensorMs,
    });
    const cameras = new Map<string, LatestSlot<CameraFrame>>();
    for (const spec of robot.cameras) {
      const source = sources.cameras.get(spec.name);
      if (source === undefined) continue;
      const source$ = watch(spec.name, fromSource(source));
      cameras.set(spec.name, new LatestSlot({ source$, blank: blankFrame(spec), timeoutMs: spec.timeoutMs }));
    }
    this.#cameras = cameras;
  }

  /** Failures so far, by sensor. */
  get errors(): ReadonlyMap<string, number> {
    return this.#errors;
  }

  /** The newest joint state as of `nowNs`. */
  sampleArm(nowNs: number): Sampled<ArmState> {
    return this.#arm.sample(nowNs);
  }

  /** The newest of everything. A camera without a source is absent, one that never delivered is stale. */
  sample({ tick, nowNs, commandRad }: Tick): Observation {
    const cameras = new Map<string, Sampled<CameraFrame>>();
    for (const [name, slot] of this.#cameras) cameras.set(name, slot.sample(nowNs));
    const arm = this.#arm.sample(nowNs);
    return { tick, timeNs: nowNs, instruction: this.instruction, arm, commandRad: commandRad.slice(), cameras };
  }

  /** Forgets what was seen: for a new episode on a clock that starts again. */
  clear(): void {
    this.#arm.clear();
    for (const slot of this.#cameras.values()) slot.clear();
  }

  /** Ends all sources. */
  close(): void {
    this.#arm.close();
    for (const slot of this.#cameras.values()) slot.close();
  }
}

// Not a number rather than zero: a consumer that forgets to look at `fresh` fails instead of moving.
function blankState(jointCount: number): ArmState {
  const blank = (): Float64Array => new Float64Array(jointCount).fill(NaN);
  return { positionsRad: blank(), velocitiesRadPerS: blank(), effortsNm: blank(), stampNs: -Infinity };
}

function blankFrame({ name, width, height }: CameraSpec): CameraFrame {
  return { camera: name, width, height, rgb: new Uint8Array(width * height * 3), stampNs: -Infinity };
}

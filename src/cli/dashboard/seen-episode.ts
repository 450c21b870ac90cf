import type { RobotSpec } from '../../robot/robot-spec.ts';
import { ClearanceWatch } from '../../runtime/clearance-watch.ts';
import type { EpisodeSight } from '../../runtime/episode-sight.ts';
import { SightRequest } from '../../runtime/sight-request.ts';
import { TokenStripReader } from '../../runtime/token-strip.ts';
import type { DashboardOptions } from '../../serve/dashboard-server.ts';
import type { FrameMessage } from '../../serve/messages.ts';
import { Telemetry } from '../../serve/telemetry.ts';
import type { StepLayout } from '../../tokens/layout.ts';

/**
 * The episode of an evaluation that pages are shown. Each look at it asks for the next sight, so that nothing comes, and nothing
 * is made of it, while nobody looks.
 */
export class SeenEpisode {
  readonly request = new SightRequest();
  readonly #gateHz: number;
  readonly #telemetry: Telemetry;
  readonly #watch: ClearanceWatch | undefined;
  #sight: EpisodeSight | undefined;
  #drawn: { readonly sight: EpisodeSight; readonly frame: FrameMessage | undefined } | undefined;

  private constructor(robot: RobotSpec, layout: StepLayout, watch: ClearanceWatch | undefined) {
    const reader = new TokenStripReader(layout);
    this.#gateHz = robot.rates.gateHz;
    this.#watch = watch;
    this.#telemetry = new Telemetry({
      robot,
      strip: (observation, decision) => reader.read(observation, decision),
      things: () => this.#sight?.things ?? [],
      clearances: (measuredRad) => watch?.nearest(measuredRad) ?? [],
    });
  }

  /** @param layout of the policy's tokens. Throws as ClearanceWatch.load. */
  static async load(robot: RobotSpec, layout: StepLayout): Promise<SeenEpisode> {
    return new SeenEpisode(robot, layout, await ClearanceWatch.load(robot));
  }

  /** What was asked for has come; whether it is of another episode than before. */
  take(sight: EpisodeSight): boolean {
    const isOther = sight.task !== this.#sight?.task || sight.seed !== this.#sight.seed;
    if (isOther) this.#telemetry.beginEpisode();
    for (const step of sight.steps) this.#telemetry.onStep(step);
    this.#sight = sight;
    return isOther;
  }

  /** Which one it is; null before the first. */
  get which(): { readonly task: string; readonly seed: number } | null {
    return this.#sight === undefined ? null : { task: this.#sight.task, seed: this.#sight.seed };
  }

  get pictures(): ReturnType<DashboardOptions['pictures']> {
    return this.#telemetry.pictures;
  }

  /** How it stands as far as is known, and asks for more. */
  frame(): FrameMessage | undefined {
    this.request.ask();
    if (this.#sight !== undefined && this.#drawn?.sight !== this.#sight)
      this.#drawn = { sight: this.#sight, frame: this.#frameOf(this.#sight) };
    return this.#drawn?.frame;
  }

  dispose(): void {
    this.#watch?.dispose();
  }

  /** Ticks that were not seen are no ticks that were skipped: time and events are those of the thread that counts them all. */
  #frameOf({ steps, events }: EpisodeSight): FrameMessage | undefined {
    const frame = this.#telemetry.frame();
    const timeS = (steps.at(-1)?.gateTick ?? 0) / this.#gateHz;
    return frame && { ...frame, episode: { ...frame.episode, timeS }, gate: { ...frame.gate, events } };
  }
}

import type { FrameMessage } from '../../src/serve/messages.ts';

/** So many frames are kept: twenty seconds. */
const LENGTH = 500;

export interface JointSample {
  readonly sentRad: number | null;
  readonly measuredRad: number | null;
}

/** The last seconds, for curves. Frames that never came are gaps in time. */
export class History {
  timesS: number[] = [];
  /** One list for each joint, as long as timesS. */
  joints: JointSample[][] = [];
  latenessMs: number[] = [];
  inferenceMs: number[] = [];
  #episode = 0;

  add({ episode, joints, loop }: FrameMessage): void {
    if (episode.number !== this.#episode) this.#clear(episode.number);
    if (episode.timeS === this.timesS.at(-1)) return;
    push(this.timesS, episode.timeS);
    push(this.latenessMs, loop.latenessMs.p99);
    push(this.inferenceMs, loop.inferenceMs.newest);
    joints.measuredRad.forEach((measuredRad, joint) => {
      this.joints[joint] ??= [];
      push(this.joints[joint], { measuredRad, sentRad: joints.sentRad[joint] ?? null });
    });
  }

  #clear(episode: number): void {
    this.#episode = episode;
    this.timesS = [];
    this.joints = [];
    this.latenessMs = [];
    this.inferenceMs = [];
  }
}

function push<Value>(list: Value[], value: Value): void {
  list.push(value);
  if (list.length > LENGTH) list.shift();
}

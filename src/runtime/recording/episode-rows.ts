import { NS_PER_S } from '../../core/clock.ts';
import type { CameraFrame, Sampled } from '../../core/observation.ts';
import type { NumericColumn } from '../../record/episode-input.ts';
import type { RecordedVideo } from '../camera/row-recorder.ts';
import type { StepRecord } from '../step-listener.ts';

/** Time of a source that has not delivered anything yet, s. */
const NEVER_S = -1;

/** One control tick, growing until the next. Arrays have shape (J). */
interface Row {
  readonly timeNs: number;
  readonly stateRad: Float64Array;
  readonly velocityRadPerS: Float64Array;
  readonly effortNm: Float64Array;
  readonly commandRad: Float64Array;
  /** Of the arm and of each camera, monotonic ns; not finite for nothing yet. */
  readonly capturedNs: number[];
  readonly fresh: number[];
  readonly repeated: number[];
  requestedRad: Float64Array | undefined;
  isIntervention: boolean;
  sentRad: Float64Array;
}

/** When the picture of each row was taken, where somebody else than the loop chose it. */
export type PictureTimes = Pick<RecordedVideo, 'captureNs' | 'repeated'>;

/** The numbers of an episode as it happens, one row per control tick; see recordingFeatures. Holds no pictures. */
export class EpisodeRows {
  readonly #cameras: readonly string[];
  readonly #rows: Row[] = [];
  #instruction = '';

  /** @param cameras names, in the order of the features. */
  constructor(cameras: readonly string[]) {
    this.#cameras = cameras;
  }

  get count(): number {
    return this.#rows.length;
  }

  /** Of the first row. */
  get instruction(): string {
    return this.#instruction;
  }

  /** Takes a gate tick. True when it began a row. */
  add(step: StepRecord): boolean {
    // The controlled stop at the end is no part of the episode.
    if (!step.isRunning) return false;
    if (step.isControlTick) this.#begin(step);
    const row = this.#rows.at(-1);
    if (row === undefined) return false;
    row.sentRad = step.sent.positionsRad.slice();
    if (step.decision?.target !== undefined) {
      row.requestedRad = step.decision.target.positionsRad;
      row.isIntervention = step.decision.commander === 'person';
    }
    return step.isControlTick;
  }

  /** @param pictures by camera, for those whose pictures were chosen elsewhere */
  columns(success: boolean, pictures: ReadonlyMap<string, PictureTimes> = new Map()): Record<string, NumericColumn> {
    const rows = this.#rows;
    const startNs = rows[0]?.timeNs ?? 0;
    const timeS = (ns: number): number => (Number.isFinite(ns) ? (ns - startNs) / NS_PER_S : NEVER_S);
    const capturedNs = (row: Row, index: number): number[] =>
      row.capturedNs.map((ns, source) => this.#picture(pictures, source)?.captureNs[index] ?? ns);
    const repeated = (row: Row, index: number): number[] =>
      row.repeated.map((own, camera) => this.#picture(pictures, camera + 1)?.repeated[index] ?? own);
    return {
      action: rows.map((row) => row.sentRad),
      'action.requested': rows.map((row) => finiteOr(row.requestedRad, row.commandRad)),
      'action.decided': rows.map((row) => (row.requestedRad === undefined ? 0 : 1)),
      intervention: rows.map((row) => (row.isIntervention ? 1 : 0)),
      'observation.state': rows.map((row) => row.stateRad),
      'observation.velocity': rows.map((row) => row.velocityRadPerS),
      'observation.effort': rows.map((row) => row.effortNm),
      'observation.command': rows.map((row) => row.commandRad),
      'observation.time': rows.map((row) => timeS(row.timeNs)),
      'observation.capture_time': rows.map((row, index) => capturedNs(row, index).map(timeS)),
      'observation.fresh': rows.map((row) => row.fresh),
      ...(this.#cameras.length === 0 ? {} : { 'observation.repeated': rows.map(repeated) }),
      'next.success': rows.map((_, index) => (success && index === rows.length - 1 ? 1 : 0)),
    };
  }

  /** The column of what the scene was drawn from, for datasets that have it. */
  sceneColumn(seed: number | undefined): Record<string, NumericColumn> {
    return seed === undefined ? {} : { 'scene.seed': Array.from({ length: this.count }, () => seed) };
  }

  #begin({ timeNs, observation, sent }: StepRecord): void {
    const { arm, commandRad, instruction } = observation;
    const pictures = this.#cameras.map((name) => observation.cameras.get(name));
    const before = this.#rows.at(-1);
    if (before === undefined) this.#instruction = instruction;
    const capturedNs = [arm.value.stampNs, ...pictures.map(stampNs)];
    this.#rows.push({
      timeNs,
      stateRad: arm.value.positionsRad,
      velocityRadPerS: arm.value.velocitiesRadPerS,
      effortNm: arm.value.effortsNm,
      commandRad,
      capturedNs,
      fresh: [arm, ...pictures].map((sampled) => (sampled?.fresh === true ? 1 : 0)),
      repeated: pictures.map((_, camera) => (before?.capturedNs[camera + 1] === capturedNs[camera + 1] ? 1 : 0)),
      requestedRad: undefined,
      isIntervention: false,
      sentRad: sent.positionsRad,
    });
  }

  /** @param source 0 is the arm */
  #picture(pictures: ReadonlyMap<string, PictureTimes>, source: number): PictureTimes | undefined {
    return source === 0 ? undefined : pictures.get(this.#cameras[source - 1] ?? '');
  }
}

function stampNs(sampled: Sampled<CameraFrame> | undefined): number {
  return sampled === undefined || !Number.isFinite(sampled.ageNs) ? NaN : sampled.value.stampNs;
}

/** A dataset holds numbers only; what an agent that went wrong asked for may be none. */
function finiteOr(wish: Float64Array | undefined, fallback: Float64Array): Float64Array {
  return wish?.length === fallback.length && wish.every(Number.isFinite) ? wish : fallback;
}

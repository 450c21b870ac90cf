import { LiveDashboard } from '../../src/cli/dashboard/live-dashboard.ts';
import { MonotonicClock, NS_PER_MS } from '../../src/core/clock.ts';
import type { CameraFrame } from '../../src/core/observation.ts';
import { PushSource } from '../../src/core/source.ts';
import { BlackBoxRecorder } from '../../src/runtime/black-box-recorder.ts';
import { planSession } from '../../src/runtime/policy-session.ts';
import { SimulatedTask } from '../../src/runtime/simulated-task.ts';
import { quantile } from '../../src/runtime/statistics.ts';
import type { StepListener, StepRecord } from '../../src/runtime/step-listener.ts';
import { TickLateness } from '../../src/runtime/tick-lateness.ts';
import { resolveTask } from '../../src/runtime/task-request.ts';
import { ScriptedAgent } from '../../src/testing/index.ts';

/** What two cameras of a real arm deliver. */
const [WIDTH, HEIGHT, RATE_HZ] = [640, 480, 30];
/** Different pictures that a camera delivers again and again. */
const PICTURES = 12;
/** The first joint swings by so much, so fast, rad and rad/s. */
const SWING = { rad: 0.4, radPerS: 2 };

const boxOptions = { version: 'test', wallTime: () => new Date().toISOString() };

export interface Lateness {
  readonly ticks: number;
  /** Ticks of the arm process that the loop never saw. */
  readonly missing: number;
  /** Of the gate's ticks in the arm process, ms. */
  readonly gateMs: { readonly p50: number; readonly p99: number };
  /** How long after the beginning of a tick the loop in this process had it, ms. */
  readonly loopMs: { readonly p50: number; readonly p99: number };
}

export function latenessText({ gateMs, loopMs, missing }: Lateness): string {
  const of = ({ p50, p99 }: Lateness['gateMs']): string => `${p50.toFixed(2)} (99th percentile ${p99.toFixed(2)})`;
  return `gate ${of(gateMs)} ms late, loop ${of(loopMs)} ms, ${missing} ticks missing`;
}

/** Notes when ticks came. */
class LatenessMeter implements StepListener {
  readonly name = 'lateness';
  readonly #clock = new MonotonicClock();
  readonly #lateness = new TickLateness(100);
  readonly #ticks: { tick: number; gateMs: number; loopMs: number }[] = [];

  onStep({ tick, timeNs }: StepRecord): void {
    const loopMs = (this.#clock.nowNs() - timeNs) / NS_PER_MS;
    this.#ticks.push({ tick, gateMs: this.#lateness.next(timeNs), loopMs });
  }

  /** Of the ticks since the last call. */
  take(): Lateness {
    const ticks = this.#ticks.splice(0);
    const span = (ticks.at(-1)?.tick ?? 0) - (ticks[0]?.tick ?? 0) + 1;
    const of = (values: readonly number[]): Lateness['gateMs'] => ({
      p50: quantile(values, 0.5),
      p99: quantile(values, 0.99),
    });
    return {
      ticks: ticks.length,
      missing: span - ticks.length,
      gateMs: of(ticks.map(({ gateMs }) => gateMs)),
      loopMs: of(ticks.map(({ loopMs }) => loopMs)),
    };
  }
}

export interface FedRun {
  readonly url: string;
  readonly operatorUrl: string;
  /** Of the ticks since it was asked for last. */
  lateness(): Lateness;
  /** The file of the next black box, once it is written. */
  nextBlackBox(): Promise<string>;
  end(): Promise<void>;
}

export interface FedRunOptions {
  /** Default: none. */
  readonly blackBox?: string;
}

/**
 * A live run in this process, as a supervisor has it: an arm process, a loop, a dashboard, and two cameras of 640 x 480 at
 * 30 Hz, which are fed. The arm swings to and fro until somebody stops it, and again when the operator begins an episode.
 */
export async function startFedRun({ blackBox: directory }: FedRunOptions = {}): Promise<FedRun> {
  const request = resolveTask('reach');
  const planned = planSession({ robot: 'so101', driver: 'sim', policy: 'desk', mode: 'live' }, [request]);
  const cameras = planned.robot.cameras.map((camera) => ({ ...camera, width: WIDTH, height: HEIGHT, rateHz: RATE_HZ }));
  const robot = { ...planned.robot, cameras };
  const { driver, loaded } = planned;
  const subject = { robot, driver, layout: loaded?.layout, agent: 'swing' };
  const dashboard = await LiveDashboard.open({ address: '127.0.0.1', port: 0 }, subject);
  const task = await SimulatedTask.load(robot, request.task, { cameras: false });
  const feed = new Feed(cameras.map(({ name }) => name));
  const meter = new LatenessMeter();
  const ending = new AbortController();
  const [first = 0, ...others] = robot.homeRad;
  const swing = new ScriptedAgent(({ timeNs }) => [
    first + SWING.rad * Math.sin((SWING.radPerS / SWING.rad) * (timeNs / 1e9)),
    ...others,
  ]);
  const readers = new Set<(path: string) => void>();
  const runOn = async (): Promise<void> => {
    // On a busy computer the gate may stop the arm, and then the next episode shows the same.
    for (let seed = 1; !ending.signal.aborted; seed += 1) {
      const job = await dashboard.next({ request, seed }, ending.signal);
      if (job === undefined) return;
      const box = directory === undefined ? undefined : new BlackBoxRecorder({ ...boxOptions, robot, directory });
      const { result } = await task.run({
        seed: job.seed,
        mode: 'live',
        agent: () => swing,
        judged: false,
        timeLimitS: 3600,
        cameras: feed.sources,
        listeners: [dashboard.listener, meter, ...(box === undefined ? [] : [box])],
        ...dashboard.beginEpisode(ending.signal),
      });
      dashboard.endEpisode(result);
      const path = (await box?.settle(result.outcome))?.files.at(-1);
      if (path !== undefined) for (const reader of readers) reader(path);
      readers.clear();
    }
  };
  const done = runOn();
  const [operatorUrl = '', url = ''] = dashboard.text.match(/http:\S+/g) ?? [];
  return {
    url,
    operatorUrl,
    lateness: () => meter.take(),
    nextBlackBox: () => new Promise((resolve) => void readers.add(resolve)),
    end: async () => {
      ending.abort();
      await done;
      feed.end();
      dashboard.leaveEpisode();
      await dashboard.close();
      await task.close();
    },
  };
}

/** Cameras that always see the same few pictures: a bright bar that wanders over what looks like noise. */
class Feed {
  readonly sources = new Map<string, PushSource<CameraFrame>>();
  readonly #clock = new MonotonicClock();
  readonly #pictures = Array.from({ length: PICTURES }, (_, index) => picture(index / PICTURES));
  readonly #timer: NodeJS.Timeout;
  #count = 0;

  constructor(names: readonly string[]) {
    for (const name of names) this.sources.set(name, new PushSource<CameraFrame>());
    this.#timer = setInterval(() => this.#deliver(), 1000 / RATE_HZ);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #deliver(): void {
    const rgb = this.#pictures[this.#count % PICTURES] as Uint8Array;
    this.#count += 1;
    for (const [camera, source] of this.sources)
      source.push({ camera, width: WIDTH, height: HEIGHT, rgb, stampNs: this.#clock.nowNs() });
  }
}

/** @param phase where the bar is, share of the width */
function picture(phase: number): Uint8Array {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let index = 0; index < rgb.length; index += 1) {
    const column = Math.floor(index / 3) % WIDTH;
    rgb[index] = Math.abs(column / WIDTH - phase) < 0.05 ? 230 : 60 + ((index * 2654435761) >>> 26);
  }
  return rgb;
}

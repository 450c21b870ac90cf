import { MonotonicClock, NS_PER_S } from '../core/clock.ts';
import { closeAll } from '../core/close-all.ts';
import { DatasetWriter } from '../record/dataset-writer.ts';
import { BlackBoxRecorder } from '../runtime/black-box-recorder.ts';
import { EpisodeRecorder } from '../runtime/episode-recorder.ts';
import { recordingFeatures } from '../runtime/recording/recorded-features.ts';
import { PolicySession } from '../runtime/policy-session.ts';
import type { SessionEpisode, SessionPlan } from '../runtime/policy-session.ts';
import type { StepListener, StepRecord } from '../runtime/step-listener.ts';
import type { TaskRequest, WorkRequest } from '../runtime/task-request.ts';
import type { Workplace, WorkOptions } from '../runtime/workplace.ts';
import type { LiveDashboard } from './dashboard/live-dashboard.ts';
import { LiveDisplay } from './live-display.ts';
import { packageVersion } from './package-version.ts';
import { formatProgress } from './progress.ts';
import { EpisodeCollector } from './report/episode-collector.ts';
import type { ReportEpisode } from './report/report-data.ts';
import { writeReport } from './report/report-file.ts';
import type { EpisodeSummary } from './run-summary.ts';
import { episodeLine, summariseEpisode } from './run-summary.ts';
import { Terminal } from './terminal.ts';

/** One episode to run. */
export interface RunJob {
  readonly request: TaskRequest | WorkRequest;
  readonly seed: number;
}

export interface RunEpisodesOptions {
  readonly plan: SessionPlan;
  readonly jobs: readonly RunJob[];
  readonly title: string;
  /** Folder of a new dataset. */
  readonly record?: string | undefined;
  /** Folder for the last seconds before every stop. */
  readonly blackBox?: string | undefined;
  /** File of the report; none without it. */
  readonly report?: string | undefined;
  /** A real arm; undefined for simulated scenes. */
  readonly arm?: Workplace | undefined;
  /** Real cameras. */
  readonly cameras?: WorkOptions['cameras'] | undefined;
  /** Asked at every tick of a real arm's gate: whether the episode is over. */
  readonly isOver?: (() => boolean) | undefined;
  /** Asked before each episode: whether to begin it. Default: at once. */
  readonly isReady?: (() => Promise<boolean>) | undefined;
  /** Shows the run in a browser, and stays until the run is aborted: then episodes also begin from there. */
  readonly dashboard?: LiveDashboard | undefined;
  /** Aborting it brings the arm to a controlled stop and ends the run. */
  readonly signal: AbortSignal;
}

/**
 * Runs episodes one after another, shows them on stderr, saves each as it ends, and writes one report.
 * Throws what made the policy fail, after everything that happened before was saved.
 */
export async function runEpisodes(options: RunEpisodesOptions): Promise<EpisodeSummary[]> {
  const { plan, jobs, record, report, signal, title, arm } = options;
  const { isReady = () => Promise.resolve(true), dashboard } = options;
  const view = new RunView(plan, jobs);
  const session = await PolicySession.open(plan, arm);
  const summaries: EpisodeSummary[] = [];
  const pages: ReportEpisode[] = [];
  let writer: DatasetWriter | undefined;
  let failure: Error | undefined;
  try {
    writer = record === undefined ? undefined : await openDataset(record, plan);
    for (let index = 0; !signal.aborted && failure === undefined; index += 1) {
      const job = await nextJob(options, index);
      if (job === undefined || !(await isReady())) break;
      const collector = new EpisodeCollector(plan.robot);
      const listeners = watchersOf(options, { view, collector });
      const episode = await runRecorded(session, job, { ...options, writer, view, listeners });
      const { instruction, result } = episode;
      failure = episode.failure;
      const page = collector.report({ name: `episode ${index + 1}`, instruction, agent: plan.manifest.name, result });
      pages.push(job.request.judged ? page : { ...page, outcome: 'unknown' });
      const summary = summariseEpisode(job, episode);
      summaries.push(summary);
      view.endEpisode(summary, episode);
      dashboard?.endEpisode(episode.result);
    }
  } finally {
    view.close();
    dashboard?.leaveEpisode();
    const writePages = async (): Promise<void> => {
      if (report !== undefined && pages.length > 0)
        await writeReport(report, { title, subtitle: subtitle(plan), episodes: pages });
    };
    await closeAll([() => session.close(), () => writer?.close(), writePages]);
  }
  if (failure !== undefined) throw failure;
  return summaries;
}

/** The next that was planned, or that the operator begins on the dashboard. */
function nextJob({ jobs, dashboard, signal }: RunEpisodesOptions, index: number): Promise<RunJob | undefined> {
  return dashboard?.next(jobs[index], signal) ?? Promise.resolve(jobs[index]);
}

function watchersOf(
  { dashboard, report }: RunEpisodesOptions,
  { view, collector }: { readonly view: RunView; readonly collector: EpisodeCollector },
): StepListener[] {
  return [view, dashboard?.listener, report === undefined ? undefined : collector].filter(
    (listener) => listener !== undefined,
  );
}

interface RecordedRun extends Pick<RunEpisodesOptions, 'blackBox' | 'cameras' | 'isOver' | 'signal' | 'dashboard'> {
  readonly writer: DatasetWriter | undefined;
  readonly view: RunView;
  readonly listeners: readonly StepListener[];
}

type Circumstances = Pick<WorkOptions, 'signal' | 'onControl' | 'blackBox' | 'cameras' | 'isOver'>;

/** Runs an episode and saves it, also when the link to the arm breaks in the middle. */
async function runRecorded(session: PolicySession, job: RunJob, run: RecordedRun): Promise<SessionEpisode> {
  const { writer } = run;
  const { robot } = session.plan;
  const { request, seed } = job;
  const recorder = writer === undefined ? undefined : new EpisodeRecorder(robot);
  const blackBox = run.blackBox === undefined ? undefined : openBlackBox(run.blackBox, session.plan);
  const watching = [recorder, blackBox].filter((listener) => listener !== undefined);
  let [success, ending] = [false, 'link-lost'];
  try {
    const listeners = [...watching, ...run.listeners];
    const episode = await session.run(request, { seed, listeners, ...circumstances(run) });
    success = episode.result.success;
    ending = episode.result.outcome;
    return episode;
  } finally {
    if (writer !== undefined) await recorder?.save(writer, success);
    const written = await blackBox?.settle(ending);
    for (const path of written?.files ?? []) run.view.say(`black box ${path}`);
    for (const failure of written?.failures ?? []) run.view.say(`warning: ${failure.message}`);
  }
}

/** What an episode has of its run: how it is ended and watched, and what is real. */
function circumstances({ blackBox, cameras, isOver, dashboard, signal }: RecordedRun): Circumstances {
  return {
    ...(dashboard?.beginEpisode(signal) ?? { signal }),
    ...(blackBox === undefined ? {} : { blackBox: { directory: blackBox, version: packageVersion() } }),
    ...(cameras === undefined ? {} : { cameras }),
    ...(isOver === undefined ? {} : { isOver }),
  };
}

function openBlackBox(directory: string, { robot }: SessionPlan): BlackBoxRecorder {
  return new BlackBoxRecorder({
    robot,
    directory,
    version: packageVersion(),
    wallTime: () => new Date().toISOString(),
  });
}

function openDataset(directory: string, { robot }: SessionPlan): Promise<DatasetWriter> {
  const features = recordingFeatures(robot);
  return DatasetWriter.create({ directory, fps: robot.rates.controlHz, robotType: robot.name, features });
}

function subtitle({ robot, driver, manifest, mode }: SessionPlan): string {
  return `Robot ${robot.name} through driver ${driver}, policy ${manifest.name} at ${manifest.controlHz} Hz, ${mode}`;
}

/** Shows the run: a panel when live, otherwise a bar; and a line for each episode that has ended. */
class RunView implements StepListener {
  readonly name = 'view';
  readonly #clock = new MonotonicClock();
  readonly #terminal = new Terminal(process.stderr, () => this.#clock.nowNs());
  readonly #total: number;
  readonly #startNs: number;
  readonly #live: LiveDisplay | undefined;
  #done = 0;
  #firstTickNs: number | undefined;

  constructor({ robot, manifest, mode }: SessionPlan, jobs: readonly RunJob[]) {
    this.#total = jobs.length;
    this.#startNs = this.#clock.nowNs();
    // Where nothing can be redrawn, a panel would be a line that says nothing.
    if (mode !== 'live' || !this.#terminal.interactive) return;
    const limitS = Math.max(...jobs.map(({ request }) => request.timeLimitS));
    this.#live = new LiveDisplay({ terminal: this.#terminal, robot, agent: manifest.name, total: jobs.length, limitS });
  }

  onStep(step: StepRecord): void {
    if (this.#live !== undefined) return this.#live.onStep(step);
    this.#firstTickNs ??= step.timeNs;
    const timeS = (step.timeNs - this.#firstTickNs) / NS_PER_S;
    this.#terminal.update(() => [this.#bar(`${step.observation.instruction}, ${timeS.toFixed(1)} s`)]);
  }

  endEpisode(summary: EpisodeSummary, { result }: SessionEpisode): void {
    this.#done += 1;
    this.#firstTickNs = undefined;
    this.#live?.endEpisode(result);
    this.#terminal.line(episodeLine(summary, this.#done));
  }

  /** A line that stays. */
  say(text: string): void {
    this.#terminal.line(text);
  }

  /** Takes the panel away; the lines of the episodes stay. */
  close(): void {
    if (this.#terminal.interactive) this.#terminal.finish([]);
  }

  #bar(note: string): string {
    const elapsedNs = this.#clock.nowNs() - this.#startNs;
    return formatProgress({ label: 'running', done: this.#done, total: this.#total, elapsedNs, note });
  }
}

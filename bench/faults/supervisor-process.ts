import { MonotonicClock } from '../../src/core/clock.ts';
import { moduleEntry } from '../../src/core/module-worker.ts';
import { PushSource } from '../../src/core/source.ts';
import type { ArmState } from '../../src/core/observation.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { ProcessArm } from '../../src/runtime/arm/process-arm.ts';
import type { ProcessArmOptions } from '../../src/runtime/arm/process-arm.ts';
import { RemoteArm } from '../../src/runtime/arm/remote-arm.ts';
import { CameraHub } from '../../src/runtime/camera/camera-hub.ts';
import { RealTimeDecider } from '../../src/runtime/decider.ts';
import { endlessTask, runEpisodeOn } from '../../src/runtime/loop.ts';
import { ProcessAgent } from '../../src/runtime/process-agent.ts';
import type { CameraAddress } from '../../src/sensors/camera/camera-address.ts';
import { ObservationSampler } from '../../src/sensors/observation-sampler.ts';
import type { FaultyAgentOptions } from './faulty-agent.ts';

/** A supervisor that drives an arm process by a faulty policy; its parent breaks one of the three. */
export interface SupervisorJob extends Pick<ProcessArmOptions, 'driver' | 'wrap' | 'logFile'> {
  readonly robot: string;
  readonly agent: FaultyAgentOptions;
  /** How long it blocks itself when it is sent SIGUSR2, ms. */
  readonly blockedMs: number;
  /** Ticks in the state before the fault may come. */
  readonly readyTicks: number;
  /** What the policy looks through; none for one that needs no pictures. */
  readonly cameras: readonly CameraAddress[];
}

export type SupervisorMessage =
  | { readonly ready: { readonly policyPid: number; readonly armPid: number } }
  /** Monotonic ns at which the supervisor knew that the policy had failed. */
  | { readonly policyFailedNs: number }
  | { readonly ended: { readonly outcome: string; readonly error?: string } };

/** The parent ends the run long before, s. */
const TIME_LIMIT_S = 60;
/** For all cameras to deliver, ms. */
const CAMERA_MS = 20_000;

const clock = new MonotonicClock();
const operator = new AbortController();

function tell(message: SupervisorMessage): void {
  if (process.connected) process.send?.(message);
}

process.on('disconnect', () => operator.abort());
process.on('message', (message: { readonly job?: SupervisorJob; readonly finish?: true }) => {
  if (message.finish === true) operator.abort();
  if (message.job !== undefined) void supervise(message.job);
});

async function supervise(job: SupervisorJob): Promise<void> {
  process.on('SIGUSR2', () => {
    const untilNs = clock.nowNs() + job.blockedMs * 1e6;
    while (clock.nowNs() < untilNs);
  });
  const robot = loadRobot(job.robot);
  const url = moduleEntry(import.meta.url, 'faulty-agent').url.href;
  const onFailure = (): void => tell({ policyFailedNs: clock.nowNs() });
  const agent = await ProcessAgent.start({ kind: 'module', url, options: job.agent }, robot, { onFailure });
  const { driver, wrap, logFile } = job;
  const arm = await ProcessArm.start({ robot, driver, wrap, logFile, clock });
  const hub = await CameraHub.open({ robot, cameras: job.cameras, clock });
  await hub.ready(CAMERA_MS);
  const source = new PushSource<ArmState>();
  const remote = new RemoteArm({ arm, show: (record) => source.push(record.arm.value), begin: () => undefined });
  const sampler = new ObservationSampler({ robot, sources: { arm: source, cameras: hub.sources }, instruction: '' });
  let ticks = 0;
  const onStep = (): void => {
    ticks += 1;
    if (ticks === job.readyTicks) tell({ ready: { policyPid: agent.pid ?? 0, armPid: arm.pid ?? 0 } });
  };
  let ended: { readonly outcome: string; readonly error?: string };
  try {
    const result = await runEpisodeOn(remote, {
      robot,
      sampler,
      pacer: remote,
      decider: new RealTimeDecider(agent),
      monitor: endlessTask,
      timeLimitS: TIME_LIMIT_S,
      seed: 1,
      listeners: [{ name: 'bench', onStep }],
      signal: operator.signal,
    });
    ended = { outcome: result.outcome };
  } catch (error) {
    ended = { outcome: 'threw', error: error instanceof Error ? error.message : String(error) };
  }
  remote.close();
  tell({ ended });
  // The arm stands; what became of a policy that hangs is not waited for.
  if (!operator.signal.aborted) await new Promise((resolve) => operator.signal.addEventListener('abort', resolve));
  sampler.close();
  await hub.close();
  await arm.close();
  agent.kill();
  if (process.connected) process.disconnect();
}

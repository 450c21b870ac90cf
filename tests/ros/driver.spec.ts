import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MonotonicClock } from '../../src/core/clock.ts';
import { RosArm } from '../../src/drivers/ros/ros-arm.ts';
import { RosDriver } from '../../src/drivers/ros/ros-driver.ts';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { verifyDataset } from '../../src/record/verify/verify-dataset.ts';
import { ArmWorkplace } from '../../src/runtime/arm-workplace.ts';
import { ProcessArm } from '../../src/runtime/arm/process-arm.ts';
import type { ArmRecord } from '../../src/runtime/arm/record-format.ts';
import { EpisodeRecorder } from '../../src/runtime/episode-recorder.ts';
import { openRecording } from '../../src/runtime/recording/open-dataset.ts';
import { recordingFeatures } from '../../src/runtime/recording/recorded-features.ts';
import { RecordingSession } from '../../src/runtime/recording/recording-session.ts';
import type { SafeCommand } from '../../src/safety/safe-command.ts';
import { ScriptedAgent } from '../../src/testing/index.ts';
import { RosGraphProcesses } from './ros-graph.ts';
import { ros1Robot } from './ros1-robot.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const clock = new MonotonicClock();
const robot = ros1Robot();
const ending: (() => unknown)[] = [];
let graph: RosGraphProcesses;

beforeAll(async () => {
  graph = await RosGraphProcesses.start({ robot });
});

afterAll(() => graph?.close());

afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

const NAME = '/position_joint_trajectory_controller';
const COMMANDS = {
  forward: { kind: 'forward-position', topic: '/forward_position_controller/commands' },
  topic: { kind: 'trajectory-topic', topic: `${NAME}/command` },
  action: { kind: 'follow-joint-trajectory', action: `${NAME}/follow_joint_trajectory` },
} as const;

async function open(command: object): Promise<{ arm: RosArm; driver: RosDriver }> {
  const options = { robot: ros1Robot({ command }), url: graph.url, clock, random: () => 0 };
  const arm = await RosArm.open({ ...options, onProblem: () => undefined });
  ending.push(() => arm.close());
  return { arm, driver: new RosDriver(arm, graph.url) };
}

/** The test stands in for the gate. */
function write(driver: RosDriver, positionsRad: Float64Array): void {
  driver.write.call(driver, { positionsRad, stampNs: clock.nowNs() } as unknown as SafeCommand);
}

/** Moves the first joint to a place, at 0.5 rad/s and 50 commands a second, and waits until it is there. */
async function moveTo({ arm, driver }: { arm: RosArm; driver: RosDriver }, goalRad: number): Promise<void> {
  const target = Float64Array.from(arm.read()?.positionsRad ?? []);
  const timer = setInterval(() => {
    const way = goalRad - (target[0] as number);
    target[0] = (target[0] as number) + Math.sign(way) * Math.min(0.01, Math.abs(way));
    write(driver, target.slice());
  }, 20);
  try {
    await expect.poll(() => arm.read()?.positionsRad[0], { timeout: 20_000 }).toBeCloseTo(goalRad, 2);
  } finally {
    clearInterval(timer);
  }
}

describe('the driver over a real ROS 1 graph', () => {
  it.each(Object.entries(COMMANDS))('moves the arm by %s and stops it where it is', async (_, command) => {
    const opened = await open(command);
    opened.driver.setTorque(true);
    await moveTo(opened, 0.3);
    await moveTo(opened, 0);
    opened.driver.setTorque(false);
    expect(() => write(opened.driver, new Float64Array(6))).toThrow(/E_ROS_LINK/);
  });

  it('records from it what loads again', async () => {
    const directory = temporaryFolder();
    const place = await ArmWorkplace.open({
      robot: ros1Robot({ command: COMMANDS.topic }),
      driver: { kind: 'ros', url: graph.url },
      clock,
    });
    ending.push(() => place.close());
    const blind = { ...place.robot, cameras: [] };
    const features = recordingFeatures(blind, { cameras: [] });
    const writer = await openRecording(directory, blind, { features, resume: false });
    const aside = blind.homeRad.map((home, joint) => (joint === 0 ? home + 0.3 : home));
    const session = new RecordingSession({
      place,
      request: { instruction: { text: 'wave', colours: {} }, judged: false, timeLimitS: 1 },
      writer,
      episodes: 2,
      seed: 0,
      agent: () => new ScriptedAgent(() => aside),
      keep: () => Promise.resolve(new EpisodeRecorder(blind)),
      signal: new AbortController().signal,
    });
    await session.run();
    await writer.close();
    const reader = await DatasetReader.open(directory);
    expect(reader.episodes.map(({ length }) => length)).toEqual([blind.rates.controlHz, blind.rates.controlHz]);
    const { columns } = await reader.readEpisode(0, ['observation.state']);
    const states = Array.from(columns['observation.state'] ?? [], Number);
    expect(states.at(-blind.joints.length)).toBeCloseTo(aside[0] ?? NaN, 1);
    expect((await verifyDataset(directory)).problems).toEqual([]);
  });

  it('invariant 15: delivers none of 100 commands given while the bridge was down', async () => {
    const opened = await open(COMMANDS.forward);
    const { arm, driver } = opened;
    driver.setTorque(true);
    await moveTo(opened, 0.1);
    await graph.killBridge();
    await expect.poll(() => arm.generation, { timeout: 20_000 }).toBe(0);
    const far = new Float64Array(robot.joints.length).fill(1);
    for (let count = 0; count < 100; count += 1) expect(() => write(driver, far)).toThrow(/E_ROS_LINK/);
    await graph.startBridge();
    await expect.poll(() => arm.generation, { timeout: 60_000 }).toBeGreaterThan(0);
    // All that is sent after a loss has passed when a later call was answered.
    await arm.link.call('/arm/enable', 'std_srvs/srv/SetBool', { data: true });
    expect(arm.read()?.positionsRad[0]).toBeCloseTo(0.1, 2);
    driver.setTorque(true);
    await moveTo(opened, 0);
  });
});

/** Holds the first joint somewhere, again and again, until a record fits. */
async function follow(arm: ProcessArm, goalRad: number, fits: (record: ArmRecord) => boolean): Promise<ArmRecord> {
  const positionsRad = Float64Array.from(robot.homeRad);
  positionsRad[0] = goalRad;
  const timer = setInterval(() => {
    arm.follow({ positionsRad, createdNs: clock.nowNs(), observedNs: clock.nowNs() });
  }, 50);
  const found = await new Promise<ArmRecord>((resolve) => {
    const unlisten = arm.listen({
      onRecord: (record) => {
        if (!fits(record)) return;
        unlisten();
        resolve(record);
      },
    });
  });
  clearInterval(timer);
  return found;
}

const near =
  (goalRad: number) =>
  (record: ArmRecord): boolean =>
    Math.abs((record.measuredRad[0] ?? NaN) - goalRad) < 0.02;

async function startProcess(): Promise<ProcessArm> {
  const arm = await ProcessArm.start({ robot, driver: { kind: 'ros', url: graph.url }, clock });
  ending.push(() => arm.close());
  return arm;
}

/** After a stop by a fault the operator resets and arms again. */
async function armAgain(arm: ProcessArm): Promise<void> {
  await expect
    .poll(
      async () => {
        arm.command('reset');
        return arm.arm().then(
          () => 'armed',
          (error: unknown) => String(error),
        );
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBe('armed');
}

describe('an arm process over a real ROS 1 graph', () => {
  it('survives a bridge that is killed and started again, and moves only when it is armed again', async () => {
    const arm = await startProcess();
    await arm.arm();
    await follow(arm, 0.4, near(0.4));
    await graph.killBridge();
    await follow(arm, 0.4, ({ cause, state }) => cause === 'link' && state === 'protective-stop');
    await graph.startBridge();
    const back = await follow(arm, -0.4, ({ arm: { fresh }, cause }) => fresh && cause === 'link');
    expect(back.state).toBe('protective-stop');
    // 100 more ticks with setpoints elsewhere: it stays.
    let ticks = 0;
    const later = await follow(arm, -0.4, () => (ticks += 1) > 100);
    expect(later.measuredRad[0]).toBeCloseTo(back.measuredRad[0] as number, 2);
    await armAgain(arm);
    await follow(arm, 0, near(0));
  });

  it('survives a master that is killed and started again', async () => {
    const arm = await startProcess();
    await arm.arm();
    await follow(arm, 0.3, near(0.3));
    await graph.killMaster();
    // What is connected stays connected without a master.
    await follow(arm, 0.1, near(0.1));
    await graph.startMaster();
    // The arm's node starts anew for the new master; its topics then come over a fresh link.
    await follow(arm, 0.1, ({ state }) => state === 'protective-stop');
    await armAgain(arm);
    await follow(arm, 0.2, near(0.2));
  });

  it('stops when the bridge is frozen: its connection stays, and nothing comes or goes', async () => {
    const arm = await startProcess();
    await arm.arm();
    await follow(arm, 0.3, near(0.3));
    const frozenNs = clock.nowNs();
    graph.freezeBridge();
    const noticed = await follow(
      arm,
      0.4,
      ({ cause, reasons }) => cause !== 'none' || reasons.includes('stale-sensor'),
    );
    graph.thawBridge();
    expect(noticed.timeNs - frozenNs).toBeLessThan(2e9);
    await armAgain(arm);
    await follow(arm, 0, near(0));
  });
});

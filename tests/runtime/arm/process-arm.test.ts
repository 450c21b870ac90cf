import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { FAULTS } from '../../../bench/faults/fault-rows.ts';
import { runRow } from '../../../bench/faults/run-row.ts';
import { MonotonicClock } from '../../../src/core/clock.ts';
import { parseBlackBox } from '../../../src/record/black-box-format.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { ArmHost } from '../../../src/runtime/arm/arm-host.ts';
import { FrameReader, encodeNumbers, encodeText } from '../../../src/runtime/arm/frames.ts';
import { COMMAND_CODES, commandLayout, setpointLayout, writeTarget } from '../../../src/runtime/arm/message-formats.ts';
import { ProcessArm } from '../../../src/runtime/arm/process-arm.ts';
import type { ProcessArmOptions } from '../../../src/runtime/arm/process-arm.ts';
import { decodeRecord, recordLayout } from '../../../src/runtime/arm/record-format.ts';
import type { ArmRecord } from '../../../src/runtime/arm/record-format.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** Many processes start here, perhaps on a busy machine: waits are for events, and bounds are generous. */
const PATIENCE_MS = 60_000;

const clock = new MonotonicClock();
const robot = loadRobot('so101');
const started: ProcessArm[] = [];

afterEach(async () => {
  for (const arm of started.splice(0)) await arm.close();
});

async function start(changes: Partial<ProcessArmOptions> = {}): Promise<ProcessArm> {
  const arm = await ProcessArm.start({ robot, driver: { kind: 'mirror' }, clock, ...changes });
  started.push(arm);
  return arm;
}

/** Swings the first joint until a record fits. */
async function moveUntil(arm: ProcessArm, condition: (record: ArmRecord) => boolean): Promise<ArmRecord> {
  const startNs = clock.nowNs();
  const timer = setInterval(() => arm.follow(swing(clock.nowNs() - startNs)), 50);
  try {
    return await arm.until(condition, PATIENCE_MS);
  } finally {
    clearInterval(timer);
  }
}

function swing(sinceNs: number): { positionsRad: Float64Array; createdNs: number; observedNs: number } {
  const positionsRad = Float64Array.from(robot.homeRad);
  positionsRad[0] = 0.4 * Math.sin((2 * Math.PI * sinceNs) / 3e9);
  return { positionsRad, createdNs: clock.nowNs(), observedNs: clock.nowNs() };
}

function hasMoved({ state, sentRad }: ArmRecord): boolean {
  return state === 'active' && Math.abs((sentRad[0] ?? 0) - (robot.homeRad[0] ?? 0)) > 0.05;
}

describe('an arm process', { timeout: 2 * PATIENCE_MS }, () => {
  it('holds still until it is armed, follows, stops for the operator, and ends with the last command standing', async () => {
    const arm = await start();
    expect(['fifo', 'nice', 'plain']).toContain(arm.ready.priority);
    expect(arm.pid).not.toBe(process.pid);
    expect((await arm.until(() => true, PATIENCE_MS)).state).toBe('disarmed');
    await arm.arm();
    await moveUntil(arm, hasMoved);
    const number = arm.command('stop');
    const stopped = await arm.until(({ command, isStill }) => command >= number && isStill, PATIENCE_MS);
    expect(stopped.cause).toBe('operator');
    await arm.close();
    expect(arm.failure).toBeUndefined();
    expect(arm.newest?.isStill).toBe(true);
  });

  it('arms an arm that was only just told to stop', async () => {
    const arm = await start();
    await arm.arm();
    for (let stops = 0; stops < 3; stops += 1) {
      await moveUntil(arm, ({ state }) => state === 'active');
      arm.command('stop');
      await arm.arm();
    }
    expect(arm.newest).toMatchObject({ state: 'hold', cause: 'none' });
  });

  it('moves a simulated arm, which tells where everything is', async () => {
    const arm = await start({ driver: { kind: 'sim', scene: 'lift' } });
    let worlds = 0;
    arm.listen({ onRecord: () => undefined, onWorld: () => (worlds += 1) });
    await arm.arm();
    const { arm: measured } = await moveUntil(arm, ({ measuredRad }) => Math.abs(measuredRad[0] ?? 0) > 0.05);
    expect(measured.fresh).toBe(true);
    expect(worlds).toBeGreaterThan(0);
  });

  it('says why it cannot open an arm', async () => {
    await expect(start({ driver: { kind: 'sim', scene: 'nonesuch' } })).rejects.toMatchObject({ code: 'E_SCENE' });
  });

  it('drops setpoints once the process is gone, and says that it is', async () => {
    const arm = await start();
    await arm.arm();
    process.kill(arm.pid ?? 0, 'SIGKILL');
    await expect(arm.until(() => false, PATIENCE_MS)).rejects.toMatchObject({ code: 'E_ARM_DIED' });
    for (let count = 0; count < 100; count += 1) arm.follow(swing(0));
    expect(arm.dropped).toBe(100);
  });
});

describe('an arm process without a supervisor', { timeout: 2 * PATIENCE_MS }, () => {
  it('stops the arm, writes the black box itself, and ends', async () => {
    const directory = temporaryFolder();
    const arm = await start({ blackBox: { directory, version: '0.0.0' }, timeouts: { supervisorMs: 300 } });
    await arm.arm();
    await moveUntil(arm, hasMoved);
    // This process goes on, but the other one cannot know that.
    arm.abandon();
    await expect(arm.until(() => false, PATIENCE_MS)).rejects.toMatchObject({ code: 'E_ARM_DIED' });
    const [file = ''] = await readdir(directory);
    expect(file).toBe('so101-supervisor-gone-1.jsonl');
    const { header, ticks } = parseBlackBox(await readFile(join(directory, file), 'utf8'), file);
    expect(header.cause).toBe('supervisor-gone');
    expect(ticks.some(({ state }) => state === 'active')).toBe(true);
    expect(ticks.at(-1)?.state).not.toBe('active');
  });
});

describe('invariant 14: a gate that does not tick any more', { timeout: 2 * PATIENCE_MS }, () => {
  it('has the driver stop the arm by itself', async () => {
    const url = new URL('../../../src/testing/index.ts', import.meta.url).href;
    const arm = await start({ wrap: { url, options: { fault: 'hanging', afterWrites: 30 } } });
    await arm.arm();
    await expect(moveUntil(arm, () => false)).rejects.toMatchObject({ code: 'E_GATE_DEAD' });
    expect(arm.newest?.state).toBe('gate-dead');
  });
});

describe('invariant 22: whatever else dies or hangs', { timeout: 4 * PATIENCE_MS }, () => {
  it.each([
    ['policy killed', 'mirror', /^hold \(operator\)$/],
    ['policy stopped', 'mirror', /^hold \(operator\)$/],
    ['supervisor killed', 'mirror', /supervisor-gone/],
    ['gate worker killed', 'sim', /^gate-dead/],
  ] as const)('%s: the arm (%s) stops within its limits', async (name, driver, finalState) => {
    const fault = FAULTS.find((row) => row.name === name);
    if (fault === undefined) throw new Error(`no fault "${name}"`);
    const row = await runRow({ robot: 'so101', fault, driver, state: 'ACTIVE' });
    expect(row).toMatchObject({ ok: true, finalState: expect.stringMatching(finalState) });
    expect(row.detectMs).not.toBeNull();
  });

  it('a main thread blocked for a second: the gate keeps ticking, and stops the arm for want of setpoints', async () => {
    const records: ArmRecord[] = [];
    const layout = recordLayout(robot.joints.length);
    const reader = new FrameReader();
    const output = new PassThrough();
    let isReady = false;
    output.on('data', (bytes: Buffer) => {
      for (const { kind, numbers } of reader.push(bytes)) {
        if (kind === 'ready') isReady = true;
        if (kind === 'record') records.push(decodeRecord(layout, numbers));
      }
    });
    let isOver = false;
    const host = new ArmHost({ output, clock, onEnd: () => (isOver = true) });
    const receive = (frame: Buffer): void => new FrameReader().push(frame).forEach((each) => host.receive(each));
    const timeouts = { supervisorMs: 10_000, deadManMs: 10_000 };
    receive(encodeText('open', { robot, driver: { kind: 'mirror' }, timeouts }));
    await until(() => isReady);
    receive(command('arm'));
    for (let count = 0; count < 200 && !records.some(hasMoved); count += 1) {
      receive(setpoint(count));
      await delay(50);
    }
    const blockedNs = clock.nowNs();
    while (clock.nowNs() - blockedNs < 1e9);
    const unblockedNs = clock.nowNs();
    await until(() => (records.at(-1)?.timeNs ?? 0) > unblockedNs);
    const meanwhile = records.filter(({ timeNs }) => timeNs > blockedNs && timeNs < unblockedNs);
    expect(meanwhile.length).toBeGreaterThan(20);
    expect(meanwhile[0]?.state).toBe('active');
    expect(meanwhile.at(-1)).toMatchObject({ isStill: true, reasons: ['stale-target'] });
    receive(command('end'));
    await until(() => isOver);
  });
});

function command(name: keyof typeof COMMAND_CODES): Buffer {
  const numbers = new Float64Array(commandLayout.length);
  commandLayout.set(numbers, 'code', COMMAND_CODES[name]);
  return encodeNumbers('command', numbers);
}

function setpoint(sequence: number): Buffer {
  const layout = setpointLayout(robot.joints.length);
  const numbers = new Float64Array(layout.length);
  layout.set(numbers, 'sequence', sequence);
  writeTarget(layout, numbers, 'positionsRad', swing(sequence * 50e6));
  return encodeNumbers('setpoint', numbers);
}

async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition() && waitedMs < PATIENCE_MS; waitedMs += 10) await delay(10);
  expect(condition()).toBe(true);
}

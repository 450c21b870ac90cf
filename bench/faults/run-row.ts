import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MonotonicClock } from '../../src/core/clock.ts';
import { loaderArguments, moduleEntry } from '../../src/core/module-worker.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import type { ArmDriverSpec } from '../../src/runtime/arm/arm-spec.ts';
import type { ProcessArmOptions } from '../../src/runtime/arm/process-arm.ts';
import type { ArmRecord } from '../../src/runtime/arm/record-format.ts';
import { rosCameras } from '../../src/sensors/camera/camera-address.ts';
import type { Fault } from './fault-rows.ts';
import { reconnectRos, startRosArm, stands } from './ros-arm.ts';
import type { RosArmUnderTest } from './ros-arm.ts';
import { isStanding, reconnect, startSerialArm } from './serial-arm.ts';
import type { SerialArm } from './serial-arm.ts';
import {
  commanded,
  detection,
  firstBounded,
  firstStop,
  gateP99Periods,
  readLog,
  standstill,
  travel,
  worstLimitRatio,
} from './measure-row.ts';
import type { SupervisorJob, SupervisorMessage } from './supervisor-process.ts';

export interface RowOptions {
  readonly robot: string;
  readonly fault: Fault;
  readonly driver: 'sim' | 'mirror' | 'serial' | 'ros';
  readonly state: 'ACTIVE' | 'HOLD';
}

export interface Row {
  readonly fault: string;
  readonly driver: string;
  readonly state: string;
  /** From the fault to the first sign that it is known; null where it changes nothing. */
  readonly detectMs: number | null;
  /** From there until the last command that moved a joint. */
  readonly stopMs: number | null;
  /** Farthest that a joint was commanded after the fault, rad. */
  readonly travel: number;
  readonly finalState: string;
  readonly worstLimitRatio: number;
  /** 99th percentile of the time between two ticks of the gate after the fault, in its periods; null for a dead gate. */
  readonly gateP99Periods: number | null;
  readonly ok: boolean;
  /** What the supervisor made of it. */
  readonly outcome: string;
}

const READY_TICKS = 80;
/** Sensor faults come by themselves, after so many commands. */
const FAULT_WRITES = 120;
/** After the fault things have so long to settle before the operator ends the run, ms. */
const SETTLE_MS = 2800;
const START_MS = 60_000;
const END_MS = 15_000;
const ROUNDING = 1e-6;
/** No stop within the limits takes as long, ms. */
const LONGEST_STOP_MS = 1000;

/** A machine too busy to bring the arm to move at all says nothing about faults: the row is tried again. */
const ATTEMPTS = 4;

/** Runs one fault with real processes and real signals, and measures what the arm process itself wrote down. */
export async function runRow(options: RowOptions): Promise<Row> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryRow(options);
    } catch (error) {
      if (!(error instanceof NotReady) || attempt === ATTEMPTS) throw error;
    }
  }
}

class NotReady extends Error {}

async function tryRow(options: RowOptions): Promise<Row> {
  const directory = mkdtempSync(join(tmpdir(), 'armature-faults-'));
  const logFile = join(directory, 'arm.log');
  const entry = moduleEntry(import.meta.url, 'supervisor-process');
  const child = fork(entry.path, { execArgv: loaderArguments(entry), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const robot = loadRobot(options.robot);
  let serial: SerialArm | undefined;
  let ros: RosArmUnderTest | undefined;
  try {
    if (options.driver === 'serial') serial = await startSerialArm(robot, directory);
    if (options.driver === 'ros') ros = await startRosArm(options.robot);
    const broken = await breakIt(child, { options, logFile, serial, ros });
    const row = measure({ options, logFile, ...broken });
    if (ros !== undefined) return await judgeRosArm(row, ros, options);
    return serial === undefined ? row : await judgeArm(row, serial, options);
  } finally {
    child.kill('SIGKILL');
    ros?.close();
    await serial?.bus.close();
    rmSync(directory, { recursive: true });
  }
}

/** What became of the emulated arm itself. */
async function judgeArm(row: Row, serial: SerialArm, { fault, robot }: RowOptions): Promise<Row> {
  if (!(await isStanding(serial.bus))) return { ...row, ok: false, outcome: `${row.outcome}; the arm moves` };
  if (fault.reconnects !== true) return row;
  return connectedAnew(row, await reconnect(serial, loadRobot(robot)));
}

async function judgeRosArm(row: Row, ros: RosArmUnderTest, { fault, robot }: RowOptions): Promise<Row> {
  if (!(await stands(ros))) return { ...row, ok: false, outcome: `${row.outcome}; the arm moves` };
  if (fault.reconnects !== true) return row;
  return connectedAnew(row, await reconnectRos(ros, loadRobot(robot)));
}

function connectedAnew(row: Row, problem: string | undefined): Row {
  return problem === undefined
    ? { ...row, outcome: `${row.outcome}; connected anew it stood until armed` }
    : { ...row, ok: false, outcome: `${row.outcome}; connected anew ${problem}` };
}

interface Broken {
  /** Undefined for a fault that came by itself. */
  readonly faultNs: number | undefined;
  readonly policyFailedNs: number | undefined;
  readonly outcome: string;
}

interface Setting {
  readonly options: RowOptions;
  readonly logFile: string;
  readonly serial: SerialArm | undefined;
  readonly ros: RosArmUnderTest | undefined;
}

async function breakIt(child: ChildProcess, setting: Setting): Promise<Broken> {
  const { options, serial, ros } = setting;
  const { fault } = options;
  const clock = new MonotonicClock();
  const messages: SupervisorMessage[] = [];
  child.on('message', (message: SupervisorMessage) => messages.push(message));
  child.send({ job: jobOf(setting) });
  const found = <Kind extends string>(kind: Kind): Extract<SupervisorMessage, Record<Kind, unknown>> | undefined =>
    messages.find((message): message is Extract<SupervisorMessage, Record<Kind, unknown>> => kind in message);
  await until(() => found('ready') !== undefined || found('ended') !== undefined, START_MS);
  const pids = found('ready')?.ready;
  if (pids === undefined) throw new NotReady(`the arm did not come to move: ${JSON.stringify(messages)}`);
  const faultNs = clock.nowNs();
  const isSent = await begin(fault, { child, policyPid: pids.policyPid, serial, ros });
  await delay(SETTLE_MS + (fault.blockedMs ?? 0));
  if (fault.busRecovers !== undefined) serial?.bus.control(fault.busRecovers);
  if (fault.linkDoes !== undefined) {
    // The policy goes on wanting to move; the arm may not before somebody arms it.
    await ros?.clear();
    await delay(SETTLE_MS);
  }
  if (fault.toSupervisor === 'SIGSTOP') child.kill('SIGCONT');
  if (child.connected) child.send({ finish: true }, () => undefined);
  await until(() => !isAlive(pids.armPid), END_MS);
  endProcess(pids.policyPid);
  const outcome = found('ended')?.ended.outcome ?? 'supervisor gone';
  const policyFailedNs = found('policyFailedNs')?.policyFailedNs;
  return { faultNs: isSent ? faultNs : undefined, policyFailedNs, outcome };
}

/** False for a fault that comes by itself. */
async function begin(
  { toPolicy, toSupervisor, busDoes, linkDoes }: Fault,
  { child, policyPid, serial, ros }: Pick<Setting, 'serial' | 'ros'> & { child: ChildProcess; policyPid: number },
): Promise<boolean> {
  if (toPolicy !== undefined) process.kill(policyPid, toPolicy);
  if (toSupervisor !== undefined) child.kill(toSupervisor);
  if (busDoes !== undefined) serial?.bus.control(busDoes);
  if (linkDoes !== undefined) await ros?.inject(linkDoes);
  return [toPolicy, toSupervisor, busDoes, linkDoes].some((done) => done !== undefined);
}

function jobOf({ options: { robot, fault, driver, state }, logFile, serial, ros }: Setting): SupervisorJob {
  const simple: ArmDriverSpec = driver === 'sim' ? { kind: 'sim', scene: 'lift' } : { kind: 'mirror' };
  const spec = serial?.driver ?? ros?.driver ?? simple;
  const manner = state === 'ACTIVE' ? 'moving' : 'still';
  return {
    robot,
    driver: spec,
    wrap: wrapOf(fault),
    logFile,
    agent: { manner, fault: fault.policyDoes ?? 'none' },
    blockedMs: fault.blockedMs ?? 0,
    readyTicks: READY_TICKS,
    cameras: fault.linkDoes === 'late-images' ? rosCameras(loadRobot(robot), ros?.driver.url) : [],
  };
}

function wrapOf({ driverDoes, clockStepMs, gateDies }: Fault): ProcessArmOptions['wrap'] {
  const plan = { afterWrites: FAULT_WRITES };
  if (gateDies === true) return { url: moduleEntry(import.meta.url, 'dying-gate').url.href, options: plan };
  if (driverDoes === undefined) return undefined;
  const url = moduleEntry(import.meta.url, '../../src/testing/index').url.href;
  return { url, options: { ...plan, fault: driverDoes, clockStepMs } };
}

function measure(parts: { readonly options: RowOptions; readonly logFile: string } & Broken): Row {
  const { options, logFile, policyFailedNs, outcome } = parts;
  const robot = loadRobot(options.robot);
  const records = readLog(logFile, robot);
  const faultNs = parts.faultNs ?? commanded(records)[FAULT_WRITES - 1]?.timeNs ?? Infinity;
  // The operator ends every run; what came before tells how the fault was noticed.
  const own = records.filter(({ cause }) => cause !== 'operator');
  const isNoise = options.fault.policyDoes === 'noise';
  const detectNs = earliest([noticedNs(own, faultNs, options.fault), policyFailedNs]);
  // Noise that keeps within the limits is no reason to stop, nor is what a bus has to bear; the operator is.
  const { goesOn, mayGoOn } = options.fault;
  const byOperator = isNoise || goesOn === true || (mayGoOn === true && detectNs === undefined);
  const stopFromNs = byOperator ? records.find(({ cause }) => cause === 'operator')?.timeNs : detectNs;
  const stillNs = standstill(records, stopFromNs ?? faultNs);
  const stopMs = milliseconds(stillNs, stopFromNs ?? faultNs);
  const ratio = worstLimitRatio(records, robot);
  return {
    fault: options.fault.name,
    driver: options.driver,
    state: options.state,
    detectMs: milliseconds(detectNs, faultNs),
    stopMs,
    travel: travel(records, faultNs),
    finalState: finalState(isStoppedByCommand(options.fault, outcome) ? records : own),
    worstLimitRatio: ratio,
    gateP99Periods: gateP99Periods(records, faultNs, robot),
    ok:
      isAsItShould(options, milliseconds(detectNs, faultNs)) &&
      (stopMs ?? Infinity) <= LONGEST_STOP_MS &&
      ratio <= 1 + ROUNDING,
    outcome,
  };
}

/** Of noise the operator stops the arm in the end; a supervisor whose policy is gone does as an operator. */
function isStoppedByCommand({ policyDoes }: Fault, outcome: string): boolean {
  return policyDoes === 'noise' || outcome === 'agent-failed';
}

/** When the gate first did something about a fault. */
function noticedNs(records: readonly ArmRecord[], faultNs: number, fault: Fault): number | undefined {
  if (fault.policyDoes === 'noise') return firstBounded(records, faultNs);
  if (fault.goesOn === true || fault.mayGoOn === true) return firstStop(records, faultNs);
  return detection(records, faultNs);
}

/** An arm that moves has to be stopped by what noticed the fault, not by the operator at the end; or has to go on. */
function isAsItShould({ fault, state }: RowOptions, detectMs: number | null): boolean {
  if (fault.mayGoOn === true) return true;
  if (fault.goesOn === true) return detectMs === null;
  if (fault.noticedWithinMs !== undefined) return detectMs !== null && detectMs <= fault.noticedWithinMs;
  return detectMs !== null || state === 'HOLD';
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((timeNs) => timeNs !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function finalState(records: readonly ArmRecord[]): string {
  const last = records.at(-1);
  if (last === undefined) return 'none';
  return last.cause === 'none' ? last.state : `${last.state} (${last.cause})`;
}

function milliseconds(timeNs: number | undefined, sinceNs: number): number | null {
  return timeNs === undefined ? null : Math.round((timeNs - sinceNs) / 1e4) / 100;
}

function isAlive(pid: number): boolean {
  // A process that ended but that nobody has waited for still has its entry.
  const status = `/proc/${pid}/stat`;
  try {
    process.kill(pid, 0);
    return !(existsSync(status) && /\) [ZX] /.test(readFileSync(status, 'utf8')));
  } catch {
    return false;
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function until(condition: () => boolean, timeoutMs: number): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 20) {
    if (waitedMs > timeoutMs) throw new Error('the processes did not do what they should in time');
    await delay(20);
  }
}

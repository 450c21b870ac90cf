import { appendFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { moduleEntry, startWorker } from '../../core/module-worker.ts';
import { toExactJson } from '../../record/exact-numbers.ts';
import type { GateCheckpoint } from '../black-box-ring.ts';
import { ArmMemory } from './arm-memory.ts';
import type { ArmMemoryBuffers } from './arm-memory.ts';
import { openArmPort } from './arm-port.ts';
import type { ArmPort } from './arm-port.ts';
import { UNTOLD_CONNECTION, failureOf, parseArmSpec } from './arm-spec.ts';
import type { ArmFailure, ArmReady, ArmSpec } from './arm-spec.ts';
import { badFrame, encodeNumbers, encodeText, requireLength } from './frames.ts';
import type { Frame } from './frames.ts';
import type { GateWorkerData, GateWorkerMessage } from './gate-worker.ts';
import { HostBlackBox } from './host-black-box.ts';
import { commandFrom, commandOfCode, heartbeatLayout } from './message-formats.ts';
import type { OperatorCommand } from './message-formats.ts';
import { decodeRecord, encodeRecord } from './record-format.ts';
import { preferThread, raisePriority } from './thread-priority.ts';

/** A supervisor that does not read loses records rather than memory of this process. */
const MOST_UNSENT_BYTES = 1 << 20;
/** How often the supervisor is shown that this thread lives, ms. */
const PULSE_MS = 50;
/** What is late once may have been stopped together with this thread; twice in a row it is dead. */
const LATE_CHECKS_TO_HALT = 2;

export interface ArmHostOptions {
  readonly output: Writable;
  readonly clock: Clock;
  /** Called when everything has ended. */
  readonly onEnd: () => void;
}

/**
 * The main thread of an arm process: frames in, frames out, and a watch on the gate. It moves nothing itself,
 * and the gate goes on when it is blocked.
 */
export class ArmHost {
  readonly #options: ArmHostOptions;
  #opened: Opened | undefined;
  #isOpening = false;
  #isGone = false;
  #isEnded = false;

  constructor(options: ArmHostOptions) {
    this.#options = options;
  }

  /** Takes a frame of the supervisor. Throws ArmatureError E_ARM_FRAME for one that cannot be used. */
  receive(frame: Frame): void {
    if (frame.kind === 'open') {
      if (this.#isOpening) throw badFrame('to be opened once', 'a second time');
      this.#isOpening = true;
      void this.#open(frame.text);
      return;
    }
    if (this.#opened === undefined) throw badFrame('to be opened first', `"${frame.kind}"`);
    this.#opened.receive(frame, this.#options.clock.nowNs());
  }

  /** The supervisor has gone: the arm is stopped, and the process ends. */
  supervisorGone(): void {
    this.#isGone = true;
    if (!this.#isOpening) this.#end();
    else this.#opened?.supervisorGone();
  }

  async #open(text: string): Promise<void> {
    const { output, clock } = this.#options;
    try {
      const opened = await Opened.open(parseArmSpec(text), { output, clock, onEnd: () => this.#end() });
      this.#opened = opened;
      if (this.#isGone) opened.supervisorGone();
    } catch (error) {
      output.write(encodeText('failure', failureOf(error)));
      this.#end();
    }
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#options.onEnd();
  }
}

/** An arm process whose arm and gate are there. */
class Opened {
  readonly #options: ArmHostOptions;
  readonly #spec: ArmSpec;
  readonly #memory: ArmMemory;
  readonly #port: ArmPort;
  readonly #row: Float64Array;
  readonly #scene: Float64Array;
  readonly #token = new Float64Array(1);
  readonly #pulse = new Float64Array(heartbeatLayout.length);
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #gate: Worker;
  readonly #blackBox: HostBlackBox | undefined;
  #logFile: string | undefined;
  #sceneVersion = 0;
  #lateChecks = 0;
  #isDead = false;
  #isOver = false;

  private constructor(parts: { spec: ArmSpec; buffers: ArmMemoryBuffers; port: ArmPort }, options: ArmHostOptions) {
    const { spec, buffers, port } = parts;
    this.#options = options;
    this.#spec = spec;
    this.#port = port;
    this.#logFile = spec.logFile;
    if (spec.blackBox !== undefined) {
      const box = { ...spec.blackBox, robot: spec.robot, wallTime: () => new Date().toISOString() };
      this.#blackBox = new HostBlackBox(box, (error) => this.fail(failureOf(error)));
    }
    this.#memory = new ArmMemory(spec.robot, buffers);
    this.#row = new Float64Array(this.#memory.record.length);
    this.#scene = new Float64Array(port.scene?.length ?? 0);
    this.#memory.supervisorSlot.write([options.clock.nowNs()]);
    const data: GateWorkerData = { spec, buffers, wire: port.wire };
    this.#gate = startWorker(moduleEntry(import.meta.url, 'gate-worker'), data);
  }

  static async open(spec: ArmSpec, options: ArmHostOptions): Promise<Opened> {
    const buffers = ArmMemory.allocate(spec.robot);
    let opened: Opened | undefined;
    const onFailure = (failure: ArmFailure): void => opened?.fail(failure);
    const { commands } = new ArmMemory(spec.robot, buffers);
    const command = (name: OperatorCommand, value: number): void => commands.push(commandFrom(name, value));
    const port = await openArmPort({ spec, token: buffers.token, onFailure, command });
    try {
      opened = new Opened({ spec, buffers, port }, options);
      await opened.#start();
      return opened;
    } catch (error) {
      port.close();
      throw error;
    }
  }

  receive(frame: Frame, nowNs: number): void {
    const { setpoint, command, setpointSlot, commands, supervisorSlot } = this.#memory;
    switch (frame.kind) {
      case 'setpoint':
        setpointSlot.write(requireLength(frame, setpoint.length));
        break;
      case 'command': {
        const numbers = requireLength(frame, command.length);
        const code = command.get(numbers, 'code');
        if (commandOfCode(code) === undefined) throw badFrame('a known command', `code ${code}`);
        commands.push(numbers);
        // A dead gate carries nothing out; the arm stands already, and may be let go.
        if (this.#isDead) this.#obeyForTheGate(commandOfCode(code));
        break;
      }
      case 'scene':
        this.#port.begin(frame.numbers);
        break;
      case 'heartbeat':
        requireLength(frame, heartbeatLayout.length);
        break;
      default:
        throw badFrame('a frame for an arm process', `"${frame.kind}"`);
    }
    supervisorSlot.write([nowNs]);
  }

  #obeyForTheGate(command: OperatorCommand | undefined): void {
    if (command === 'end') this.#finish();
    if (command === 'disarm' || command === 'estop') this.#port.relax?.();
  }

  supervisorGone(): void {
    this.#memory.supervisorSlot.write([NaN]);
    if (this.#isDead) this.#finish();
  }

  fail(failure: ArmFailure): void {
    this.#port.witness?.onFailure(failure);
    this.#send(encodeText('failure', failure));
  }

  #start(): Promise<void> {
    const gate = this.#gate;
    return new Promise((resolve, reject) => {
      gate.on('message', (message: GateWorkerMessage) => {
        if ('started' in message) {
          this.#watch(message.started.thread);
          resolve();
        } else if ('checkpoint' in message) this.#showGate(message.checkpoint);
        else if ('failure' in message) this.fail(message.failure);
        // The supervisor goes on: a wrong code of somebody in the graph ends nobody's session.
        else if ('refusal' in message) this.#port.witness?.onFailure(message.refusal);
        else this.#finish();
      });
      gate.on('error', (error) => {
        if (this.#timers.length === 0) reject(error);
        else this.#gateDied(error.message);
      });
      gate.on('exit', (code) => this.#gateDied(`code ${code}`));
    });
  }

  #watch(thread: number | undefined): void {
    const { gateHz } = this.#spec.robot.rates;
    // The dead-man and the supervisor's voice are on this thread.
    preferThread(process.pid);
    const { connection = UNTOLD_CONNECTION } = this.#port;
    const ready: ArmReady = { priority: raisePriority(thread), gateThread: thread, connection };
    this.#send(encodeText('ready', ready));
    // Twice in a period, so that no record waits for long.
    this.#timers.push(setInterval(() => this.#drain(), 500 / gateHz));
    this.#timers.push(setInterval(() => this.#showLife(), PULSE_MS));
    this.#timers.push(setInterval(() => this.#checkToken(), this.#spec.timeouts.deadManMs / 2));
  }

  #drain(): void {
    const { scene } = this.#port;
    if (scene !== undefined && scene.version !== this.#sceneVersion && scene.read(this.#scene)) {
      this.#sceneVersion = scene.version;
      this.#send(encodeNumbers('world', this.#scene));
    }
    while (this.#memory.records.take(this.#row)) this.#sendRecord();
    if (this.#isDead) this.#sendForTheGate();
  }

  /** The gate is dead and tells nothing; whether the arm stands is still to be seen. */
  #sendForTheGate(): void {
    const nowNs = this.#options.clock.nowNs();
    const last = decodeRecord(this.#memory.record, this.#row);
    // An arm that cannot be asked is taken to stand, as its driver was told to.
    const velocitiesRadPerS = new Float64Array(last.sentRad.length);
    const value = this.#port.read() ?? { ...last.arm.value, velocitiesRadPerS };
    encodeRecord(this.#memory.record, this.#row, {
      ...last,
      tick: last.tick + 1,
      timeNs: nowNs,
      deadlineNs: nowNs,
      state: 'gate-dead',
      reasons: [],
      target: undefined,
      hasStepped: false,
      arm: { ...last.arm, value, ageNs: nowNs - value.stampNs },
    });
    this.#sendRecord();
  }

  #sendRecord(): void {
    this.#send(encodeNumbers('record', this.#row));
    if (this.#blackBox === undefined && this.#port.witness === undefined) return;
    const record = decodeRecord(this.#memory.record, this.#row);
    this.#blackBox?.record(record);
    this.#port.witness?.onRecord(record);
  }

  #showGate(checkpoint: GateCheckpoint): void {
    this.#blackBox?.checkpoint(checkpoint);
    this.#send(encodeText('checkpoint', toExactJson(checkpoint)));
  }

  #showLife(): void {
    heartbeatLayout.set(this.#pulse, 'sequence', heartbeatLayout.get(this.#pulse, 'sequence') + 1);
    heartbeatLayout.set(this.#pulse, 'sentNs', this.#options.clock.nowNs());
    this.#send(encodeNumbers('pulse', this.#pulse));
  }

  #checkToken(): void {
    if (!this.#memory.token.read(this.#token)) return;
    const ageNs = this.#options.clock.nowNs() - (this.#token[0] as number);
    this.#lateChecks = ageNs > this.#spec.timeouts.deadManMs * NS_PER_MS ? this.#lateChecks + 1 : 0;
    if (this.#lateChecks >= LATE_CHECKS_TO_HALT) this.#gateDied(`no tick for ${Math.round(ageNs / NS_PER_MS)} ms`);
  }

  /** The dead-man: without a gate nothing but the driver itself can stop the arm. */
  #gateDied(how: string): void {
    if (this.#isDead || this.#isOver || this.#timers.length === 0) return;
    this.#isDead = true;
    this.#port.halt();
    void this.#gate.terminate();
    this.#drain();
    this.fail({
      code: 'E_GATE_DEAD',
      problem: `the safety gate stopped working (${how})`,
      remedy: 'The driver stopped the arm by itself. Look at the arm, then start again.',
    });
    const supervisor = new Float64Array(1);
    if (this.#memory.supervisorSlot.read(supervisor) && Number.isNaN(supervisor[0])) this.#finish();
  }

  /** The arm stands, and nothing is left to be told. */
  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#drain();
    this.#port.close();
    if (this.#blackBox === undefined) this.#options.onEnd();
    else void this.#blackBox.settle().then(() => this.#options.onEnd());
  }

  /** A log that cannot be written must not cost the arm its dead-man. */
  #log(frame: Buffer): void {
    if (this.#logFile === undefined) return;
    try {
      appendFileSync(this.#logFile, frame);
    } catch (error) {
      this.#logFile = undefined;
      this.fail(failureOf(error));
    }
  }

  #send(frame: Buffer): void {
    const { output } = this.#options;
    this.#log(frame);
    if (output.writable && output.writableLength < MOST_UNSENT_BYTES) output.write(frame);
  }
}

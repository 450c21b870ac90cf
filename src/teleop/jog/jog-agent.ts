import type { AgentDecision } from '../../core/agent.ts';
import type { Clock } from '../../core/clock.ts';
import type { Observation } from '../../core/observation.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { actionOfKey } from '../keyboard/key-actions.ts';
import type { KeySource } from '../keyboard/key-source.ts';
import type { Kinematics } from '../kinematics.ts';
import { Standby } from '../standby.ts';
import type { TeleopListener, TeleopStatus, Teleoperator } from '../teleoperator.ts';
import { Jog } from './jog.ts';
import { JogControls } from './jog-controls.ts';
import type { JogSettings } from './jog-controls.ts';
import type { JogAction, JogDevice, JogReading } from './jog-device.ts';

export interface JogAgentOptions extends JogSettings {
  readonly robot: RobotSpec;
  /** Undefined: only joints can be jogged. Disposed of with the agent. */
  readonly kinematics: Kinematics | undefined;
  /** Closed with the agent. */
  readonly device: JogDevice;
  /** Real time: what a device said a while ago does not count. */
  readonly clock: Clock;
  /** With it mode, joint and speed can be set by keys as well. Not closed here. */
  readonly keys?: KeySource | undefined;
}

/**
 * A person with a device that is pushed. The dead-man has to be seen released before it counts: at the start of an episode,
 * after the device was gone, and after a press that changes what the same push moves.
 */
export class JogAgent implements Teleoperator {
  readonly name: string;
  readonly #options: JogAgentOptions;
  readonly #jog: Jog;
  readonly #controls: JogControls;
  readonly #standby = new Standby();
  readonly #listeners = new Set<TeleopListener>();
  readonly #unlisten: readonly (() => void)[];
  #mustRelease = true;

  constructor(options: JogAgentOptions) {
    const { robot, kinematics, device, keys } = options;
    this.name = device.name;
    this.#options = options;
    this.#jog = new Jog(robot, kinematics);
    this.#controls = new JogControls(robot, kinematics !== undefined, options);
    const unlistenDevice = device.listen({
      onChange: () => {
        if (this.isEngaged) for (const listener of this.#listeners) listener.onEngaged?.();
      },
      onAction: (action) => this.#act(action),
    });
    const unlistenKeys = keys?.listen({
      onKey: (event) => {
        const action = actionOfKey(event);
        if (action !== undefined) this.#act(action);
      },
    });
    this.#unlisten = unlistenKeys === undefined ? [unlistenDevice] : [unlistenDevice, unlistenKeys];
  }

  get isEngaged(): boolean {
    return this.#read()?.isDeadManHeld === true;
  }

  get status(): TeleopStatus {
    this.#read();
    const problem = this.#options.device.problem ?? (this.#mustRelease ? 'let go of everything once' : undefined);
    const { modes, mode, joint, speed } = this.#controls;
    return { setting: this.#controls.describe(), problem, jog: { modes, mode, joint, speed } };
  }

  listen(listener: TeleopListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  reset(): Promise<void> {
    this.#mustRelease = true;
    this.#jog.reset();
    this.#standby.reset();
    return Promise.resolve();
  }

  act({ commandRad, timeNs }: Observation): Promise<AgentDecision> {
    const positionsRad = this.#next(commandRad);
    const target = positionsRad && { positionsRad, createdNs: timeNs, observedNs: timeNs };
    return Promise.resolve({ target, computeNs: 0 });
  }

  close(): Promise<void> {
    for (const unlisten of this.#unlisten) unlisten();
    this.#listeners.clear();
    this.#options.kinematics?.dispose();
    return this.#options.device.close();
  }

  #next(commandRad: Float64Array): Float64Array | undefined {
    const reading = this.#read();
    if (reading === undefined) {
      this.#jog.reset();
      this.#standby.reset();
      return undefined;
    }
    const { mode, joint, speed } = this.#controls;
    const target = this.#jog.step({ ...reading, mode, joint, speed }, commandRad);
    if (target === undefined) return this.#standby.next(commandRad);
    this.#standby.reset();
    return target;
  }

  /** What the device shows, with a dead-man that may not count yet. */
  #read(): JogReading | undefined {
    const { device, clock } = this.#options;
    const reading = device.read(clock.nowNs());
    if (reading === undefined) this.#mustRelease = true;
    else if (!reading.isDeadManHeld) this.#mustRelease = false;
    return reading && { ...reading, isDeadManHeld: reading.isDeadManHeld && !this.#mustRelease };
  }

  #act(action: JogAction): void {
    // A push that would suddenly move something else is let go first.
    if (this.#controls.apply(action)) this.#mustRelease = true;
    if (action.kind === 'give-back') for (const listener of this.#listeners) listener.onGiveBack?.();
  }
}

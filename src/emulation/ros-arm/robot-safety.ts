import { NS_PER_S } from '../../core/clock.ts';
import type { RosSpec } from '../../robot/ros-spec.ts';
import type { RosGraph } from '../rosbridge/ros-graph.ts';

/** What the robot's own controller thinks of its safety: it moves nothing while `mayMove` is false. */
export interface RobotSafety {
  readonly mayMove: boolean;
  /** The robot stops by itself, as after a collision. */
  protectiveStop(): void;
  /** Publishes what is published periodically; called at the rate of the joint states. */
  publish(): void;
}

export interface RobotSafetyOptions {
  readonly graph: RosGraph;
  readonly ros: RosSpec;
  readonly nowNs: () => number;
}

/** Robots of which the description says nothing never stop by themselves. */
const untroubled: RobotSafety = { mayMove: true, protectiveStop: () => undefined, publish: () => undefined };

export function robotSafety(options: RobotSafetyOptions): RobotSafety {
  const { safety } = options.ros;
  if (safety.kind === 'ur') return new UrSafety(options, safety);
  return safety.kind === 'franka' ? new FrankaSafety(options, safety.robotStateTopic) : untroubled;
}

/** ur_dashboard_msgs/SafetyMode and RobotMode. */
const SAFETY = { normal: 1, protectiveStop: 3 } as const;
const MODE = { powerOff: 3, idle: 5, running: 7 } as const;
/** A UR unlocks a protective stop no sooner. */
const UNLOCK_NS = 5 * NS_PER_S;

interface Answer {
  readonly success: boolean;
  readonly message: string;
}
const done: Answer = { success: true, message: 'done' };

/** A UR controller: safety mode, robot mode and whether the program runs, and the dashboard that gets it going again. */
class UrSafety implements RobotSafety {
  readonly #graph: RosGraph;
  readonly #topics: Extract<RosSpec['safety'], { kind: 'ur' }>;
  readonly #nowNs: () => number;
  #safety: number = SAFETY.normal;
  #mode: number = MODE.running;
  #isProgramRunning = true;
  #stoppedNs = 0;

  constructor({ graph, ros, nowNs }: RobotSafetyOptions, topics: Extract<RosSpec['safety'], { kind: 'ur' }>) {
    [this.#graph, this.#topics, this.#nowNs] = [graph, topics, nowNs];
    graph.advertise(topics.safetyModeTopic, 'ur_dashboard_msgs/SafetyMode');
    graph.advertise(topics.robotModeTopic, 'ur_dashboard_msgs/RobotMode');
    graph.advertise(topics.programRunningTopic, 'std_msgs/Bool');
    const calls = this.#calls();
    const standard = Object.keys(calls).map((name) => `/dashboard_client/${name}`);
    const own = ros.recovery.flatMap((step) => ('service' in step ? [step.service] : []));
    for (const service of [...standard, '/io_and_status_controller/resend_robot_program', ...own]) {
      const call = calls[service.slice(service.lastIndexOf('/') + 1)];
      if (call === undefined) continue;
      graph.services.set(service, {
        type: 'std_srvs/Trigger',
        call: () => {
          const answer = call();
          this.#tell();
          return { ...answer };
        },
      });
    }
    this.#tell();
  }

  get mayMove(): boolean {
    return this.#safety === SAFETY.normal && this.#mode === MODE.running && this.#isProgramRunning;
  }

  protectiveStop(): void {
    [this.#safety, this.#isProgramRunning, this.#stoppedNs] = [SAFETY.protectiveStop, false, this.#nowNs()];
    this.#tell();
  }

  /** All three are told when they change, and to whoever subscribes later. */
  publish(): void {
    // Nothing is periodic.
  }

  #calls(): Readonly<Record<string, () => Answer>> {
    const set = (change: () => void) => (): Answer => {
      change();
      return done;
    };
    const play = (): Answer => {
      if (this.#safety !== SAFETY.normal || this.#mode !== MODE.running)
        return { success: false, message: 'Failed to execute: play' };
      this.#isProgramRunning = true;
      return done;
    };
    const stop = set(() => (this.#isProgramRunning = false));
    return {
      unlock_protective_stop: () => {
        if (this.#nowNs() - this.#stoppedNs < UNLOCK_NS)
          return { success: false, message: 'Cannot unlock protective stop until 5s after occurrence.' };
        this.#safety = SAFETY.normal;
        return { success: true, message: 'Protective stop releasing' };
      },
      restart_safety: set(() => ([this.#safety, this.#mode] = [SAFETY.normal, MODE.powerOff])),
      power_on: set(() => (this.#mode = Math.max(this.#mode, MODE.idle))),
      power_off: set(() => ([this.#mode, this.#isProgramRunning] = [MODE.powerOff, false])),
      brake_release: set(() => (this.#mode = MODE.running)),
      close_safety_popup: () => done,
      connect: () => done,
      play,
      resend_robot_program: play,
      pause: stop,
      stop,
    };
  }

  #tell(): void {
    const latched = { latched: true };
    this.#graph.publish(this.#topics.safetyModeTopic, { mode: this.#safety }, latched);
    this.#graph.publish(this.#topics.robotModeTopic, { mode: this.#mode }, latched);
    this.#graph.publish(this.#topics.programRunningTopic, { data: this.#isProgramRunning }, latched);
  }
}

/** franka_msgs robot_mode. */
const FRANKA = { move: 2, reflex: 4 } as const;

/** A Franka controller: its mode with every state, a reflex, and the action that recovers from it. */
class FrankaSafety implements RobotSafety {
  readonly #graph: RosGraph;
  readonly #topic: string;
  #mode: number = FRANKA.move;

  constructor({ graph, ros }: RobotSafetyOptions, topic: string) {
    [this.#graph, this.#topic] = [graph, topic];
    const isFirst = graph.codec.version === 1;
    graph.advertise(topic, isFirst ? 'franka_msgs/FrankaState' : 'franka_msgs/FrankaRobotState');
    for (const step of ros.recovery) {
      if (!('action' in step)) continue;
      graph.offerAction(step.action, {
        type: 'franka_msgs/ErrorRecovery',
        accept: (_, handle) => {
          this.#mode = FRANKA.move;
          handle.succeed({});
        },
        cancel: (handle) => handle.cancelled({}),
      });
    }
  }

  get mayMove(): boolean {
    return this.#mode === FRANKA.move;
  }

  protectiveStop(): void {
    this.#mode = FRANKA.reflex;
  }

  publish(): void {
    this.#graph.publish(this.#topic, { robot_mode: this.#mode });
  }
}

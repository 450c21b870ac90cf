import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RosbridgeClient } from '../emulation/rosbridge-client.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';

/** Debian's packages are for Debian's Python, whatever another one comes first on the path. */
const PYTHON = '/usr/bin/python3';
const MASTER = '/usr/bin/rosmaster';
const HERE = fileURLToPath(new URL('graph/', import.meta.url));

export interface RosGraphOptions {
  readonly robot: RobotSpec;
  /** The arm is where it is told to be at once and says so: for measurements of the way. Default false. */
  readonly immediate?: boolean;
  /** Pictures of a camera on /camera/color/image_raw/compressed. Default: none. */
  readonly images?: { readonly rateHz: number; readonly bytes: number };
}

/** Throws an error with the remedy where ROS is not installed. */
export function requireRos(): void {
  const check = spawnSync(PYTHON, ['-c', 'import rospy, actionlib, tornado, cbor2, genpy'], {
    env: {},
    encoding: 'utf8',
  });
  if (existsSync(MASTER) && check.status === 0) return;
  throw new Error(
    `a ROS 1 graph cannot be started here (${check.stderr.trim().split('\n').at(-1) ?? ''}). ` +
      'Run tests/ros/install.sh, which installs it from Debian 12 packages, and try again.',
  );
}

/** A ROS 1 graph of real processes on loopback and free ports: a rosmaster, a rospy arm and a rosbridge server. */
export class RosGraphProcesses {
  readonly #options: RosGraphOptions;
  readonly #directory = mkdtempSync(join(tmpdir(), 'armature-ros-'));
  readonly #masterPort: number;
  #master: ChildProcess | undefined;
  #bridge: ChildProcess | undefined;
  #arm: ChildProcess | undefined;
  #bridgePort = 0;
  #isClosed = false;

  private constructor(options: RosGraphOptions, masterPort: number) {
    [this.#options, this.#masterPort] = [options, masterPort];
  }

  /** Resolves once joint states come through the bridge: an open port is not readiness. */
  static async start(options: RosGraphOptions): Promise<RosGraphProcesses> {
    requireRos();
    const graph = new RosGraphProcesses(options, await freePort());
    graph.#generateMessages();
    await graph.startMaster();
    graph.#startArm();
    await graph.startBridge();
    await graph.#awaitJointState();
    return graph;
  }

  /** Of the rosbridge server; the same after a restart. */
  get url(): string {
    return `ws://127.0.0.1:${this.#bridgePort}`;
  }

  async startMaster(): Promise<void> {
    this.#master = this.#spawn(MASTER, ['--core', '-p', String(this.#masterPort)]);
    while (!(await accepts(this.#masterPort))) await delay(50);
  }

  async killMaster(): Promise<void> {
    await kill(this.#master);
  }

  async startBridge(): Promise<void> {
    const bridge = this.#spawn(PYTHON, ['-u', join(HERE, 'bridge.py'), String(this.#bridgePort)]);
    this.#bridge = bridge;
    bridge.once('exit', (code) => {
      // It left by itself: the master had forgotten it.
      if (code === 0 && !this.#isClosed) void this.startBridge();
    });
    const lines = createInterface({ input: bridge.stdout as NodeJS.ReadableStream });
    for await (const line of lines) {
      const [, port] = /^listening (\d+)/.exec(line) ?? [];
      if (port !== undefined) {
        this.#bridgePort = Number(port);
        return;
      }
    }
    throw new Error('the rosbridge server ended before it listened');
  }

  async killBridge(): Promise<void> {
    await kill(this.#bridge);
  }

  /** Stops the process of the bridge: its connections stay open, and nothing comes or goes. */
  freezeBridge(): void {
    this.#bridge?.kill('SIGSTOP');
  }

  thawBridge(): void {
    this.#bridge?.kill('SIGCONT');
  }

  get bridgePid(): number {
    return this.#bridge?.pid ?? 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#bridge, this.#arm, this.#master].map((child) => kill(child)));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** As roslaunch does with respawn: an arm that ended is started again. */
  #startArm(): void {
    const { robot, immediate = false, images } = this.#options;
    const options = {
      joints: robot.joints.map(({ name }) => robot.drivers.ros?.jointStates.names[name] ?? name),
      home: robot.homeRad,
      velocities: robot.joints.map(({ limits }) => limits.velocityRadPerS),
      rateHz: robot.rates.stateHz,
      immediate,
      ...(images === undefined ? {} : { images }),
    };
    this.#arm = this.#spawn(PYTHON, ['-u', join(HERE, 'arm_node.py'), JSON.stringify(options)]);
    this.#arm.once('exit', () => {
      if (!this.#isClosed) this.#startArm();
    });
  }

  async #awaitJointState(): Promise<void> {
    const client = await RosbridgeClient.connect(this.url);
    client.send({ op: 'subscribe', topic: '/joint_states', type: 'sensor_msgs/JointState' });
    await client.frame(({ op }) => op === 'publish');
    client.close();
  }

  /** control_msgs, which no package of Debian has. */
  #generateMessages(): void {
    const made = spawnSync(PYTHON, [join(HERE, 'control_messages.py'), this.#directory], { env: {}, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`control_msgs cannot be generated: ${made.stderr}`);
  }

  #spawn(command: string, words: readonly string[]): ChildProcess {
    const env = {
      PATH: '/usr/bin:/bin',
      HOME: this.#directory,
      ROS_MASTER_URI: `http://127.0.0.1:${this.#masterPort}`,
      // Everything binds where this address is: nothing outside the machine reaches the graph.
      ROS_IP: '127.0.0.1',
      ROS_LOG_DIR: this.#directory,
      PYTHONPATH: this.#directory,
      PYTHONDONTWRITEBYTECODE: '1',
    };
    // A test that is killed takes its graph with it.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...words], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Lines about what happens to connections on purpose; with ROS_GRAPH_LOG=1 they are shown.
    if (process.env['ROS_GRAPH_LOG'] === '1') {
      for (const stream of [child.stdout, child.stderr]) stream.pipe(process.stderr);
    } else for (const stream of [child.stdout, child.stderr]) stream.resume();
    return child;
  }
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

import { setTimeout as delay } from 'node:timers/promises';
import * as roslib from 'roslib';
import { MonotonicClock, NS_PER_S } from '../src/core/clock.ts';
import { RosLink } from '../src/drivers/ros/ros-link.ts';
import { RosGraphProcesses } from '../tests/ros/ros-graph.ts';
import { ros1Robot } from '../tests/ros/ros1-robot.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose: `Command, motion, joint state: how long the way is through a real ROS 1 graph and its rosbridge.

For our link and, in the same run, for plain roslib. The arm is where it is told to be at once, so that what remains is the way.
Needs tests/ros/install.sh.`,
  options: {
    seconds: { type: 'string', default: '4', value: 's', words: 'how long each rate is measured' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

interface RateRow {
  readonly hz: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lost: number;
}
interface ImageRow {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of one core, in this process. */
  readonly cpuPercent: number;
}

/** One way to the graph. */
interface Link {
  readonly name: string;
  subscribe(topic: string, type: string, compression: 'none' | 'cbor', onMessage: (message: unknown) => void): void;
  command(data: readonly number[]): void;
  close(): void;
}

const HZ = [50, 100, 250, 500];
const COMMANDS = '/forward_position_controller/commands';
const IMAGES = '/camera/color/image_raw/compressed';
const SECONDS = Number(values.seconds);
/** Commands differ by so much in the first joint, so that each joint state tells which one it shows, rad. */
const MARK_RAD = 2 ** -20;
const LATE_MS = 500;

const clock = new MonotonicClock();
let mark = 0;
/** When a command was sent, monotonic ns, by its mark. */
const sentNs = new Map<number, number>();
const latenciesMs: number[] = [];
const listening = new WeakSet<Link>();
const robot = ros1Robot();
const log = (line: string): void => (values.json ? console.error(line) : console.log(line));

const ours = { name: 'armature', ...(await measure(openOurs)) };
const plain = { name: 'roslib', ...(await measure(openPlain)) };
const ratio = ours.rates.map(({ hz, p50Ms, p99Ms }, index) => ({
  hz,
  p50: rounded(p50Ms / (plain.rates[index]?.p50Ms ?? NaN)),
  p99: rounded(p99Ms / (plain.rates[index]?.p99Ms ?? NaN)),
}));
for (const { hz, p50, p99 } of ratio) log(`armature to roslib at ${hz} Hz: p50 ${p50}, p99 ${p99}`);
if (values.json) {
  const { rates, images } = ours;
  console.log(JSON.stringify({ rates, images, plainRoslib: { rates: plain.rates, images: plain.images }, ratio }));
}

async function measure(open: (url: string) => Promise<Link>): Promise<{ rates: RateRow[]; images: ImageRow }> {
  const rates: RateRow[] = [];
  const graph = await RosGraphProcesses.start({ robot, immediate: true });
  const link = await open(graph.url);
  for (const hz of HZ) {
    const row = await roundTrips(link, hz);
    rates.push(row);
    log(
      `${link.name.padEnd(9)} ${String(hz).padStart(4)} Hz  p50 ${row.p50Ms} ms  p99 ${row.p99Ms} ms  lost ${row.lost}`,
    );
  }
  link.close();
  await graph.close();
  return { rates, images: await measureImages(open) };
}

async function roundTrips(link: Link, hz: number): Promise<RateRow> {
  if (!listening.has(link)) {
    listening.add(link);
    link.subscribe('/joint_states', 'sensor_msgs/JointState', 'none', (message) => {
      const seen = Math.round(((message as { position: number[] }).position[0] ?? 0) / MARK_RAD);
      const sent = sentNs.get(seen);
      if (sent === undefined) return;
      sentNs.delete(seen);
      latenciesMs.push((clock.nowNs() - sent) / 1e6);
    });
    await delay(LATE_MS);
  }
  sentNs.clear();
  latenciesMs.length = 0;
  const count = Math.round(hz * SECONDS);
  const startNs = clock.nowNs();
  for (let index = 0; index < count; index += 1) {
    const waitMs = (startNs + (index * NS_PER_S) / hz - clock.nowNs()) / 1e6;
    if (waitMs > 0) await delay(waitMs);
    mark += 1;
    sentNs.set(mark, clock.nowNs());
    link.command([mark * MARK_RAD, ...robot.homeRad.slice(1)]);
  }
  await delay(LATE_MS);
  return { hz, ...percentiles(latenciesMs), lost: count - latenciesMs.length };
}

async function measureImages(open: (url: string) => Promise<Link>): Promise<ImageRow> {
  const graph = await RosGraphProcesses.start({ robot, immediate: true, images: { rateHz: 30, bytes: 40_000 } });
  const link = await open(graph.url);
  const agesMs: number[] = [];
  link.subscribe(IMAGES, 'sensor_msgs/CompressedImage', 'cbor', (message) => {
    const { secs, nsecs } = (message as { header: { stamp: { secs: number; nsecs: number } } }).header.stamp;
    // Taken apart, because a double does not hold nanoseconds since 1970.
    const now = performance.timeOrigin + performance.now();
    agesMs.push(now - secs * 1000 - nsecs / 1e6);
  });
  await delay(LATE_MS);
  agesMs.length = 0;
  const [startNs, before] = [clock.nowNs(), process.cpuUsage()];
  await delay(2 * SECONDS * 1000);
  const { user, system } = process.cpuUsage(before);
  const row = {
    ...percentiles(agesMs),
    cpuPercent: rounded((100 * (user + system)) / ((clock.nowNs() - startNs) / 1e3)),
  };
  const fps = (agesMs.length / (2 * SECONDS)).toFixed(1);
  log(
    `${link.name.padEnd(9)} images of 40 kB, cbor: ${fps} Hz  age p50 ${row.p50Ms} ms  p99 ${row.p99Ms} ms  CPU ${row.cpuPercent} %`,
  );
  link.close();
  await graph.close();
  return row;
}

async function openOurs(url: string): Promise<Link> {
  const link = new RosLink({ url, rosVersion: 1, clock, random: () => 0 });
  await link.connect();
  link.advertise(COMMANDS, 'std_msgs/msg/Float64MultiArray');
  return {
    name: 'armature',
    subscribe: (topic, type, compression, onMessage) =>
      void link.subscribe(
        { topic, type: type.replace('/', '/msg/') as 'sensor_msgs/msg/JointState', compression },
        onMessage,
      ),
    command: (data) => void link.publishCommand(COMMANDS, { layout: { dim: [], data_offset: 0 }, data }),
    close: () => link.close(),
  };
}

/** roslib as anybody would use it. Our declarations of it ask for what our link must never forget. */
interface PlainRoslib {
  readonly Ros: new (options: object) => PlainRos;
  readonly Topic: new (options: {
    ros: PlainRos;
    name: string;
    messageType: string;
    compression?: string;
  }) => PlainTopic;
}
interface PlainRos {
  on(event: 'connection', listener: (value: unknown) => void): void;
  connect(url: string): Promise<void>;
  close(): void;
}
interface PlainTopic {
  advertise(): void;
  publish(message: unknown): void;
  subscribe(onMessage: (message: unknown) => void): void;
}

async function openPlain(url: string): Promise<Link> {
  const { Ros, Topic } = roslib as unknown as PlainRoslib;
  const ros = new Ros({});
  const connected = new Promise((resolve) => ros.on('connection', resolve));
  await ros.connect(url);
  await connected;
  const commands = new Topic({ ros, name: COMMANDS, messageType: 'std_msgs/Float64MultiArray' });
  commands.advertise();
  return {
    name: 'roslib',
    subscribe: (name, messageType, compression, onMessage) =>
      new Topic({ ros, name, messageType, compression }).subscribe(onMessage),
    command: (data) => commands.publish({ layout: { dim: [], data_offset: 0 }, data }),
    close: () => ros.close(),
  };
}

function percentiles(samples: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = samples.toSorted((left, right) => left - right);
  const at = (share: number): number => rounded(sorted[Math.floor(share * sorted.length)] ?? NaN);
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

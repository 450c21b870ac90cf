import type { RobotSpec } from '../src/robot/robot-spec.ts';
import { ADVERSARIES } from './gate/adversaries.ts';
import { attack } from './gate/attack.ts';
import type { EmittedSequence, WorstRatios } from './gate/emitted-sequence.ts';
import { fuzzedRobots as robots } from './gate/fuzzed-robots.ts';
import { makePeers } from './gate/peers.ts';
import { readOptions } from './options.ts';

interface Row {
  readonly name: string;
  readonly worst: WorstRatios;
  nonFinite: number;
}

/** Steps of one run of one adversary: long enough to reach every part of the range. */
const STEPS_PER_RUN = 5000;

const { values } = readOptions({
  purpose: 'Worst value of what the gate emits, as a share of its limit, whatever it is asked for.',
  options: {
    steps: { type: 'string', default: '1000000', value: 'count', words: 'over all robots' },
    seed: { type: 'string', default: '1', value: 'number', words: 'what is asked for is drawn from it' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});
const steps = Number(values.steps);
const seed = Number(values.seed);
const peerRows = new Map<string, Row>();
const rows: Row[] = [];
const perRobot = Math.ceil(steps / robots.length);
robots.forEach((robot, index) => rows.push(fuzz(robot, perRobot, seed + 1_000_000 * index)));

/** Adversaries take turns, each time with a seed of its own. */
function fuzz(robot: RobotSpec, count: number, firstSeed: number): Row {
  const row = emptyRow(robot.name);
  for (let run = 0; run * STEPS_PER_RUN < count; run += 1) {
    const adversary = ADVERSARIES[run % ADVERSARIES.length];
    if (adversary === undefined) throw new RangeError('there is no adversary');
    const peers = makePeers(robot);
    const length = Math.min(STEPS_PER_RUN, count - run * STEPS_PER_RUN);
    const result = attack({ robot, adversary, seed: firstSeed + run, steps: length, peers });
    widen(row, result.gate);
    peers.forEach(({ name }, index) => {
      const found = peerRows.get(name) ?? emptyRow(name);
      peerRows.set(name, found);
      const sequence = result.peers[index];
      if (sequence !== undefined) widen(found, sequence);
    });
    if (!values.json && process.stderr.isTTY) process.stderr.write(`\r${robot.name} ${run * STEPS_PER_RUN} `);
  }
  return row;
}

function emptyRow(name: string): Row {
  return { name, worst: { position: 0, velocity: 0, acceleration: 0, jerk: 0 }, nonFinite: 0 };
}

function widen(row: Row, { worst, nonFinite }: EmittedSequence): void {
  row.worst.position = Math.max(row.worst.position, worst.position);
  row.worst.velocity = Math.max(row.worst.velocity, worst.velocity);
  row.worst.acceleration = Math.max(row.worst.acceleration, worst.acceleration);
  row.worst.jerk = Math.max(row.worst.jerk, worst.jerk);
  row.nonFinite += nonFinite;
}

function line({ name, worst, nonFinite }: Row): string {
  const number = (value: number): string =>
    (Math.abs(value - 1) < 1e-3
      ? `1 ${value < 1 ? '-' : '+'} ${Math.abs(value - 1).toExponential(0)}`
      : value.toPrecision(4)
    ).padStart(13);
  const { position, velocity, acceleration, jerk } = worst;
  return `${name.padEnd(44)}${[position, velocity, acceleration, jerk].map(number).join('')}${String(nonFinite).padStart(12)}`;
}

const peers = [...peerRows.values()];
if (values.json) {
  console.log(
    JSON.stringify({
      steps,
      seed,
      robots: rows.map(({ name, worst, nonFinite }) => ({ robot: name, worst, nonFinite })),
      peers: peers.map(({ name, worst, nonFinite }) => ({ name, worst, nonFinite })),
    }),
  );
} else {
  console.log(`${steps} steps, seed ${seed}; worst value as a share of its limit`);
  const titles = ['position', 'velocity', 'acceleration', 'jerk'].map((title) => title.padStart(13)).join('');
  console.log(`${''.padEnd(44)}${titles}${'not finite'.padStart(12)}`);
  for (const row of rows) console.log(line(row));
  console.log('the same sequences through other limiters, some of them made for steps of one length only');
  for (const row of peers) console.log(line(row));
}
const holds = rows.every(
  ({ worst, nonFinite }) => nonFinite === 0 && Object.values(worst).every((ratio) => ratio <= 1 + 1e-9),
);
if (!holds) process.exitCode = 1;

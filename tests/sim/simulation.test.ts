import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../src/core/clock.ts';
import type { ArmState, CameraFrame } from '../../src/core/observation.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { DelayedSource } from '../../src/sim/delayed-source.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import { World } from '../../src/sim/world.ts';

const robot = loadRobot('so101');
let world: World;
let simulation: Simulation;

beforeAll(async () => {
  world = await World.load({ robot, scene: 'lift' });
  simulation = new Simulation(world);
});

afterAll(() => {
  simulation.dispose();
  world.dispose();
});

interface Delivered {
  readonly states: ArmState[];
  readonly frames: CameraFrame[];
}

function run(seed: number, ticks: number): Delivered {
  const delivered: Delivered = { states: [], frames: [] };
  const fail = (cause: unknown): void => expect.unreachable(String(cause));
  const stop = [
    simulation.armSource.subscribe({ next: (state) => delivered.states.push(state), error: fail }),
    ...[...simulation.cameraSources.values()].map((source) =>
      source.subscribe({ next: (frame) => delivered.frames.push(frame), error: fail }),
    ),
  ];
  world.reset(robot.homeRad);
  simulation.begin({ startNs: 0, seed });
  for (let tick = 0; tick < ticks; tick += 1) simulation.advance(10 * NS_PER_MS);
  for (const end of stop) end();
  return delivered;
}

describe('Simulation', () => {
  it('measures the arm and each camera at its own rate, and once at the start', () => {
    const { states, frames } = run(1, 100);
    // One second: 100 states at 100 Hz, of which the last is still on its way, and the first at the start.
    expect(states).toHaveLength(100);
    expect(frames.filter((frame) => frame.camera === 'front')).toHaveLength(21);
    expect(frames.filter((frame) => frame.camera === 'wrist')).toHaveLength(21);
  });

  it('holds its pose against gravity within a milliradian', () => {
    run(1, 100);
    world.jointPositions().forEach((position, joint) => {
      expect(Math.abs(position - (robot.homeRad[joint] ?? 0))).toBeLessThan(1e-3);
    });
  });

  it('delivers frames late by the latency, with the stamp of the measurement', () => {
    const received: [stampNs: number, nowNs: number][] = [];
    let nowNs = 0;
    const front = simulation.cameraSources.get('front');
    const end = front?.subscribe({ next: ({ stampNs }) => received.push([stampNs, nowNs]), error: () => undefined });
    world.reset(robot.homeRad);
    simulation.begin({ startNs: 0, seed: 1 });
    for (let tick = 1; tick <= 20; tick += 1) {
      nowNs = tick * 10 * NS_PER_MS;
      simulation.advance(10 * NS_PER_MS);
    }
    end?.();
    for (const [stampNs, atNs] of received.slice(1)) expect(atNs - stampNs).toBe(20 * NS_PER_MS);
  });

  it('repeats to the bit with its seed, and differs with another', () => {
    const first = run(7, 30);
    expect(run(7, 30)).toEqual(first);
    expect(run(8, 30)).not.toEqual(first);
  });

  it('gives noise to the measurements that the arm itself does not have', () => {
    const [first, second] = run(1, 50).states.slice(-2);
    expect(first?.positionsRad).not.toEqual(second?.positionsRad);
    expect(first?.positionsRad[0]).toBeCloseTo(second?.positionsRad[0] ?? Number.NaN, 2);
  });

  it('refuses to be read before it began', () => {
    expect(() => new Simulation(world, { cameras: false }).arm.read()).toThrow('E_NOT_STARTED');
  });
});

describe('DelayedSource', () => {
  it('delivers in order, each when it is due, and nothing after it was cleared', () => {
    const delayed = new DelayedSource<string>(5);
    const received: string[] = [];
    delayed.source.subscribe({ next: (value) => received.push(value), error: () => undefined });
    delayed.sample('first', 0);
    delayed.sample('second', 3);
    delayed.deliver(4);
    expect(received).toEqual([]);
    delayed.deliver(5);
    expect(received).toEqual(['first']);
    delayed.clear();
    delayed.deliver(100);
    expect(received).toEqual(['first']);
  });
});

describe('an arm without torque', () => {
  it('sinks, follows nothing, and holds where it is when the torque comes back', () => {
    world.reset(robot.homeRad);
    const second = 1 / world.timestepS;
    world.step(second);
    const held = world.jointPositions();
    world.setTorque(false);
    world.setServoTargets(robot.restRad);
    world.step(second / 4);
    const sunk = world.jointPositions();
    const fell = Math.max(...sunk.map((position, joint) => Math.abs(position - (held[joint] ?? 0))));
    expect(fell).toBeGreaterThan(0.05);
    expect(world.jointEfforts().every((effort) => effort === 0)).toBe(true);
    world.step(3 * second);
    const lying = world.jointPositions();
    world.setTorque(true);
    world.step(second);
    const drift = Math.max(...world.jointPositions().map((position, joint) => Math.abs(position - (lying[joint] ?? 0))));
    expect(drift).toBeLessThan(0.02);
    world.setTorque(false);
    world.reset(robot.homeRad);
    expect(world.hasTorque).toBe(true);
  });
});

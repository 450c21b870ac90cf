import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArmState } from '../../src/core/observation.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { ArmMonitors } from '../../src/safety/arm-monitors.ts';
import type { MonitorInput } from '../../src/safety/arm-monitors.ts';
import { allowedCategory, emergencyCategory, FAULT_RULES } from '../../src/safety/faults.ts';
import type { Fault } from '../../src/safety/faults.ts';
import type { ArmHealth } from '../../src/safety/health-monitor.ts';
import { makeArmState, makeRobot } from '../../src/testing/index.ts';

const MS = 1e6;
const robot = makeRobot();
const START = [0, 0.5];

/** A tick, 10 ms after the one before unless said otherwise; what is not said is as it should be. */
interface Tick {
  readonly stepMs?: number;
  readonly commandRad?: readonly number[];
  readonly positionsRad?: readonly number[];
  readonly velocitiesRadPerS?: readonly number[];
  readonly effortsNm?: readonly number[];
  /** Age of the state, ms; the default is a fresh one. */
  readonly ageMs?: number;
  /** True: what was seen at the last tick is seen again. */
  readonly again?: boolean;
  readonly health?: ArmHealth;
}

/** Runs ticks and gives the faults of each. Measured values differ from tick to tick as those of a sensor do. */
function watch(ticks: readonly Tick[], spec: RobotSpec = robot): (readonly Fault[])[] {
  let nowNs = 1e9;
  let state: ArmState = makeArmState(START, nowNs);
  const monitors = ArmMonitors.begin(spec, state, nowNs);
  return ticks.map((tick, index) => {
    nowNs += (tick.stepMs ?? 10) * MS;
    const jitter = 1e-6 * (index % 2);
    if (tick.again !== true) {
      state = {
        positionsRad: Float64Array.from(tick.positionsRad ?? tick.commandRad ?? START, (value) => value + jitter),
        velocitiesRadPerS: Float64Array.from(tick.velocitiesRadPerS ?? [0, 0]),
        effortsNm: Float64Array.from(tick.effortsNm ?? [0, 0]),
        stampNs: nowNs - (tick.ageMs ?? 4) * MS,
      };
    }
    const commandRad = Float64Array.from(tick.commandRad ?? START);
    return monitors.check({ nowNs, commandRad, state, health: tick.health });
  });
}

const repeat = (count: number, tick: Tick | ((index: number) => Tick)): Tick[] =>
  Array.from({ length: count }, (_, index) => (typeof tick === 'function' ? tick(index) : tick));
const reasonsOf = (faults: readonly (readonly Fault[])[]): string[] => [
  ...new Set(faults.flat().map(({ reason }) => reason)),
];

describe('ArmMonitors', () => {
  it('finds nothing, and gives the same empty list, while all is well', () => {
    const faults = watch(repeat(200, (index) => ({ commandRad: [0.3 * Math.sin(index / 20), 0.5] })));
    expect(new Set(faults).size).toBe(1);
    expect(faults[0]).toEqual([]);
  });

  it('names reason, joint, value, limit and the stop asked for', () => {
    const last = watch(repeat(30, { commandRad: [0.4, 0.5], positionsRad: START })).at(-1);
    expect(last).toEqual([
      {
        reason: 'tracking-error',
        joint: 'shoulder',
        value: expect.closeTo(0.4, 5) as number,
        limit: 0.3,
        response: 'protective-stop',
        category: 1,
      },
    ]);
  });

  it('finds equal faults for equal inputs, also from a snapshot on', () => {
    const values = fc.array(fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: 1, max: 150 })), {
      minLength: 2,
      maxLength: 40,
    });
    fc.assert(
      fc.property(values, fc.nat(), (steps, cut) => {
        let nowNs = 1e9;
        const inputs = steps.map(([position, stepMs]): MonitorInput => {
          nowNs += stepMs * MS;
          return { nowNs, commandRad: Float64Array.from(START), state: makeArmState([position, 0.5], nowNs) };
        });
        const make = (): ArmMonitors => ArmMonitors.begin(robot, makeArmState(START, 1e9), 1e9);
        const whole = make();
        const expected = inputs.map((input) => whole.check(input));
        const middle = cut % inputs.length;
        const first = make();
        for (const input of inputs.slice(0, middle)) first.check(input);
        const memory = first.snapshot();
        for (const input of inputs.slice(middle)) first.check(input);
        const second = ArmMonitors.restore(robot, memory);
        expect(inputs.slice(middle).map((input) => second.check(input))).toEqual(expected.slice(middle));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the sensor', () => {
  it('invariant 11: is stale after sensorMs and silent after twice that, by arrival', () => {
    const faults = watch([{}, ...repeat(25, { again: true })]);
    const first = (reason: string): number => faults.findIndex((each) => each.some((fault) => fault.reason === reason));
    // The state was 4 ms old when it came; ticks are 10 ms apart.
    expect(first('stale-sensor')).toBe(10);
    expect(first('silent-sensor')).toBe(20);
    expect(faults[15]).toMatchObject([{ reason: 'stale-sensor', response: 'stop', category: 2 }]);
    expect(faults[25]).toMatchObject([{ reason: 'silent-sensor', response: 'protective-stop', category: 1 }]);
  });

  it('invariant 11: is stale by its stamps, however often it arrives', () => {
    expect(reasonsOf(watch(repeat(20, (index) => ({ ageMs: 4 + 9 * index }))))).toEqual(['stale-sensor']);
    expect(reasonsOf(watch(repeat(40, (index) => ({ ageMs: 4 + 10 * index }))))).toContain('silent-sensor');
  });

  it('invariant 11: may miss a few deliveries', () => {
    expect(reasonsOf(watch(repeat(100, (index) => ({ again: index % 9 !== 0 }))))).toEqual([]);
  });

  it('invariant 11: does not travel in time', () => {
    expect(reasonsOf(watch([{}, {}, { ageMs: 40 }]))).toEqual(['sensor-time']);
    expect(reasonsOf(watch([{}, { ageMs: -500 }]))).toEqual(['sensor-time']);
    expect(reasonsOf(watch([{}, { ageMs: Number.NaN }]))).toEqual(['sensor-time']);
  });

  it('invariant 11: a stamp from the future does not make what follows look old or new for ever', () => {
    const faults = watch([{}, { ageMs: -500 }, ...repeat(50, {})]);
    expect(faults.slice(2).flat()).toEqual([]);
  });

  it.each([
    ['position', { positionsRad: [Number.NaN, 0.5] }],
    ['velocity', { velocitiesRadPerS: [0, Infinity] }],
    ['effort', { effortsNm: [Number.NaN, 0] }],
    ['number of joints', { positionsRad: [0] }],
  ] as const)('invariant 11: a state with a bad %s is not believed, and is no state for ever', (_what, bad) => {
    const faults = watch([{}, ...repeat(30, bad)]);
    expect(faults[1]).toMatchObject([{ reason: 'bad-sensor', response: 'stop' }]);
    expect(reasonsOf(faults.slice(-1))).toEqual(['bad-sensor', 'silent-sensor']);
  });

  it('invariant 11: is frozen when its values stay equal to the bit while the arm is told to move', () => {
    const frozen = repeat(60, (index) => ({
      commandRad: [0.004 * index, 0.5],
      positionsRad: [-1e-6 * (index % 2), 0.5 - 1e-6 * (index % 2)],
    }));
    const faults = watch(frozen);
    const at = faults.findIndex((each) => each.some(({ reason }) => reason === 'frozen-sensor'));
    // Told to be 0.05 rad away after 13 ticks, then 200 ms.
    expect(at).toBe(33);
  });

  it('invariant 11: is not frozen when the arm rests, even for long before it moves', () => {
    const still = { positionsRad: [0, 0.5] };
    const resting = repeat(300, (index) => ({ positionsRad: [-1e-6 * (index % 2), 0.5 - 1e-6 * (index % 2)] }));
    const moving = repeat(40, (index) => ({ commandRad: [0.02 * index, 0.5] }));
    expect(reasonsOf(watch([...resting, ...moving, still].slice(0, 340)))).toEqual([]);
  });

  it('invariant 11: is not frozen when a gripper holds a thing', () => {
    const closing = repeat(100, (index) => ({
      commandRad: [0, Math.max(0, 0.5 - 0.01 * index)],
      positionsRad: [-1e-6 * (index % 2), 0.5 - 1e-6 * (index % 2)],
    }));
    expect(reasonsOf(watch(closing))).toEqual([]);
  });

  it('invariant 11: cannot jump further than the joint can move', () => {
    const faults = watch([{}, { positionsRad: [0.5, 0.5], commandRad: START }]);
    expect(faults[1]).toMatchObject([{ reason: 'impossible-sensor', joint: 'shoulder', response: 'protective-stop' }]);
  });
});

describe('the motion', () => {
  it('invariant 13: a blocked arm trips, and one that lags for a moment does not', () => {
    const blocked = repeat(60, (index) => ({ commandRad: [0.02 * index, 0.5], positionsRad: START }));
    expect(reasonsOf(watch(blocked))).toEqual(['tracking-error']);
    const lagging = [...repeat(15, { commandRad: [0.4, 0.5], positionsRad: START }), ...repeat(20, {})];
    expect(reasonsOf(watch([...lagging, ...lagging]))).toEqual([]);
  });

  it('invariant 13: measured velocity over 1.2 times its limit, for longer than a moment', () => {
    expect(reasonsOf(watch(repeat(3, { velocitiesRadPerS: [2.5, 0] })))).toEqual([]);
    expect(reasonsOf(watch(repeat(20, { velocitiesRadPerS: [2.3, 0] })))).toEqual([]);
    expect(watch(repeat(20, { velocitiesRadPerS: [-2.5, 0] })).at(-1)).toMatchObject([
      { reason: 'measured-velocity', joint: 'shoulder', value: 2.5, limit: 2.4 },
    ]);
  });

  it('invariant 13: one measurement beyond the hard range by more than half a degree', () => {
    const drift = (to: number): Tick[] =>
      repeat(16, (index) => ({ commandRad: [(to * Math.min(index, 15)) / 15, 0.5] }));
    expect(reasonsOf(watch(drift(1.508)))).toEqual([]);
    const faults = watch(drift(-1.51));
    expect(faults.at(-1)).toMatchObject([{ reason: 'measured-position', joint: 'shoulder', category: 1 }]);
    expect(faults.slice(0, -1).flat()).toEqual([]);
  });

  it('invariant 13: measured effort', () => {
    expect(reasonsOf(watch(repeat(20, { effortsNm: [3.2, 0] })))).toEqual([]);
    expect(watch(repeat(20, { effortsNm: [0, -2.5] })).at(-1)).toMatchObject([
      { reason: 'measured-effort', joint: 'gripper', value: 2.5 },
    ]);
  });
});

describe('the health', () => {
  const well: ArmHealth = {
    currentsA: Float64Array.of(0.5, -0.5),
    temperaturesC: Float64Array.of(30, 40),
    voltagesV: Float64Array.of(12, 12),
    motorErrors: Uint8Array.of(0, 0),
    mode: 'normal',
  };

  it('invariant 13: is fine within its limits, and a peak is forgiven', () => {
    expect(reasonsOf(watch(repeat(30, { health: well })))).toEqual([]);
    const peak = { health: { ...well, currentsA: Float64Array.of(3, 0) } };
    expect(reasonsOf(watch([...repeat(5, peak), ...repeat(5, { health: well }), ...repeat(5, peak)]))).toEqual([]);
  });

  it.each([
    ['over-current', 'gripper', { currentsA: Float64Array.of(0, -2.5) }],
    ['over-temperature', 'shoulder', { temperaturesC: Float64Array.of(61, 40) }],
    ['voltage-range', 'shoulder', { voltagesV: Float64Array.of(4.4, 12) }],
    ['voltage-range', 'gripper', { voltagesV: Float64Array.of(12, 14) }],
    ['motor-error', 'gripper', { motorErrors: Uint8Array.of(0, 32) }],
    ['bad-health', 'shoulder', { temperaturesC: Float64Array.of(Number.NaN, 40) }],
    ['bad-health', 'gripper', { currentsA: Float64Array.of(0) }],
  ] as const)('invariant 13: %s at the %s', (reason, joint, change) => {
    const faults = watch(repeat(20, { health: { ...well, ...change } }));
    expect(faults.at(-1)).toMatchObject([{ reason, joint, response: 'protective-stop' }]);
  });

  it('invariant 16: what the robot itself says counts in the same tick', () => {
    const allowed = makeRobot({ stopCategories: [0, 1, 2] });
    expect(watch([{ health: { mode: 'stopped' } }], allowed)[0]).toMatchObject([
      { reason: 'robot-stopped', response: 'protective-stop', category: 0 },
    ]);
    expect(watch([{ health: { mode: 'emergency-stop' } }], allowed)[0]).toMatchObject([
      { reason: 'robot-emergency-stop', response: 'estop', category: 0 },
    ]);
    expect(watch([{ health: { mode: 'reduced' } }], allowed)[0]).toEqual([]);
  });
});

describe('the gate ticks', () => {
  it('invariant 14: late ones are counted, and too many within the window are a fault', () => {
    const lateEvery = (count: number): Tick[] => repeat(60, (index) => ({ stepMs: index % count === 0 ? 25 : 10 }));
    expect(reasonsOf(watch(lateEvery(12)))).toEqual([]);
    expect(watch(repeat(11, { stepMs: 25 })).map((each) => each.length)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(watch(repeat(11, { stepMs: 25 })).at(-1)).toMatchObject([
      { reason: 'late-ticks', value: 11, limit: 10, category: 2 },
    ]);
    const monitors = ArmMonitors.begin(robot, makeArmState(START, 0), 0);
    [10, 20, 45, 55, 500].forEach((ms) =>
      monitors.check({ nowNs: ms * MS, commandRad: Float64Array.from(START), state: makeArmState(START, ms * MS) }),
    );
    expect(monitors.lateTicks).toBe(2);
  });

  it('invariant 14: a tick that is one period late is not late', () => {
    expect(reasonsOf(watch(repeat(100, { stepMs: 20 })))).toEqual([]);
  });
});

describe('the category of a stop', () => {
  it('invariant 19: is one the robot allows: the one asked for, else the next more severe, else its most severe', () => {
    expect(allowedCategory(2, [1, 2])).toBe(2);
    expect(allowedCategory(2, [0, 1])).toBe(1);
    expect(allowedCategory(2, [0])).toBe(0);
    expect(allowedCategory(1, [0, 2])).toBe(0);
    expect(allowedCategory(0, [1, 2])).toBe(1);
    expect(emergencyCategory([1, 2])).toBe(1);
    expect(emergencyCategory([0, 1, 2])).toBe(0);
  });

  it('invariant 19: every fault latches where it takes the torque away', () => {
    for (const { response, category } of Object.values(FAULT_RULES)) {
      if (category !== 2) expect(response).not.toBe('stop');
    }
  });
});

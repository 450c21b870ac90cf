import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArmGuard } from '../../src/safety/arm-guard.ts';
import type { GuardInput, Permission } from '../../src/safety/arm-guard.ts';
import type { ArmHealth } from '../../src/safety/health-monitor.ts';
import { OperatorDesk } from '../../src/safety/operator.ts';
import { makeArmState, makeRobot } from '../../src/testing/index.ts';

const MS = 1e6;
const START = [0, 0.5];
const policy = { name: 'policy', kind: 'program' } as const;
const person = { name: 'person', kind: 'person' } as const;

/** A guard with a gate that goes where it is told at once. */
class Bench {
  readonly desk = new OperatorDesk();
  readonly robot = makeRobot();
  readonly refused: string[] = [];
  nowNs = 1e9;
  commandRad = Float64Array.from(START);
  guard = new ArmGuard(this.robot, this.desk, (event, state) => this.refused.push(`${event.type} in ${state.name}`));
  leaseId: number | undefined;

  get name(): string {
    return this.guard.state.name;
  }

  arm(sources: readonly (typeof policy | typeof person)[] = [policy, person]): this {
    const measured = makeArmState([...this.commandRad], this.nowNs);
    this.guard.arm({ measured, nowNs: this.nowNs, operator: this.desk.issue(), sources });
    return this;
  }

  /** Armed, with the lease given to the policy. */
  started(): this {
    this.guard.ready();
    this.arm();
    this.leaseId = this.guard.acquire('policy', this.nowNs).id;
    return this;
  }

  tick(targetRad?: readonly number[], changes: Partial<GuardInput> = {}): Permission {
    this.nowNs += 10 * MS;
    const permission = this.guard.check({
      nowNs: this.nowNs,
      commandRad: this.commandRad,
      state: makeArmState([...this.commandRad], this.nowNs - MS),
      targetRad: targetRad && Float64Array.from(targetRad),
      leaseId: this.leaseId,
      ...changes,
    });
    if (permission.follows && targetRad !== undefined) this.commandRad = Float64Array.from(targetRad);
    this.guard.settle(!permission.follows);
    return permission;
  }
}

describe('ArmGuard', () => {
  it('goes from boot to motion and back to rest', () => {
    const bench = new Bench();
    expect(bench.tick(START).reasons).toEqual(['not-armed']);
    bench.guard.ready();
    expect(bench.tick(START).reasons).toEqual(['not-armed']);
    bench.arm();
    expect(bench.tick(START).reasons).toEqual(['no-lease']);
    expect(bench.name).toBe('hold');
    bench.leaseId = bench.guard.acquire('policy', bench.nowNs).id;
    expect(bench.tick(START)).toEqual({ follows: true, speedFactor: 1, reasons: [], faults: [] });
    expect(bench.name).toBe('active');
    expect(bench.tick(undefined, { refusal: 'stale-target' }).reasons).toEqual(['stale-target']);
    expect(bench.name).toBe('hold');
    expect(bench.guard.hasTorque(true)).toBe(true);
    bench.guard.stop(1);
    expect(bench.name).toBe('disarmed');
    expect(bench.guard.hasTorque(true)).toBe(false);
  });

  it('invariant 20: only a fresh token of its own desk arms', () => {
    const bench = new Bench();
    bench.guard.ready();
    const operator = bench.desk.issue();
    bench.desk.issue();
    const request = { measured: makeArmState(START, bench.nowNs), nowNs: bench.nowNs, sources: [policy] };
    expect(() => bench.guard.arm({ ...request, operator })).toThrow('E_OPERATOR_TOKEN');
    expect(() => bench.guard.arm({ ...request, operator: new OperatorDesk().issue() })).toThrow('E_OPERATOR_TOKEN');
    expect(() => bench.guard.appoint([policy], operator)).toThrow('E_OPERATOR_TOKEN');
    expect(bench.name).toBe('disarmed');
  });

  it.each([
    ['too old', { stampNs: 0 }, '100 ms'],
    ['moving', { velocitiesRadPerS: Float64Array.of(0.2, 0) }, 'joint "shoulder" at rest'],
    ['outside its range', { positionsRad: Float64Array.of(0, 1.3) }, 'joint "gripper" between -0.2 and 1.2'],
    ['not a number', { positionsRad: Float64Array.of(Number.NaN, 0.5) }, 'joint "shoulder"'],
    ['incomplete', { effortsNm: Float64Array.of(0) }, '2 efforts'],
  ])('invariant 9: does not arm where the measured state is %s', (_what, change, message) => {
    const bench = new Bench();
    bench.guard.ready();
    const measured = { ...makeArmState(START, bench.nowNs), ...change };
    const request = { measured, nowNs: bench.nowNs, operator: bench.desk.issue(), sources: [policy] };
    expect(() => bench.guard.arm(request)).toThrow(message);
    // Nothing happened: the consent is still good.
    bench.guard.arm({ ...request, measured: makeArmState(START, bench.nowNs) });
    expect(bench.name).toBe('hold');
  });

  it('invariant 16: does not arm a robot that says it is stopped, or whose motor has an error', () => {
    for (const health of [{ mode: 'stopped' }, { motorErrors: Uint8Array.of(0, 4) }] as ArmHealth[]) {
      const bench = new Bench();
      bench.guard.ready();
      const measured = makeArmState(START, bench.nowNs);
      const request = { measured, nowNs: bench.nowNs, operator: bench.desk.issue(), sources: [policy] };
      expect(() => bench.guard.arm({ ...request, health })).toThrow('E_CANNOT_ARM');
      expect(bench.name).toBe('disarmed');
    }
  });

  it('invariant 9: begins slowly where the first target is not where the arm is, until it has caught up', () => {
    const bench = new Bench().started();
    expect(bench.tick([0.5, 0.5]).speedFactor).toBe(0.25);
    bench.commandRad = Float64Array.from(START);
    expect(bench.tick([0.3, 0.5]).speedFactor).toBe(0.25);
    expect(bench.tick([0.32, 0.5]).speedFactor).toBe(1);
    expect(bench.tick([0.9, 0.5]).speedFactor).toBe(1);
  });

  it('invariant 12: a silent policy is stopped, and may go on within resumeMs without an operator', () => {
    const bench = new Bench().started();
    bench.tick(START);
    for (let tick = 0; tick < 190; tick += 1) bench.tick();
    expect(bench.name).toBe('hold');
    expect(bench.tick(START).follows).toBe(true);
    for (let tick = 0; tick < 201; tick += 1) bench.tick();
    expect(bench.tick(START).reasons).toEqual(['no-lease']);
    expect(() => bench.guard.acquire('policy', bench.nowNs)).toThrow('E_NOT_APPOINTED');
    bench.guard.appoint([policy], bench.desk.issue());
    bench.leaseId = bench.guard.acquire('policy', bench.nowNs).id;
    expect(bench.tick(START).follows).toBe(true);
  });

  it('invariant 20: one source commands at a time; a person may take over, and it is bumpless', () => {
    const bench = new Bench().started();
    bench.tick(START);
    expect(() => bench.guard.acquire('person', bench.nowNs)).toThrow('"policy" does');
    const taken = bench.guard.take('person', bench.nowNs).id;
    expect(bench.tick([0.01, 0.5]).reasons).toEqual(['no-lease']);
    expect(bench.tick([0.5, 0.5], { leaseId: taken }).speedFactor).toBe(0.25);
    expect(() => bench.guard.take('policy', bench.nowNs)).toThrow('E_LEASE_HELD');
    bench.guard.return(taken);
    expect(bench.guard.take('policy', bench.nowNs).id).toBeGreaterThan(taken);
    expect(() => bench.guard.acquire('stranger', bench.nowNs)).toThrow('E_NOT_APPOINTED');
  });

  it('invariant 20: anyone may slow down, only an operator may speed up', () => {
    const bench = new Bench().started();
    expect(bench.guard.slowDown(0.5)).toBe(0.5);
    expect(bench.guard.slowDown(0.8)).toBe(0.5);
    expect(bench.tick(START).speedFactor).toBe(0.5);
    expect(bench.name).toBe('reduced');
    const spent = bench.desk.issue();
    bench.guard.speedUp(0.9, spent);
    expect(bench.name).toBe('reduced');
    expect(() => bench.guard.speedUp(1, spent)).toThrow('E_OPERATOR_TOKEN');
    expect(bench.guard.speedScale).toBe(0.9);
    bench.guard.speedUp(1, bench.desk.issue());
    expect(bench.name).toBe('active');
    for (const scale of [0, -1, 1.1, Number.NaN, Infinity]) {
      expect(() => bench.guard.slowDown(scale)).toThrow('E_SPEED_SCALE');
      expect(() => bench.guard.speedUp(scale, bench.desk.issue())).toThrow('E_SPEED_SCALE');
    }
  });

  it('invariant 13: a fault that latches ends every lease and drops commands until an operator has reset and armed', () => {
    const bench = new Bench().started();
    bench.tick(START);
    const permission = bench.tick([0.02, 0.5], { state: makeArmState([1, 0.5], bench.nowNs + 9 * MS) });
    expect(permission).toMatchObject({ follows: false, reasons: ['impossible-sensor', 'protective-stop'] });
    expect(bench.guard.state).toMatchObject({ name: 'protective-stop', stopCategory: 1 });
    for (let tick = 0; tick < 50; tick += 1) expect(bench.tick(START).follows).toBe(false);
    expect(bench.guard.hasTorque(false)).toBe(true);
    expect(bench.guard.hasTorque(true)).toBe(false);
    expect(bench.guard.reset(bench.desk.issue())).toBe(true);
    expect(bench.tick(START).reasons).toEqual(['not-armed']);
    bench.arm();
    expect(bench.tick(START).reasons).toEqual(['no-lease']);
  });

  it('invariant 11: a fault that passes stops the arm for as long as it lasts, and costs no lease', () => {
    const bench = new Bench().started();
    bench.tick(START);
    const state = makeArmState(START, bench.nowNs - MS);
    const permissions = Array.from({ length: 15 }, () => bench.tick(START, { state }));
    expect(permissions[5]?.follows).toBe(true);
    expect(permissions[12]?.reasons).toEqual(['stale-sensor']);
    expect(bench.name).toBe('hold');
    expect(bench.tick(START).follows).toBe(true);
  });

  it('invariant 16: mirrors what the robot says of itself, and keeps to it', () => {
    const bench = new Bench().started();
    bench.tick(START, { health: { mode: 'reduced' } });
    expect(bench.name).toBe('reduced');
    bench.tick(START, { health: { mode: 'emergency-stop' } });
    expect(bench.name).toBe('estop');
    expect(bench.guard.reset(bench.desk.issue())).toBe(false);
    bench.guard.estop();
    bench.tick(START, { health: { mode: 'normal' } });
    expect(bench.guard.reset(bench.desk.issue())).toBe(false);
    bench.guard.releaseEstop();
    expect(bench.guard.reset(bench.desk.issue())).toBe(true);
    expect(bench.name).toBe('disarmed');
  });

  it('invariant 18: mirrors the robot before it is armed, and while it is latched', () => {
    const bench = new Bench();
    bench.tick(START, { health: { mode: 'emergency-stop' } });
    expect(bench.name).toBe('estop');
    bench.tick(START, { health: { mode: 'normal' } });
    expect(bench.guard.reset(bench.desk.issue())).toBe(true);
    bench.arm();
    bench.guard.trip({ reason: 'unusable-targets', value: 3, limit: 2 });
    expect(bench.guard.state).toMatchObject({ name: 'protective-stop', stopCategory: 2 });
    bench.tick(START, { health: { mode: 'emergency-stop' } });
    expect(bench.guard.state).toMatchObject({ name: 'estop', stopCategory: 1, isEstopPressed: true });
  });

  it('invariant 13: an arm without torque is not held against its commands', () => {
    const bench = new Bench().started();
    bench.tick(START);
    bench.guard.stop(1);
    bench.guard.settle(true);
    expect(bench.name).toBe('disarmed');
    for (let tick = 0; tick < 50; tick += 1) {
      const state = makeArmState([1.5, 0.5 + 1e-6 * tick], bench.nowNs + 9 * MS);
      expect(bench.tick(START, { state })).toMatchObject({ follows: false, reasons: ['not-armed'], faults: [] });
    }
  });

  it('invariant 18: estop stops in every state, at once, and nothing sent meanwhile is kept', () => {
    const bench = new Bench().started();
    bench.tick(START);
    bench.guard.estop();
    expect(bench.name).toBe('estop');
    for (let tick = 0; tick < 100; tick += 1) {
      expect(bench.tick([0.3, 0.5])).toMatchObject({ follows: false, reasons: ['estop'] });
    }
    expect(bench.guard.reset(bench.desk.issue())).toBe(false);
    bench.guard.releaseEstop();
    expect(bench.tick([0.3, 0.5]).follows).toBe(false);
    bench.guard.reset(bench.desk.issue());
    bench.arm();
    expect(bench.tick().reasons).toEqual(['no-target']);
    expect(bench.name).toBe('hold');
  });

  it('invariant 19: a stop that takes the torque away is not called off by commands', () => {
    const bench = new Bench().started();
    bench.tick(START);
    bench.guard.stop(1);
    expect(bench.guard.check({ ...inputOf(bench), targetRad: Float64Array.from(START) }).reasons).toEqual([
      'stop-in-progress',
    ]);
    bench.guard.settle(false);
    expect(bench.name).toBe('stopping');
    bench.guard.settle(true);
    expect(bench.name).toBe('disarmed');
  });

  it('invariant 25: goes on from a snapshot as it would have gone on', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 2, maxLength: 60 }), fc.nat(), (moves, cut) => {
        const bench = new Bench().started();
        const step = (move: number): string => {
          if (move === 6) bench.guard.slowDown(0.5);
          if (move === 7) bench.guard.stop(2);
          const permission = bench.tick(move < 4 ? [0.1 * move, 0.5] : undefined);
          return JSON.stringify([permission, bench.guard.state]);
        };
        const middle = cut % moves.length;
        moves.slice(0, middle).forEach(step);
        const [memory, nowNs, commandRad] = [bench.guard.snapshot(), bench.nowNs, bench.commandRad];
        const expected = moves.slice(middle).map(step);
        Object.assign(bench, { guard: ArmGuard.restore(bench.robot, bench.desk, memory), nowNs, commandRad });
        expect(moves.slice(middle).map(step)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

function inputOf({ nowNs, commandRad, leaseId }: Bench): GuardInput {
  return {
    nowNs: nowNs + 10 * MS,
    commandRad,
    state: makeArmState(START, nowNs + 9 * MS),
    targetRad: undefined,
    leaseId,
  };
}

describe('ArmGuard, for any sequence of what others than the operator do', () => {
  const deed = fc.constantFrom(
    'target',
    'silence',
    'acquire',
    'take',
    'return',
    'slow',
    'stop2',
    'stop1',
    'estop',
    'release',
    'trip',
    'ready',
    'mode',
  );

  function act(bench: Bench, what: string): void {
    const { guard } = bench;
    try {
      if (what === 'acquire') bench.leaseId = guard.acquire('policy', bench.nowNs).id;
      if (what === 'take') bench.leaseId = guard.take('person', bench.nowNs).id;
    } catch {
      // Refused, which is a way for it to end.
    }
    if (what === 'return') guard.return(bench.leaseId ?? 0);
    if (what === 'slow') guard.slowDown(0.7);
    if (what === 'stop2') guard.stop(2);
    if (what === 'stop1') guard.stop(1);
    if (what === 'estop') guard.estop();
    if (what === 'release') guard.releaseEstop();
    if (what === 'trip') guard.trip({ reason: 'late-ticks', value: 1, limit: 0 });
    if (what === 'ready') guard.ready();
    bench.tick(what === 'silence' ? undefined : START, what === 'mode' ? { health: { mode: 'normal' } } : {});
  }

  it('invariant 20: an arm that is not armed does not move', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
        const bench = new Bench();
        for (const each of deeds) {
          act(bench, each);
          expect(['active', 'reduced', 'hold', 'stopping']).not.toContain(bench.name);
        }
      }),
    );
  });

  it('invariant 20: once stopped, disarmed or latched, it stays so; lowered speed stays lowered', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
        const bench = new Bench().started();
        let wasAskedToStop = false;
        let slowest = 1;
        for (const each of deeds) {
          act(bench, each);
          wasAskedToStop ||= ['stop1', 'stop2', 'estop', 'trip'].includes(each);
          if (wasAskedToStop) expect(['active', 'reduced']).not.toContain(bench.name);
          expect(bench.guard.speedScale).toBeLessThanOrEqual(slowest);
          slowest = bench.guard.speedScale;
        }
      }),
    );
  });
});

describe('ArmGuard, of a robot that contradicts itself', () => {
  it('invariant 10: does not arm, and names joint and file', () => {
    const desk = new OperatorDesk();
    const [shoulder, gripper] = makeRobot().joints;
    const limits = { ...(shoulder as NonNullable<typeof shoulder>).limits, positionRad: [-90, 90] as [number, number] };
    const robot = makeRobot({ joints: [{ name: 'shoulder', limits }, gripper] as never, directory: 'robots/mine' });
    const guard = new ArmGuard(robot, desk);
    guard.ready();
    const request = { measured: makeArmState(START, 0), nowNs: 0, operator: desk.issue(), sources: [policy] };
    expect(() => guard.arm(request)).toThrow(/joint "shoulder".*degrees.*robots\/mine\/robot.yaml/);
    expect(guard.state.name).toBe('disarmed');
  });
});

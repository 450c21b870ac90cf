import { Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import type { ArmState, CameraFrame, Observation } from '../../src/core/observation.ts';
import { ObservationSampler } from '../../src/sensors/observation-sampler.ts';
import type { Tick } from '../../src/sensors/observation-sampler.ts';
import { observations } from '../../src/sensors/observations.ts';
import { FakeSource, makeArmState, makeCameraFrame, makeRobot } from '../../src/testing/index.ts';

const MS = 1e6;
const robot = makeRobot();

function sensors() {
  const arm = new FakeSource<ArmState>();
  const front = new FakeSource<CameraFrame>();
  const options = { robot, sources: { arm, cameras: new Map([['front', front]]) }, instruction: 'reach the red cube' };
  return { arm, front, options };
}

function tick(nowNs: number, count = 0): Tick {
  return { tick: count, nowNs, commandRad: Float64Array.of(0, 0.5) };
}

describe('ObservationSampler', () => {
  it('gives the newest value of every sensor with its age, whatever their rates', () => {
    const { arm, front, options } = sensors();
    const sampler = new ObservationSampler(options);
    for (let index = 0; index < 10; index += 1) arm.push(makeArmState([index, 0], index * 10 * MS));
    front.push(makeCameraFrame('front', { stampNs: 50 * MS }));
    const observation = sampler.sample(tick(96 * MS, 3));
    expect(observation).toMatchObject({ tick: 3, timeNs: 96 * MS, instruction: 'reach the red cube' });
    expect(observation.arm).toMatchObject({ ageNs: 6 * MS, fresh: true, value: { stampNs: 90 * MS } });
    expect(observation.cameras.get('front')).toMatchObject({ ageNs: 46 * MS, fresh: true });
  });

  it('says that a value has gone stale rather than falling silent', () => {
    const { arm, front, options } = sensors();
    const sampler = new ObservationSampler(options);
    arm.push(makeArmState([0, 0], 0));
    front.push(makeCameraFrame('front', { stampNs: 0 }));
    expect(sampler.sample(tick(100 * MS)).arm.fresh).toBe(true);
    const late = sampler.sample(tick(100 * MS + 1));
    expect(late.arm).toMatchObject({ fresh: false, ageNs: 100 * MS + 1 });
    expect(late.cameras.get('front')?.fresh).toBe(true);
    expect(sampler.sample(tick(200 * MS + 1)).cameras.get('front')?.fresh).toBe(false);
  });

  it('gives stale blanks of the right shape before the first value', () => {
    const { options } = sensors();
    const observation = new ObservationSampler(options).sample(tick(0));
    expect(observation.arm).toMatchObject({ fresh: false, ageNs: Infinity });
    expect([...observation.arm.value.positionsRad]).toEqual([NaN, NaN]);
    const front = observation.cameras.get('front');
    expect(front?.fresh).toBe(false);
    expect(front?.value.rgb).toHaveLength(4 * 4 * 3);
  });

  it('drops a value that was measured before the one it has', () => {
    const { arm, options } = sensors();
    const sampler = new ObservationSampler(options);
    arm.push(makeArmState([2, 0], 20 * MS));
    arm.push(makeArmState([1, 0], 10 * MS));
    expect(sampler.sampleArm(20 * MS).value.positionsRad[0]).toBe(2);
    sampler.clear();
    arm.push(makeArmState([1, 0], 10 * MS));
    expect(sampler.sampleArm(20 * MS).value.positionsRad[0]).toBe(1);
  });

  it('carries a new instruction from the next tick on', () => {
    const sampler = new ObservationSampler(sensors().options);
    const before = sampler.sample(tick(0));
    sampler.instruction = 'reach the blue cube';
    expect(before.instruction).toBe('reach the red cube');
    expect(sampler.sample(tick(1)).instruction).toBe('reach the blue cube');
  });

  it('goes on with the other sensors when one fails, counts the failures, and takes it back', () => {
    const test = new TestScheduler(() => undefined);
    const { arm, front, options } = sensors();
    const reports: string[] = [];
    test.run(({ flush }) => {
      const onError = (sensor: string): number => reports.push(sensor);
      const sampler = new ObservationSampler({ ...options, onError, scheduler: test });
      front.push(makeCameraFrame('front', { stampNs: 0 }));
      front.failuresToCome = 2;
      front.fail(new Error('unplugged'));
      arm.push(makeArmState([1, 0], 300 * MS));
      const meanwhile = sampler.sample(tick(300 * MS));
      expect(meanwhile.arm.fresh).toBe(true);
      expect(meanwhile.cameras.get('front')?.fresh).toBe(false);
      flush();
      front.push(makeCameraFrame('front', { stampNs: 400 * MS }));
      expect(sampler.sample(tick(400 * MS)).cameras.get('front')?.fresh).toBe(true);
      expect(sampler.errors.get('front')).toBe(3);
      expect(reports).toEqual(['front', 'front', 'front']);
    });
  });

  it('keeps one value per sensor, and nothing after it is closed', () => {
    const { arm, front, options } = sensors();
    const sampler = new ObservationSampler(options);
    sampler.close();
    expect([arm.listening, front.listening]).toEqual([0, 0]);
    arm.push(makeArmState([1, 0], 10));
    expect(sampler.sampleArm(10).fresh).toBe(false);
  });
});

describe('observations', () => {
  it('emits once per tick and never between', () => {
    const { arm, front, options } = sensors();
    const tick$ = new Subject<Tick>();
    const seen: Observation[] = [];
    observations({ ...options, tick$ }).subscribe((observation) => seen.push(observation));
    for (let index = 0; index < 100; index += 1) arm.push(makeArmState([index, 0], index * MS));
    front.push(makeCameraFrame('front', { stampNs: 90 * MS }));
    expect(seen).toHaveLength(0);
    tick$.next(tick(100 * MS, 0));
    tick$.next(tick(150 * MS, 1));
    expect(seen.map(({ arm: sampled }) => sampled.ageNs / MS)).toEqual([1, 51]);
  });

  it('starts the sensors with the subscription and ends them with it', () => {
    const { arm, options } = sensors();
    const observation$ = observations({ ...options, tick$: new Subject<Tick>() });
    expect(arm.starts).toBe(0);
    const subscription = observation$.subscribe();
    expect(arm.listening).toBe(1);
    subscription.unsubscribe();
    expect(arm.listening).toBe(0);
  });

  it('does not end when a sensor fails', () => {
    const test = new TestScheduler(() => undefined);
    test.run(() => {
      const { arm, options } = sensors();
      const tick$ = new Subject<Tick>();
      const seen: Observation[] = [];
      observations({ ...options, tick$, scheduler: test }).subscribe((observation) => seen.push(observation));
      arm.fail(new Error('bus gone'));
      tick$.next(tick(0));
      expect(seen.map(({ arm: sampled }) => sampled.fresh)).toEqual([false]);
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENCODER_CONVENTIONS } from '../../src/calibration/encoder-convention.ts';
import { jointScale, ticksToRad } from '../../src/calibration/joint-scale.ts';
import { CalibrationProcedure } from '../../src/calibration/procedure.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import type { SerialSpec } from '../../src/robot/serial-spec.ts';
import { calibrateByHand, HandMovedArm } from './hand-moved-arm.ts';
import type { Faults, Mounting } from './hand-moved-arm.ts';

type Family = keyof typeof ENCODER_CONVENTIONS;

const robot = loadRobot('so101');
const serial = robot.drivers.serial as SerialSpec;
const { motors } = serial;
const mounted = (entries: Partial<Mounting> = {}): Mounting => ({
  centreTick: 2047,
  isReversed: false,
  homingOffset: 0,
  drivenMode: 0,
  ...entries,
});
const everyJoint = (mounting: Partial<Mounting>): Mounting[] => robot.joints.map(() => mounted(mounting));

function begin(options: { family?: Family; mountings: readonly Mounting[]; faults?: Faults; seed?: number }): {
  readonly procedure: CalibrationProcedure;
  readonly arm: HandMovedArm;
} {
  const { family = 'feetech', mountings } = options;
  const held = Object.fromEntries(robot.joints.map(({ name }, joint) => [name, mountings[joint] as Mounting]));
  return {
    procedure: new CalibrationProcedure(
      { ...robot, drivers: { ...robot.drivers, serial: { ...serial, protocol: family } } },
      ENCODER_CONVENTIONS[family],
      held,
    ),
    arm: new HandMovedArm({ ...options, robot, family }),
  };
}

/** Largest difference between where joints are and where servos with this calibration say they are, rad. */
function worstErrorRad(procedure: CalibrationProcedure, arm: HandMovedArm, family: Family): number {
  const calibration = procedure.calibration();
  const convention = ENCODER_CONVENTIONS[family];
  let worst = 0;
  for (const share of [0, 0.2, 0.5, 0.8, 1]) {
    robot.joints.forEach((joint, index) => {
      const motor = calibration[joint.name];
      if (motor === undefined) throw new Error(joint.name);
      const [low, high] = arm.limitsRad(index);
      arm.anglesRad[index] = low + share * (high - low);
      const drivenMode = convention.reversesItself ? motor.drive_mode : 0;
      const tick = arm.reported(index, { homingOffset: motor.homing_offset, drivenMode });
      const unit = motors[joint.name]?.unit ?? 'angle';
      const rad = ticksToRad(jointScale(joint, motor, { unit, convention }), tick);
      worst = Math.max(worst, Math.abs(rad - (arm.anglesRad[index] ?? 0)));
    });
  }
  return worst;
}

describe('the calibration procedure', () => {
  it('gives what LeRobot gives on an arm that is built as described', () => {
    const { procedure, arm } = begin({ mountings: everyJoint({ centreTick: 2047 }) });
    expect(calibrateByHand(procedure, arm, robot)).toEqual([]);
    expect(procedure.warnings()).toEqual([]);
    expect(procedure.answer('yes')).toEqual([]);
    expect(procedure.confirmed).toBe(true);
    const { shoulder_pan: pan, wrist_roll: roll } = procedure.calibration();
    expect(pan).toEqual({ id: 1, drive_mode: 0, homing_offset: 0, range_min: 795, range_max: 3299 });
    expect(roll).toEqual({ id: 5, drive_mode: 0, homing_offset: 0, range_min: 0, range_max: 4095 });
  });

  it('invariant 10: finds every joint wherever its horn was screwed on, whichever way it turns, through noise and lost packets', () => {
    const mounting = fc.record<Mounting>({
      centreTick: fc.integer({ min: 0, max: 4095 }),
      isReversed: fc.boolean(),
      homingOffset: fc.integer({ min: -2047, max: 2047 }),
      drivenMode: fc.constant(0),
    });
    fc.assert(
      fc.property(
        fc.constantFrom<Family>('feetech', 'dynamixel'),
        fc.array(mounting, { minLength: robot.joints.length, maxLength: robot.joints.length }),
        fc.record({
          lost: fc.double({ min: 0, max: 0.3, noNaN: true }),
          wrong: fc.double({ min: 0, max: 0.03, noNaN: true }),
          noiseTicks: fc.integer({ min: 0, max: 3 }),
        }),
        fc.nat(),
        (family, mountings, faults, seed) => {
          const { procedure, arm } = begin({ family, mountings, faults, seed });
          const refused = calibrateByHand(procedure, arm, robot);
          expect(refused).toEqual([]);
          expect(procedure.answer('yes')).toEqual([]);
          // 8 ticks: noise at the stops and at the middle pose.
          expect(worstErrorRad(procedure, arm, family)).toBeLessThan(0.0125);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('turns a Dynamixel back that was turned round before', () => {
    const { procedure, arm } = begin({
      family: 'dynamixel',
      mountings: everyJoint({ centreTick: 4090, drivenMode: 1 }),
    });
    expect(calibrateByHand(procedure, arm, robot)).toEqual([]);
    expect(Object.values(procedure.calibration()).map((motor) => motor.drive_mode)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(worstErrorRad(procedure, arm, 'dynamixel')).toBeLessThan(0.005);
  });

  it('invariant 10: keeps the calibration far from the wrap, which was in the middle of every range', () => {
    const { procedure, arm } = begin({ mountings: everyJoint({ centreTick: 0 }) });
    calibrateByHand(procedure, arm, robot);
    for (const { range_min, range_max } of Object.values(procedure.calibration())) {
      expect(Math.abs(range_min + range_max - 4095)).toBeLessThanOrEqual(3);
    }
  });

  it('names joints that turn against the model, and says so before it writes', () => {
    const mountings = robot.joints.map(({ name }) =>
      mounted({ isReversed: name === 'elbow_flex' || name === 'gripper' }),
    );
    const { procedure, arm } = begin({ mountings });
    expect(calibrateByHand(procedure, arm, robot)).toEqual([]);
    const { elbow_flex: elbow, gripper, wrist_flex: wrist } = procedure.calibration();
    expect([elbow?.drive_mode, gripper?.drive_mode, wrist?.drive_mode]).toEqual([1, 1, 0]);
    expect(procedure.warnings().join()).toMatch(/"elbow_flex" turns against.*"gripper" turns against/);
  });
});

describe('the calibration procedure refuses', () => {
  const atSweep = (mountings = everyJoint({ centreTick: 4000 })) => {
    const begun = begin({ mountings });
    begun.arm.rest(begun.procedure);
    expect(begun.procedure.answer('middle')).toEqual([]);
    return begun;
  };

  it('a middle pose of joints that move, or that nobody reads', () => {
    const { procedure, arm } = begin({ mountings: everyJoint({}) });
    expect(procedure.answer('middle')).toContain('joint "wrist_roll" does not answer: check its cable and power');
    arm.rest(procedure);
    for (let count = 0; count < 5; count += 1) {
      arm.anglesRad[2] = (arm.anglesRad[2] ?? 0) + 0.05;
      arm.rest(procedure, 1);
    }
    expect(procedure.answer('middle')).toEqual([
      'joint "elbow_flex" moves or is hard to read: hold it still for a moment',
    ]);
  });

  it('a sweep that left a joint out, or stopped short, by name and remedy', () => {
    const { procedure, arm } = atSweep();
    arm.move(procedure, { 0: -1.9, 1: -1.7, 2: -1.69, 3: -1.65 });
    arm.move(procedure, { 0: 1.9, 1: 1.7, 2: 1, 3: 1.65 });
    const problems = procedure.answer('swept').join('\n');
    expect(problems).toMatch(/"elbow_flex" was calibrated over 2.69 rad .* its limits are 3.38 rad apart: move it/);
    expect(problems).toMatch(/"gripper" was calibrated over 0.00 rad/);
    expect(problems).not.toMatch(/shoulder_pan|wrist_roll/);
    expect(procedure.step.kind).toBe('sweep');
  });

  it('a range that is far wider than the joint, as after a slipped horn', () => {
    const { procedure, arm } = atSweep();
    arm.move(procedure, { 5: -1.5 });
    arm.move(procedure, { 5: 2.5 });
    expect(procedure.answer('swept').find((problem) => problem.includes('gripper'))).toMatch(/say "back" and sweep it/);
    expect(procedure.answer('back')).toEqual([]);
    expect(procedure.step.kind).toBe('middle');
  });

  it('a direction of a joint that did not move, and names the one that did', () => {
    const begun = atSweep();
    const { procedure, arm } = begun;
    const limits = robot.joints.map((_, joint) => arm.limitsRad(joint));
    arm.move(procedure, Object.fromEntries(limits.map(([low], joint) => [joint, low])));
    arm.move(procedure, Object.fromEntries(limits.map(([, high], joint) => [joint, high])));
    expect(procedure.answer('swept')).toEqual([]);
    expect(procedure.step.joint).toBe('shoulder_pan');
    arm.move(procedure, { 1: 0.5 });
    expect(procedure.answer('moved')).toEqual([
      'joint "shoulder_pan" has moved by 0.00 rad since this step began: move it by 0.25 or more. ' +
        '"shoulder_lift" did: if you moved shoulder_pan, their servos are swapped.',
    ]);
    expect(procedure.answer('yes')).toEqual(['"yes" is no answer here; say moved, again, back or quit']);
  });

  it('a step while a joint is silent, and the range of one that was away', () => {
    const { procedure, arm } = atSweep();
    const limits = robot.joints.map((_, joint) => arm.limitsRad(joint));
    arm.move(procedure, Object.fromEntries(limits.map(([low], joint) => [joint, low])));
    arm.unplugged.add(2);
    arm.move(procedure, Object.fromEntries(limits.map(([, high], joint) => [joint, high])));
    expect(procedure.answer('swept').join()).toMatch(/^joint "elbow_flex" does not answer for \d.* s: check its cable/);
    arm.unplugged.clear();
    arm.rest(procedure);
    expect(procedure.answer('swept').join()).toMatch(/^joint "elbow_flex" was calibrated over 0.00 rad/);
    arm.move(procedure, { 2: limits[2]?.[0] ?? 0 });
    expect(procedure.answer('swept')).toEqual([]);
  });

  it('a gripper that is neither closed nor open', () => {
    const { procedure, arm } = begin({ mountings: everyJoint({ centreTick: 30 }) });
    calibrateByHand(procedure, arm, robot);
    procedure.answer('back');
    procedure.answer('back');
    expect(procedure.step.kind).toBe('closed');
    arm.move(procedure, { 5: 0.8 });
    expect(procedure.answer('closed').join()).toMatch(/"gripper" is at neither end/);
    arm.move(procedure, { 5: -0.17 });
    expect(procedure.answer('closed')).toEqual([]);
    expect(procedure.answer('open').join()).toMatch(/"gripper" is where it was closed/);
  });

  it('to go on where the operator says no', () => {
    const { procedure, arm } = begin({ mountings: everyJoint({}) });
    calibrateByHand(procedure, arm, robot);
    expect(procedure.answer('no')).toEqual([]);
    expect(procedure.confirmed).toBe(false);
  });
});

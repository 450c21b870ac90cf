import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MotorCalibration } from '../../src/calibration/calibration-problems.ts';
import { ENCODER_CONVENTIONS, encoderTick, homingOffset } from '../../src/calibration/encoder-convention.ts';
import { jointScale, radToTicks, ticksToRad } from '../../src/calibration/joint-scale.ts';
import { shortWay, withinTurn } from '../../src/calibration/ticks.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';

const { feetech, dynamixel } = ENCODER_CONVENTIONS;
const robot = loadRobot('so101');
const joint = (name: string) => robot.joints.find((spec) => spec.name === name) ?? robot.joints[0]!;
const motor = (entries: Partial<MotorCalibration>): MotorCalibration => ({
  id: 1,
  drive_mode: 0,
  homing_offset: 0,
  range_min: 823,
  range_max: 3227,
  ...entries,
});
const degrees = (rad: number): number => (rad * 180) / Math.PI;

describe('ticks and radians of a joint', () => {
  const scale = jointScale(joint('shoulder_lift'), motor({}), { unit: 'angle', convention: feetech });

  it("are LeRobot's degrees: 0 in the middle of the range, a turn of 4096 steps", () => {
    expect(ticksToRad(scale, 2025)).toBe(0);
    // LeRobot: (v - (min + max) / 2) * 360 / 4095, of a turn of 4095 steps.
    expect(degrees(ticksToRad(scale, 3000))).toBeCloseTo(((3000 - 2025) * 360) / 4096, 9);
    expect(Math.abs(degrees(ticksToRad(scale, 3227)) - ((3227 - 2025) * 360) / 4095)).toBeLessThan(0.03);
  });

  it('do not depend on the turn a servo reports', () => {
    for (const turns of [-3, -1, 1, 256]) {
      expect(ticksToRad(scale, 900 + turns * 4096)).toBeCloseTo(ticksToRad(scale, 900), 12);
    }
  });

  it('are each the inverse of the other, for every joint, family and direction', () => {
    fc.assert(
      fc.property(
        fc.record({
          spec: fc.constantFrom(...robot.joints),
          family: fc.constantFrom<'feetech' | 'dynamixel'>('feetech', 'dynamixel'),
          driveMode: fc.constantFrom<0 | 1>(0, 1),
          low: fc.integer({ min: 0, max: 1800 }),
          high: fc.integer({ min: 2300, max: 4095 }),
          share: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        ({ spec, family, driveMode, low, high, share }) => {
          const unit = spec.name === robot.gripper ? 'range' : 'angle';
          const options = { unit, convention: ENCODER_CONVENTIONS[family] } as const;
          const line = jointScale(spec, motor({ drive_mode: driveMode, range_min: low, range_max: high }), options);
          const tick = Math.round(low + share * (high - low));
          expect(radToTicks(line, ticksToRad(line, tick))).toBe(tick);
        },
      ),
    );
  });

  it('turn round where the motor turns against the joint, unless the servo does so itself', () => {
    const reversed = motor({ drive_mode: 1 });
    const unit = 'angle';
    const bySoftware = jointScale(joint('elbow_flex'), reversed, { unit, convention: feetech });
    expect(ticksToRad(bySoftware, 2125)).toBeLessThan(0);
    const byServo = jointScale(joint('elbow_flex'), reversed, { unit, convention: dynamixel });
    expect(ticksToRad(byServo, 2125)).toBeGreaterThan(0);
  });

  it('put the ends of the gripper on the ends of its limits', () => {
    const line = jointScale(joint('gripper'), motor({ range_min: 2031, range_max: 3502 }), {
      unit: 'range',
      convention: feetech,
    });
    expect(ticksToRad(line, 2031)).toBeCloseTo(-0.17453, 12);
    expect(ticksToRad(line, 3502)).toBeCloseTo(1.74533, 12);
  });
});

describe('homing offset', () => {
  it('invariant 10: fits its register and makes any encoder position read as the middle, for both families', () => {
    for (const [family, convention] of Object.entries(ENCODER_CONVENTIONS)) {
      for (let encoder = 0; encoder < 4096; encoder += 1) {
        const { offset, readsAt } = homingOffset(convention, encoder);
        const reported = encoder + convention.offsetSign * offset;
        expect(withinTurn(reported), family).toBe(readsAt);
        expect(Math.abs(offset)).toBeLessThanOrEqual(Math.min(2048, convention.largestOffset));
        expect(Math.abs(readsAt - 2047)).toBeLessThanOrEqual(convention === feetech ? 1 : 0);
        expect(encoderTick(convention, reported, offset)).toBe(encoder);
      }
    }
  });

  it('is what LeRobot writes', () => {
    expect(homingOffset(feetech, 1000).offset).toBe(1000 - 2047);
    expect(homingOffset(dynamixel, 1000).offset).toBe(2047 - 1000);
    // LeRobot fails here: 2048 does not fit into 11 bits and a sign.
    expect(homingOffset(feetech, 4095)).toEqual({ offset: 2047, readsAt: 2048 });
  });
});

describe('the short way round', () => {
  it('is at most half a turn, to the same angle', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), (ticks) => {
        expect(shortWay(ticks)).toBeGreaterThanOrEqual(-2048);
        expect(shortWay(ticks)).toBeLessThan(2048);
        expect(withinTurn(shortWay(ticks))).toBe(withinTurn(ticks));
      }),
    );
  });
});

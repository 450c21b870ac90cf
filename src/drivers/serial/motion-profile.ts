import type { ArmMotor } from './arm-motors.ts';
import { registerOf } from './servo-address.ts';
import type { ProtocolName } from './servo-models.ts';
import { RAD_PER_TICK } from '../../calibration/ticks.ts';

interface ProfileNames {
  readonly velocity: string;
  readonly acceleration: string;
  /** What no acceleration goes beyond, whatever is asked for. */
  readonly highestAcceleration?: string;
}

/** Where each family has the profile that its goals are followed with. A new Feetech servo goes at 7.7 rad/s^2 at most. */
const PROFILE: Readonly<Record<ProtocolName, ProfileNames>> = {
  feetech: { velocity: 'Goal_Velocity', acceleration: 'Acceleration', highestAcceleration: 'Maximum_Acceleration' },
  dynamixel: { velocity: 'Profile_Velocity', acceleration: 'Profile_Acceleration' },
};

/** The register by which a servo that has lost its power is known: it is written at connect, and lost with the power. */
export function powerWitness({ model }: ArmMotor): string {
  return PROFILE[model.protocol].velocity;
}

/**
 * The servo's own profile, within the joint's limits: whatever goal it gets, it goes there no faster. In its registers 0 would
 * mean without a limit, so that the least is 1. Where the servo can do less than the limit it does what it can.
 */
export function profileRegisters({ model, joint, scale }: ArmMotor): Record<string, number> {
  const { velocity, acceleration, highestAcceleration } = PROFILE[model.protocol];
  const servoPerJoint = RAD_PER_TICK / Math.abs(scale.radPerTick);
  const { velocityRadPerS, accelerationRadPerS2 } = joint.limits;
  const entries: readonly (readonly [string | undefined, number])[] = [
    [velocity, velocityRadPerS],
    [acceleration, accelerationRadPerS2],
    [highestAcceleration, accelerationRadPerS2],
  ];
  return Object.fromEntries(
    entries.flatMap(([name, limit]) => {
      if (name === undefined) return [];
      const register = registerOf(model, name);
      const steps = Math.floor((limit * servoPerJoint) / register.scale);
      return [[name, Math.min(Math.max(1, steps), register.maximum)]];
    }),
  );
}

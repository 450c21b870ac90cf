import type { ArmMotor } from './arm-motors.ts';
import { registerOf } from './servo-address.ts';
import { RAD_PER_TICK } from '../../calibration/ticks.ts';

/** Where each family has the profile that its goals are followed with. */
const PROFILE = {
  feetech: { velocity: 'Goal_Velocity', acceleration: 'Acceleration' },
  dynamixel: { velocity: 'Profile_Velocity', acceleration: 'Profile_Acceleration' },
} as const;

/** The register by which a servo that has lost its power is known: it is written at connect, and lost with the power. */
export function powerWitness({ model }: ArmMotor): string {
  return PROFILE[model.protocol].velocity;
}

/**
 * The servo's own profile, within the joint's limits: whatever goal it gets, it goes there no faster. In its registers 0 would
 * mean without a limit, so that the least is 1. Where the servo can do less than the limit it does what it can.
 */
export function profileRegisters({ model, joint, scale }: ArmMotor): Record<string, number> {
  const names = PROFILE[model.protocol];
  const servoPerJoint = RAD_PER_TICK / Math.abs(scale.radPerTick);
  const entries = [
    [names.velocity, joint.limits.velocityRadPerS],
    [names.acceleration, joint.limits.accelerationRadPerS2],
  ] as const;
  return Object.fromEntries(
    entries.map(([name, limit]) => {
      const register = registerOf(model, name);
      const steps = Math.floor((limit * servoPerJoint) / register.scale);
      return [name, Math.min(Math.max(1, steps), register.maximum)];
    }),
  );
}

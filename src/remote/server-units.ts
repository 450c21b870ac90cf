import type { ServerUnit } from './remote-manifest.ts';

/** A straight line: server = offset + factor * rad. */
interface Line {
  readonly factor: number;
  readonly offset: number;
}

function lineOf(unit: ServerUnit): Line {
  if (unit === 'rad') return { factor: 1, offset: 0 };
  if (unit === 'deg') return { factor: 180 / Math.PI, offset: 0 };
  const [[low, high], [lowRad, highRad]] = [unit.server, unit.rad];
  const factor = (high - low) / (highRad - lowRad);
  return { factor, offset: low - factor * lowRad };
}

/** An angle, rad, as the server counts it. */
export function toServer(unit: ServerUnit, positionRad: number): number {
  const { factor, offset } = lineOf(unit);
  return offset + factor * positionRad;
}

/** A speed, rad/s, as the server counts it. */
export function rateToServer(unit: ServerUnit, velocityRadPerS: number): number {
  return lineOf(unit).factor * velocityRadPerS;
}

/** What the server counts, in rad. */
export function fromServer(unit: ServerUnit, value: number): number {
  const { factor, offset } = lineOf(unit);
  return (value - offset) / factor;
}

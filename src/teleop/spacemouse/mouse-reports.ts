import type { Vector3 } from '../kinematics.ts';

/** What a report says; what it does not speak of is absent. */
export interface MouseReport {
  /** Raw counts of the device: right, towards the person, down. */
  readonly translation?: Vector3;
  /** The same, of turns about these axes, right-handed. */
  readonly rotation?: Vector3;
  /** Buttons that are held, one bit each; bit 0 is the left one, bit 1 the right one. */
  readonly buttons?: number;
}

/**
 * Input reports of 3Dconnexion devices, id first; numbers little-endian, signed.
 *
 * | id | bytes       | meaning                                                            |
 * |----|-------------|--------------------------------------------------------------------|
 * | 1  | 6           | translation x, y, z, s16 each: wired devices                       |
 * | 1  | 12 or more  | translation, then rotation: wireless devices and newer firmware    |
 * | 2  | 6           | rotation x, y, z                                                   |
 * | 3  | 1 to 4 used | buttons, lowest first                                              |
 *
 * Others tell of the battery or of displays and are ignored.
 */
const REPORTS = { translation: 1, rotation: 2, buttons: 3 } as const;
const VECTOR_BYTES = 6;

/** @param report with its id. What is shorter than it should be says nothing. */
export function parseReport(report: Buffer): MouseReport {
  const [id] = report;
  const data = report.subarray(1);
  switch (id) {
    case REPORTS.translation:
      if (data.length < VECTOR_BYTES) return {};
      if (data.length < 2 * VECTOR_BYTES) return { translation: vectorAt(data, 0) };
      return { translation: vectorAt(data, 0), rotation: vectorAt(data, VECTOR_BYTES) };
    case REPORTS.rotation:
      return data.length < VECTOR_BYTES ? {} : { rotation: vectorAt(data, 0) };
    case REPORTS.buttons:
      return data.length === 0 ? {} : { buttons: data.readUIntLE(0, Math.min(4, data.length)) };
    default:
      return {};
  }
}

function vectorAt(data: Buffer, offset: number): Vector3 {
  return [data.readInt16LE(offset), data.readInt16LE(offset + 2), data.readInt16LE(offset + 4)];
}

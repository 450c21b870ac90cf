import { describe, expect, it } from 'vitest';
import { SERVO_MODELS } from '../../../src/drivers/serial/servo-models.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { findServos } from '../../../src/runtime/motors/find-servos.ts';
import type { LocatedServo, ScanBus } from '../../../src/runtime/motors/find-servos.ts';
import { resemblingRobots } from '../../../src/runtime/motors/resembling-robots.ts';

const model = SERVO_MODELS.sts3215;
const servo = (id: number, entries: Partial<LocatedServo> = {}): LocatedServo => ({
  id,
  model,
  modelNumber: model.modelNumber,
  firmware: '3.10',
  protocol: 'feetech',
  baudRate: 1_000_000,
  ...entries,
});
const robots = [loadRobot('so101')];

describe('servos on a bus', () => {
  it('look like the robot they belong to, whole or in part', () => {
    const all = [1, 2, 3, 4, 5, 6].map((id) => servo(id));
    expect(resemblingRobots(all, robots)).toEqual([{ robot: 'so101', missing: [] }]);
    expect(resemblingRobots(all.slice(0, 4), robots)).toEqual([{ robot: 'so101', missing: ['wrist_roll', 'gripper'] }]);
  });

  it('look like no robot that has others, other rates, or too many more', () => {
    expect(resemblingRobots([], robots)).toEqual([]);
    expect(resemblingRobots([servo(1)], robots)).toEqual([]);
    const three = [1, 2, 3].map((id) => servo(id));
    expect(resemblingRobots([...three, servo(9)], robots)).toEqual([]);
    expect(resemblingRobots([...three, servo(4, { baudRate: 57_600 })], robots)).toEqual([]);
    expect(resemblingRobots([...three, servo(4, { modelNumber: 2825 })], robots)).toEqual([]);
  });

  it('are found at every rate and protocol, each once', async () => {
    const asked: string[] = [];
    const open = (how: { protocol: string; baudRate: number }): Promise<ScanBus> => {
      let rate = how.baudRate;
      return Promise.resolve({
        ping: (id: number) => {
          asked.push(`${how.protocol} ${rate} ${id}`);
          // One answers at its own rate, the other at any.
          const answers = how.protocol === 'feetech' && (id === 7 || (id === 8 && rate === 115_200));
          return Promise.resolve(answers ? servo(id) : undefined);
        },
        setBaudRate: (baudRate: number) => {
          rate = baudRate;
          return baudRate === 500_000 ? Promise.reject(new Error('not this one')) : Promise.resolve();
        },
        close: () => Promise.resolve(),
      });
    };
    const found = await findServos({
      path: 'port',
      protocols: ['feetech', 'dynamixel'],
      baudRates: [1_000_000],
      ids: [7, 8],
      open,
    });
    expect(found.map(({ id, baudRate }) => [id, baudRate])).toEqual([
      [7, 1_000_000],
      [8, 115_200],
    ]);
    expect(asked).toContain('dynamixel 57600 8');
    expect(asked.some((line) => line.includes(' 500000 '))).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { frankaReport, programReport, urRobotReport, urSafetyReport } from '../../../src/drivers/ros/robot-safety.ts';

describe("what a robot's own safety says", () => {
  it.each([
    [1, 'normal'],
    [2, 'reduced'],
    [3, 'stopped'],
    [5, 'stopped'],
    [6, 'emergency-stop'],
    [7, 'emergency-stop'],
    [9, 'stopped'],
    [13, 'stopped'],
    [22, 'stopped'],
    [0, 'stopped'],
  ])('safety mode %i of a UR means %s', (code, mode) => {
    expect(urSafetyReport(code).mode).toBe(mode);
  });

  it('lets a UR move only while it runs, and its program', () => {
    expect(urRobotReport(7).mode).toBe('normal');
    expect(urRobotReport(5)).toEqual({ mode: 'stopped', words: 'robot mode 5' });
    expect(programReport(true).mode).toBe('normal');
    expect(programReport(false).mode).toBe('stopped');
  });

  it.each([
    [0, 'stopped'],
    [1, 'stopped'],
    [2, 'normal'],
    [3, 'stopped'],
    [4, 'stopped'],
    [5, 'stopped'],
    [6, 'stopped'],
    [99, 'stopped'],
  ])('robot mode %i of a Franka means %s', (code, mode) => {
    expect(frankaReport({ robot_mode: code, current_errors: {} }).mode).toBe(mode);
  });

  it('names the errors of a Franka, whatever its mode', () => {
    const errors = { joint_reflex: true, power_limit_violation: false };
    expect(frankaReport({ robot_mode: 2, current_errors: errors })).toEqual({
      mode: 'stopped',
      words: 'robot mode MOVE, errors joint_reflex',
    });
  });
});

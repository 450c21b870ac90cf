import { describe, expect, it } from 'vitest';
import { EmittedSequence } from '../../../bench/gate/emitted-sequence.ts';
import { VirtualClock } from '../../../src/core/clock.ts';
import { listRobots, loadRobot } from '../../../src/robot/load-robot.ts';
import { loadKinematics } from '../../../src/runtime/load-kinematics.ts';
import { loadSpaceGuard } from '../../../src/runtime/load-space-guard.ts';
import { JogAgent } from '../../../src/teleop/jog/jog-agent.ts';
import { NO_AXES } from '../../../src/teleop/jog/jog-input.ts';
import type { Kinematics, Vector3 } from '../../../src/teleop/kinematics.ts';
import { runGated } from '../gated-run.ts';
import { ScriptedDevice } from '../scripted-device.ts';

/** From home, m: forward and down, to a side and up, to the other side and back. */
const OFFSETS: readonly Vector3[] = [
  [0.03, 0, -0.03],
  [0, 0.05, 0.03],
  [-0.02, -0.05, 0],
];
const TICKS_EACH = 60;
/** A push is full from this distance on, m. */
const FULL_PUSH_M = 0.01;

const robots = listRobots()
  .map((name) => loadRobot(name))
  .filter(({ drivers }) => drivers.serial?.role !== 'leader');

describe.each(robots.map((robot) => [robot.name, robot] as const))('jogging %s', (_, robot) => {
  it('reaches targets around home through the gate and its collision twin, within all limits', async () => {
    const kinematics = (await loadKinematics(robot)) as Kinematics;
    const space = await loadSpaceGuard(robot);
    const clock = new VirtualClock();
    clock.advanceNs(5e9);
    const device = new ScriptedDevice();
    const agent = new JogAgent({ robot, kinematics, device, clock, mode: 'base', speed: 'medium' });
    const { positionM: home } = kinematics.look(Float64Array.from(robot.homeRad));
    let commandRad = Float64Array.from(robot.homeRad);
    const missed: number[] = [];
    const { steps } = await runGated({
      robot,
      clock,
      agent: {
        name: agent.name,
        reset: () => agent.reset(),
        act: (observation) => {
          commandRad = observation.commandRad as Float64Array<ArrayBuffer>;
          const tick = observation.tick;
          const offset = OFFSETS[Math.min(OFFSETS.length - 1, Math.floor(tick / TICKS_EACH))] as Vector3;
          const { positionM } = kinematics.look(commandRad);
          const gap = [0, 1, 2].map((axis) => (home[axis] ?? 0) + (offset[axis] ?? 0) - (positionM[axis] ?? 0));
          if (tick % TICKS_EACH === TICKS_EACH - 1) missed.push(Math.hypot(...gap));
          const [x = 0, y = 0, z = 0] = gap.map((value) => Math.max(-1, Math.min(1, value / FULL_PUSH_M)));
          // One that is held all along begins nothing.
          device.reading = { axes: { ...NO_AXES, x, y, z }, isDeadManHeld: tick > 0 };
          return agent.act(observation);
        },
        close: () => agent.close(),
      },
      timeLimitS: (OFFSETS.length * TICKS_EACH) / robot.rates.controlHz,
      space,
    });
    const [first] = steps;
    const startNs = (first?.timeNs ?? 0) - 1e9 / robot.rates.gateHz;
    const emitted = new EmittedSequence(robot, Float64Array.from(robot.homeRad), startNs);
    for (const { sent, timeNs } of steps) emitted.add(sent.positionsRad, timeNs);
    for (const [limit, ratio] of Object.entries(emitted.worst)) expect(ratio, limit).toBeLessThanOrEqual(1 + 1e-9);
    expect(missed).toHaveLength(OFFSETS.length);
    for (const distance of missed) expect(distance).toBeLessThan(0.002);
    kinematics.dispose();
    space.dispose();
  });
});

import { describe, expect, it } from 'vitest';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { DemonstrationAgent } from '../../src/runtime/demonstration-agent.ts';
import { SimulatedTask } from '../../src/runtime/simulated-task.ts';
import { parseMessage, serverMessage } from '../../src/serve/messages.ts';
import type { FrameMessage } from '../../src/serve/messages.ts';
import { Telemetry } from '../../src/serve/telemetry.ts';
import { loadTask } from '../../src/sim/load-task.ts';
import { readGeometry, readThings } from '../../src/sim/scene-geometry.ts';

describe('Telemetry', () => {
  it('says at every tick of an episode how things stand, in messages the page understands', async () => {
    const robot = loadRobot('so101');
    const task = await SimulatedTask.load(robot, loadTask('lift'), { cameras: false });
    const { world } = task.simulation;
    const telemetry = new Telemetry({
      robot,
      strip: () => undefined,
      things: () => readThings(world),
      clearances: () => [],
    });
    expect(telemetry.frame()).toBeUndefined();
    telemetry.beginEpisode();
    const frames: FrameMessage[] = [];
    const watcher = {
      name: 'watcher',
      onStep: () => {
        const frame = telemetry.frame();
        if (frame !== undefined) frames.push(frame);
      },
    };
    const { instruction, result } = await task.run({
      seed: 1,
      mode: 'lockstep',
      agent: (expert) => new DemonstrationAgent({ expert }),
      listeners: [telemetry, watcher],
    });
    telemetry.endEpisode(result);
    expect(result.listenerFailures).toEqual([]);
    const last = telemetry.frame();
    const said = JSON.stringify(last);
    expect(parseMessage(serverMessage, said)).toEqual(JSON.parse(said));
    expect(last?.episode).toMatchObject({ number: 1, instruction, isRunning: false, outcome: 'success', succeeded: 1 });
    expect(last?.loop).toMatchObject({ wantedHz: 100, skippedTicks: 0, missedDecisions: 0 });
    expect(last?.loop.rateHz).toBeCloseTo(100, 6);
    expect(frames[50]?.episode.isRunning).toBe(true);
    expect(frames[50]?.gate.state).toBe('active');
    // What the gate did is told once, and stays to be read by pages that missed it.
    const numbers = last?.gate.events.map(({ number }) => number) ?? [];
    expect(numbers).toEqual(numbers.toSorted((first, second) => first - second));
    expect(new Set(numbers).size).toBe(numbers.length);
    // The cube that was lifted is somewhere else now.
    expect(last?.things).not.toEqual(frames[0]?.things);
    task.dispose();
  });

  it('describes a scene so that it can be drawn from joint positions alone', async () => {
    const robot = loadRobot('so101');
    const task = await SimulatedTask.load(robot, loadTask('lift'), { cameras: false });
    const { world } = task.simulation;
    const geometry = readGeometry(world);
    expect(parseMessage(serverMessage, JSON.stringify({ kind: 'scene', ...geometry }))).toMatchObject({
      kind: 'scene',
    });
    const moved = geometry.bodies.flatMap(({ joint }) => (joint === null ? [] : [joint.robotJoint]));
    expect(moved).toEqual(robot.joints.map((_, index) => index));
    const arm = geometry.bodies.filter(({ isArm }) => isArm);
    expect(arm.every(({ parent }) => parent === -1 || geometry.bodies[parent]?.isArm === true)).toBe(true);
    expect(readThings(world).map(([body = -1]) => geometry.bodies[body]?.name)).toEqual(['cube_1', 'cube_2', 'cube_3']);
    task.dispose();
  });
});

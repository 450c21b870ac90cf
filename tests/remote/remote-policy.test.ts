import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import { ActionChunk } from '../../src/remote/action-chunk.ts';
import { loadRemotePolicy, requireManifestFitsRobot } from '../../src/remote/load-remote-policy.ts';
import { decodeMessage } from '../../src/remote/messages.ts';
import type { MessageMap } from '../../src/remote/messages.ts';
import { NdArray } from '../../src/remote/ndarray.ts';
import { observationMessage } from '../../src/remote/observation-message.ts';
import type { RemoteManifest } from '../../src/remote/remote-manifest.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { makeArmState, makeCameraFrame, makeObservation, makeRobot } from '../../src/testing/index.ts';
import { openpiFrame } from './openpi-frames.ts';
import { chunkFrom, twoJointManifest } from './two-joint-policy.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../docs/remote-policies/${name}.json`, import.meta.url));

function seen(jointCount: number, positionsRad = Array.from({ length: jointCount }, (_, joint) => joint / 10)) {
  const cameras = ['front', 'wrist'].map((name) => {
    return [name, { value: makeCameraFrame(name), ageNs: 0, fresh: true }] as const;
  });
  return makeObservation(positionsRad, { cameras: new Map(cameras), instruction: 'lift the cube' });
}

/** Keys, types and axes: what a server looks at first. */
function formOf(message: MessageMap): unknown {
  return Object.fromEntries(
    Object.entries(message).map(([key, value]) => {
      if (value instanceof NdArray) return [key, `${value.dtype} ${value.shape.length}`];
      return [key, typeof value === 'object' ? formOf(value as MessageMap) : typeof value];
    }),
  );
}

describe('the examples of the guide', () => {
  it.each(['aloha', 'droid', 'libero'])('%s fits its robot', (name) => {
    const manifest = loadRemotePolicy(example(name));
    expect(() => requireManifestFitsRobot(manifest, loadRobot(manifest.robot))).not.toThrow();
  });

  it.each(['aloha', 'droid'] as const)('%s asks in the form of openpi', (name) => {
    const manifest = loadRemotePolicy(example(name));
    const frame = decodeMessage(openpiFrame(`observation-${name}`));
    expect(formOf(observationMessage(manifest, seen(manifest.joints.length), 0))).toEqual(formOf(frame));
  });

  it('droid counts its gripper from open, and moves by velocities', () => {
    const manifest = loadRemotePolicy(example('droid'));
    const observation = seen(8, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.2]);
    const message = observationMessage(manifest, observation, 0);
    expect((message['observation/gripper_position'] as NdArray).floats()[0]).toBeCloseTo(0.75, 12);
    const rows = Array.from({ length: 15 }, () => [1, -1, 0, 0, 0, 0, 0, 0.25]).flat();
    const chunk = ActionChunk.read(manifest, { actions: NdArray.float64(rows, [15, 8]) }, observation);
    const target = chunk.targetRad(3, observation.commandRad);
    [0.3, 0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.6].forEach((rad, joint) => expect(target[joint]).toBeCloseTo(rad, 12));
  });
});

describe('a manifest', () => {
  const load = async (change: (manifest: RemoteManifest) => object, server?: string): Promise<RemoteManifest> => {
    const directory = temporaryFolder();
    const manifest = change(twoJointManifest('ws://here:8000'));
    await writeFile(join(directory, 'policy.json'), JSON.stringify(manifest));
    return loadRemotePolicy(directory, server);
  };

  it('is refused where its entries contradict each other, with the entries', async () => {
    const wrong: readonly [change: (manifest: RemoteManifest) => object, message: RegExp][] = [
      [(manifest) => ({ ...manifest, actions: { ...manifest.actions, execute: 9 } }), /execute is 9.*4 steps/],
      [(manifest) => ({ ...manifest, actions: { ...manifest.actions, askAhead: 4 } }), /askAhead is 4/],
      [(manifest) => ({ ...manifest, actions: { ...manifest.actions, columns: [null] } }), /"shoulder" 0 times/],
      [(manifest) => ({ ...manifest, observation: { ...manifest.observation, seed: 'prompt' } }), /"prompt"/],
      [(manifest) => ({ ...manifest, observation: { ...manifest.observation, seed: ['prompt', 'x'] } }), /two values/],
      [(manifest) => ({ ...manifest, joints: ['shoulder'] }), /no joint is named gripper/],
      [(manifest) => ({ ...manifest, server: { url: 'http://here' } }), /server\.url/],
    ];
    for (const [change, message] of wrong) await expect(load(change)).rejects.toThrow(message);
  });

  it('takes another address for its server, with or without the scheme', async () => {
    expect((await load((manifest) => manifest, 'gpu:9000')).server.url).toBe('ws://gpu:9000');
    expect((await load((manifest) => manifest, 'wss://gpu')).server.url).toBe('wss://gpu');
    await expect(load((manifest) => manifest, 'no such server')).rejects.toThrow(/E_INVALID_FILE.*host:port/);
  });

  it('is of one robot, and has no graphs to load', () => {
    const manifest = twoJointManifest('ws://here:8000');
    expect(() => requireManifestFitsRobot(manifest, makeRobot({ cameras: [] }))).toThrow(/camera "front"/);
    expect(() => requireManifestFitsRobot(manifest, loadRobot('so101'))).toThrow(/joints are \[shoulder, gripper\]/);
    expect(() => loadPolicy(example('droid'))).toThrow(/E_INVALID_FILE.*on a server/);
  });
});

describe('an action chunk', () => {
  const observation = makeObservation([0.25, 0.5], { commandRad: Float64Array.of(0.3, 0.6) });
  const read = (manifest: RemoteManifest, actions: NdArray): ActionChunk =>
    ActionChunk.read(manifest, { actions }, observation);
  const columns = (unit: 'rad' | 'deg', meaning: 'absolute' | 'from-state' | 'per-step') =>
    ['gripper', 'shoulder'].map((joint) => ({ joint, unit, meaning }));

  it('is read in the order and the unit of the server, and counted from where it says', () => {
    const rows = NdArray.float64([90, 180, 9, 18], [2, 2]);
    const targets = (['absolute', 'from-state', 'per-step'] as const).map((meaning) => {
      const manifest = twoJointManifest('ws://x', { steps: 2, execute: 2, columns: columns('deg', meaning) });
      return [...read(manifest, rows).targetRad(1, observation.commandRad)];
    });
    const [shoulder, gripper] = [Math.PI / 10, Math.PI / 20];
    [
      [shoulder, gripper],
      [0.25 + shoulder, 0.5 + gripper],
      [0.3 + shoulder, 0.6 + gripper],
    ].forEach((wanted, index) => wanted.forEach((rad, joint) => expect(targets[index]?.[joint]).toBeCloseTo(rad, 12)));
  });

  it('is refused in another shape or type, with numbers that are none, or where it is missing', () => {
    const manifest = twoJointManifest('ws://x', { steps: 2, execute: 2 });
    expect(() => read(manifest, NdArray.float64([1, 2], [1, 2]))).toThrow(/shape \(1, 2\).*shape \(2, 2\)/);
    expect(() => read(manifest, NdArray.float64([1, 2, 3, 4]))).toThrow(/shape \(4\)/);
    expect(() => read(manifest, NdArray.float32([1, 2, NaN, 4], [2, 2]))).toThrow(/NaN in row 1, column 0/);
    expect(() => read(manifest, NdArray.float32([1, 2, 3, Infinity], [2, 2]))).toThrow(/Infinity in row 1, column 1/);
    expect(() => read(manifest, new NdArray('|i1', [2, 2], new Uint8Array(4)))).toThrow(/\|i1/);
    expect(() => ActionChunk.read(manifest, { action: 1 }, observation)).toThrow(/holds action.*"actions"/);
  });

  it('may have columns that move nothing, whatever stands in them', () => {
    const manifest = twoJointManifest('ws://x', {
      steps: 1,
      execute: 1,
      columns: [null, ...columns('rad', 'absolute')],
    });
    const chunk = read(manifest, NdArray.float64([NaN, 0.5, 0.25], [1, 3]));
    expect([...chunk.targetRad(0, observation.commandRad)]).toEqual([0.25, 0.5]);
  });

  it('is told by velocities, efforts and the last command too', () => {
    const base = twoJointManifest('ws://x');
    const states = (['velocity', 'effort', 'command'] as const).map((quantity) => ({
      key: quantity,
      quantity,
      dtype: 'float64' as const,
      joints: [{ joint: 'gripper', unit: 'deg' as const }],
    }));
    const manifest = { ...base, observation: { ...base.observation, states } };
    const value = {
      ...makeArmState([0, 0]),
      velocitiesRadPerS: Float64Array.of(0, 1),
      effortsNm: Float64Array.of(0, 2),
    };
    const message = observationMessage(manifest, { ...observation, arm: { value, ageNs: 0, fresh: true } }, 7);
    expect((message['velocity'] as NdArray).floats()[0]).toBeCloseTo(180 / Math.PI, 12);
    expect((message['effort'] as NdArray).floats()[0]).toBe(2);
    expect((message['command'] as NdArray).floats()[0]).toBeCloseTo((0.6 * 180) / Math.PI, 12);
    expect(message['seed']).toBe(7);
  });

  it('comes from bytes', () => {
    const chunk = ActionChunk.read(twoJointManifest('ws://x'), decodeMessage(chunkFrom(0.5)), observation);
    expect([...chunk.targetRad(0, observation.commandRad)]).toEqual([0.5, 0.5]);
  });
});

import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { heldRates } from '../../src/cli/doctor-checks.ts';
import { checkCameras, checkRosBridge, checkSerialPorts } from '../../src/cli/doctor-devices.ts';
import { tryProvider } from '../../src/policy/try-provider.ts';

describe('doctor', () => {
  it('counts a loop rate as held when 99.9 % of its ticks come within a fifth of the period', () => {
    expect(heldRates({ p999Ns: 0.1e6 })).toEqual([20, 50, 100, 125, 200, 250, 500, 1000]);
    expect(heldRates({ p999Ns: 1.9e6 })).toEqual([20, 50, 100]);
    expect(heldRates({ p999Ns: 2e6 })).toEqual([20, 50]);
    expect(heldRates({ p999Ns: 1e9 })).toEqual([]);
  });

  it('proves a provider by running a graph on it, and says what stands against another', async () => {
    expect(await tryProvider('cpu')).toBeUndefined();
    expect(await tryProvider('cuda')).toEqual(expect.any(String));
  });

  it('lists ports and cameras, and wants none where there are none', () => {
    for (const check of [checkSerialPorts(), checkCameras()])
      expect(check).toMatchObject({
        verdict: expect.stringMatching(/good|warning/) as string,
        figures: { found: expect.any(Array) as string[] },
      });
  });

  it('finds out whether anything listens where a ROS bridge would', async () => {
    const server = createServer();
    const listens = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(9090, '127.0.0.1', () => resolve(true));
    });
    // Where the port is taken, something listens there as well.
    expect((await checkRosBridge()).finding).toBe('ws://localhost:9090 answers');
    if (!listens) return;
    await new Promise((resolve) => server.close(resolve));
    expect((await checkRosBridge()).finding).toMatch(/^none at/);
  });
});

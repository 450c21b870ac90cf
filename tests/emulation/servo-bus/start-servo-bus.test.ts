import { closeSync, constants, existsSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FEETECH_PROTOCOL } from '../../../src/drivers/serial/feetech-protocol.ts';
import { encodePing, encodeSyncWrite } from '../../../src/drivers/serial/instructions.ts';
import { PacketParser } from '../../../src/drivers/serial/packet-parser.ts';
import { startServoBus } from '../../../src/emulation/servo-bus/start-servo-bus.ts';
import type { EmulatedServoBus, ServoBusSpec } from '../../../src/emulation/servo-bus/start-servo-bus.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const robot = loadRobot('so101');
const link = join(temporaryFolder(), 'arm');
let open: EmulatedServoBus | undefined;

async function start(spec: Partial<ServoBusSpec> = {}): Promise<EmulatedServoBus> {
  open = await startServoBus({ robot, link, ...spec });
  return open;
}

afterEach(async () => {
  await open?.close();
  open = undefined;
});

/** Asks until `ask` has an answer: the machine may be busy. */
async function eventually<T>(ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nothing came');
}

/** The far end of the port, as any program opens it. */
class Client {
  readonly #descriptor: number;
  readonly #parser = new PacketParser(FEETECH_PROTOCOL, 'status');
  readonly #bytes = new Uint8Array(1024);

  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  }

  send(encode: (out: Uint8Array) => number): void {
    writeSync(this.#descriptor, this.#bytes, 0, encode(this.#bytes));
  }

  /** Id of the next status packet. Throws when the port has hung up. */
  receive(): number | undefined {
    const count = this.#read();
    this.#parser.push(this.#bytes, 0, count);
    return this.#parser.next() ? this.#parser.packet.id : undefined;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #read(): number {
    try {
      const count = readSync(this.#descriptor, this.#bytes);
      if (count === 0) throw new Error('the port has hung up');
      return count;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  }
}

const ping = (out: Uint8Array): number => encodePing(FEETECH_PROTOCOL, out, 1);

async function pinged(client: Client): Promise<number> {
  client.send(ping);
  return eventually(() => client.receive());
}

describe('an emulated arm on a serial port', () => {
  it('answers whoever opens the port, one after another', async () => {
    const bus = await start();
    for (let turn = 0; turn < 3; turn++) {
      const client = new Client(bus.path);
      expect(await pinged(client)).toBe(1);
      client.close();
    }
    expect((await bus.state()).counts.instructions).toBe(3);
  });

  it('moves in its scene as it is told, and says where it truly is', async () => {
    const bus = await start({ task: 'lift' });
    const client = new Client(bus.path);
    const torque = { address: 40, length: 1, ids: Uint8Array.of(1), data: Uint8Array.of(1) };
    client.send((out) => encodeSyncWrite(FEETECH_PROTOCOL, out, torque));
    // 2047 is the middle of the joint's range, 0 rad; one radian is 652 steps.
    const goal = { address: 42, length: 2, ids: Uint8Array.of(1), data: Uint8Array.of((2047 + 326) & 255, 2373 >> 8) };
    client.send((out) => encodeSyncWrite(FEETECH_PROTOCOL, out, goal));
    const state = await eventually(async () => {
      const now = await bus.state();
      return Math.abs((now.positionsRad[0] ?? 0) - 0.5) < 0.02 ? now : undefined;
    });
    expect(state.hasTorque).toEqual([true, false, false, false, false, false]);
    expect(state.worldState?.length).toBeGreaterThan(10);
    client.close();
  });

  it('hangs up when its cable is pulled, and is another device when it is plugged in', async () => {
    const bus = await start();
    const client = new Client(bus.path);
    await pinged(client);
    bus.control('fault cut');
    expect((await bus.state()).device).toBeUndefined();
    expect(existsSync(link)).toBe(false);
    await expect(eventually(() => client.receive())).rejects.toThrow(/EIO|hung up/);
    client.close();
    bus.control('plug');
    expect((await bus.state()).device).toBeDefined();
    const again = new Client(bus.path);
    expect(await pinged(again)).toBe(1);
    again.close();
  });

  it('is moved by hands, and stays where they let it go', async () => {
    const bus = await start();
    bus.control({ kind: 'move', positionsRad: [0.4, -1, 1, 0.5, 0.2, 1] });
    const arrived = await eventually(async () => {
      const { positionsRad } = await bus.state();
      return Math.abs((positionsRad[5] ?? 0) - 1) < 0.01 ? positionsRad : undefined;
    });
    bus.control('let-go');
    const after = (await bus.state()).positionsRad;
    after.forEach((position, joint) => expect(position).toBeCloseTo(arrived[joint] ?? Number.NaN, 1));
  });

  it('says that it has ended', async () => {
    const bus = await start();
    await bus.close();
    expect(existsSync(link)).toBe(false);
    await expect(bus.state()).rejects.toThrow(/E_NOT_CONNECTED: the emulated arm has ended/);
  });

  it('refuses what it cannot do, with the reason', async () => {
    const bus = await start();
    expect(() => bus.control('fault gremlins')).toThrow(/E_EMULATOR_COMMAND.*fault silent <id>/);
    expect(() => bus.control('fault silent three')).toThrow(/E_EMULATOR_COMMAND/);
    const { sim } = robot.drivers;
    const without = { ...robot, drivers: sim === undefined ? {} : { sim } };
    await expect(startServoBus({ robot: without })).rejects.toThrow(/E_NO_SERIAL/);
    const taken = `${link}.txt`;
    writeFileSync(taken, 'a file of somebody');
    await expect(startServoBus({ robot, link: taken })).rejects.toThrow(/E_PSEUDO_TERMINAL/);
    expect(existsSync(taken)).toBe(true);
  });
});

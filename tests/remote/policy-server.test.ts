import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { MonotonicClock } from '../../src/core/clock.ts';
import { decodeMessage, encodeMessage } from '../../src/remote/messages.ts';
import type { MessageMap } from '../../src/remote/messages.ts';
import { NdArray } from '../../src/remote/ndarray.ts';
import { PolicyConnection } from '../../src/remote/policy-connection.ts';
import { PolicyServer } from '../../src/remote/policy-server.ts';
import type { PolicyServerOptions } from '../../src/remote/policy-server.ts';
import { servedManifest } from '../../src/remote/served-manifest.ts';
import { ScriptedAgent, makeRobot } from '../../src/testing/index.ts';
import type { Script } from '../../src/testing/index.ts';

const robot = makeRobot();
const manifest = servedManifest(
  robot,
  { name: 'scripted', description: '', controlHz: 20, cameras: ['front'], quantities: ['command'] },
  { url: 'ws://127.0.0.1:1', timeoutMs: 1000, firstTimeoutMs: 1000 },
);
const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const open of closing.splice(0).toReversed()) await open.close();
});

/** A server whose agents do as the script says; gives the agents. */
async function serve(script: Script, options: Partial<PolicyServerOptions> = {}) {
  const agents: ScriptedAgent[] = [];
  const server = await PolicyServer.listen({
    manifest,
    openAgent: () => {
      const agent = new ScriptedAgent(script);
      agents.push(agent);
      return Promise.resolve(agent);
    },
    clock: new MonotonicClock(),
    ...options,
  });
  closing.push(server);
  return { server, agents };
}

async function connect({ url }: { readonly url: string }, apiKey?: string): Promise<PolicyConnection> {
  const connection = await PolicyConnection.open({ url, apiKey, timeoutMs: 5000 });
  closing.push(connection);
  return connection;
}

function asked(changes: Record<string, MessageMap[string] | undefined> = {}): MessageMap {
  const message = {
    'observation/image/front': new NdArray('|u1', [4, 4, 3], new Uint8Array(48).fill(9)),
    'observation/state': NdArray.float64([0.1, 0.2]),
    prompt: 'lift',
    ...changes,
  };
  return Object.fromEntries(Object.entries(message).filter((entry) => entry[1] !== undefined)) as MessageMap;
}

describe('PolicyServer', () => {
  it('tells what it serves, then a row of joint positions for each observation', async () => {
    const { server, agents } = await serve((_, call) => [0.5 + call, 0.25]);
    const connection = await connect(server);
    expect(connection.metadata).toMatchObject({ policy: 'scripted', joints: ['shoulder', 'gripper'], controlHz: 20 });
    const first = await connection.ask(asked({ seed: 9 }), 5000);
    const second = await connection.ask(asked(), 5000);
    expect(first['actions']).toMatchObject({ dtype: '<f8', shape: [1, 2] });
    expect([...(second['actions'] as NdArray).floats()]).toEqual([1.5, 0.25]);
    expect(second['server_timing']).toHaveProperty('prev_total_ms');
    const [agent] = agents;
    expect(agent?.seeds).toEqual([9]);
    expect(agent?.observations.map(({ tick, instruction }) => [tick, instruction])).toEqual([
      [0, 'lift'],
      [1, 'lift'],
    ]);
    // What a client does not say was sent is taken to be what it was answered.
    expect(agent?.observations.map(({ commandRad }) => [...commandRad])).toEqual([
      [0.1, 0.2],
      [0.5, 0.25],
    ]);
    expect(agent?.observations[0]?.cameras.get('front')?.value.rgb).toEqual(new Uint8Array(48).fill(9));
    expect(server.counts).toEqual({ connections: 1, answers: 2 });
  });

  it('has an agent for each connection, and no more connections than it is to have', async () => {
    const { server, agents } = await serve(() => [0, 0], { mostConnections: 2 });
    const [one, other] = [await connect(server), await connect(server)];
    await Promise.all([one.ask(asked(), 5000), other.ask(asked(), 5000)]);
    expect(agents).toHaveLength(2);
    await expect(connect(server)).rejects.toThrow(/E_POLICY_SERVER_THREW.*2 connections/);
    one.close();
    let free: PolicyConnection | undefined;
    for (let attempt = 0; attempt < 500 && free === undefined; attempt += 1) {
      free = await connect(server).catch(() => undefined);
    }
    expect(free?.isOpen).toBe(true);
  });

  it('says what is wrong with an observation, and ends the connection', async () => {
    const wrong: readonly [changes: Parameters<typeof asked>[0], message: RegExp][] = [
      [{ prompt: undefined }, /"prompt" is no text/],
      [{ 'observation/state': undefined }, /"observation\/state" is missing/],
      [{ 'observation/state': NdArray.float64([0]) }, /shape \(1\).*2 numbers/],
      [{ 'observation/state': NdArray.float64([0, NaN]) }, /finite/],
      [{ 'observation/image/front': new NdArray('|u1', [3, 4, 4], new Uint8Array(48)) }, /\(3, 4, 4\).*\(4, 4, 3\)/],
      [{ seed: -1 }, /no seed/],
    ];
    const { server, agents } = await serve(() => [0, 0], { mostConnections: 20 });
    for (const [changes, message] of wrong) {
      const connection = await connect(server);
      await expect(connection.ask(asked(changes), 5000)).rejects.toThrow(message);
    }
    expect(agents.flatMap(({ observations }) => observations)).toEqual([]);
  });

  it('tells an error of its agent, and goes on for others', async () => {
    const { server } = await serve((_, call) => {
      if (call === 0) return [0, 0];
      throw new Error('the policy is at its end');
    });
    const connection = await connect(server);
    await connection.ask(asked(), 5000);
    await expect(connection.ask(asked(), 5000)).rejects.toThrow(/E_POLICY_SERVER_THREW.*at its end/);
    await (await connect(server)).ask(asked(), 5000);
  });

  it('answers one observation after the other', async () => {
    const { server } = await serve(() => new Promise(() => undefined));
    const socket = new WebSocket(server.url);
    closing.push({ close: () => socket.terminate() });
    const texts: string[] = [];
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) return void texts.push(data.toString());
      expect(decodeMessage(data)).toHaveProperty('policy');
      for (let count = 0; count < 2; count += 1) socket.send(encodeMessage(asked()));
    });
    await new Promise((resolve) => socket.on('close', resolve));
    expect(texts).toEqual([expect.stringContaining('E_POLICY_BUSY')]);
  });

  it('answers who asks for its health, and lets in no browser and nobody without the key', async () => {
    const { server } = await serve(() => [0, 0], { apiKey: 'secret' });
    const health = await fetch(`${server.url.replace('ws', 'http')}/healthz`);
    expect([health.status, await health.text()]).toEqual([200, 'OK\n']);
    expect((await fetch(server.url.replace('ws', 'http'))).status).toBe(426);
    await connect(server, 'secret');
    for (const key of [undefined, 'secres', 'other']) await expect(connect(server, key)).rejects.toThrow(/401/);
    const page = new WebSocket(server.url, { origin: 'http://page', headers: { Authorization: 'Api-Key secret' } });
    expect(await new Promise((resolve) => page.on('error', (error) => resolve(error.message)))).toMatch(/401/);
  });

  it('names an address by which others reach it where it listens on all', async () => {
    const { server } = await serve(() => [0, 0], { host: '0.0.0.0' });
    expect(server.url).toMatch(/^ws:\/\/(?!0\.0\.0\.0)[\d.]+:\d+$/);
    await connect(server);
  });

  it('says so when its port is taken', async () => {
    const { server } = await serve(() => [0, 0]);
    const port = Number(new URL(server.url).port);
    await expect(serve(() => [0, 0], { port })).rejects.toThrow(/E_PORT_TAKEN/);
  });
});

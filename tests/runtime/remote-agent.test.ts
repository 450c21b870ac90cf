import { afterEach, describe, expect, it } from 'vitest';
import { NS_PER_MS, VirtualClock } from '../../src/core/clock.ts';
import type { Observation } from '../../src/core/observation.ts';
import { encodeMessage } from '../../src/remote/messages.ts';
import { NdArray } from '../../src/remote/ndarray.ts';
import type { RemoteManifest } from '../../src/remote/remote-manifest.ts';
import { RemoteAgent } from '../../src/runtime/remote-agent.ts';
import { makeArmState, makeObservation, makeRobot } from '../../src/testing/index.ts';
import { scriptedServer } from '../remote/scripted-server.ts';
import type { Reply, ScriptedServer } from '../remote/scripted-server.ts';
import { chunkFrom, twoJointManifest } from '../remote/two-joint-policy.ts';

const robot = makeRobot();
const TICK_NS = 50 * NS_PER_MS;
const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const open of closing.splice(0).toReversed()) await open.close();
});

/** What is sent, and when: an answer waits until it is let go. */
class HeldServer {
  readonly #waiting: (() => void)[] = [];
  #server: ScriptedServer | undefined;

  static async open(answer: (call: number) => Uint8Array | string, port?: number): Promise<HeldServer> {
    const held = new HeldServer();
    let calls = 0;
    const reply: Reply = (_, socket) => {
      const body = answer(calls);
      calls += 1;
      held.#waiting.push(() => socket.send(body));
      return undefined;
    };
    held.#server = await scriptedServer(reply, port === undefined ? {} : { port });
    closing.push(held.server);
    return held;
  }

  get server(): ScriptedServer {
    return this.#server as ScriptedServer;
  }

  async asked(count: number): Promise<void> {
    await until(() => this.server.asked.length >= count);
  }

  release(): void {
    for (const send of this.#waiting.splice(0)) send();
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 2000 && !condition(); attempt += 1) await new Promise((done) => setTimeout(done, 5));
  expect(condition()).toBe(true);
}

function seen(tick: number, changes: Partial<Observation> = {}): Observation {
  const timeNs = tick * TICK_NS;
  return makeObservation([0, 0.5], { tick, timeNs, ...changes });
}

async function open(manifest: RemoteManifest, clock?: VirtualClock): Promise<RemoteAgent> {
  const agent = await RemoteAgent.open(robot, manifest, { clock });
  closing.push(agent);
  await agent.reset(3);
  return agent;
}

/** Where the agent wants the shoulder at a tick, rad. */
async function shoulderAt(agent: RemoteAgent, tick: number): Promise<number | undefined> {
  const { target } = await agent.act(seen(tick));
  return target === undefined ? undefined : Math.round((target.positionsRad[0] ?? NaN) * 1e6) / 1e6;
}

/** Acts at one tick again and again until there is a target. */
async function shoulderOnceThere(agent: RemoteAgent, tick: number): Promise<number> {
  let position: number | undefined;
  for (let attempt = 0; attempt < 2000 && position === undefined; attempt += 1) {
    position = await shoulderAt(agent, tick);
    if (position === undefined) await new Promise((done) => setTimeout(done, 5));
  }
  return position ?? NaN;
}

describe('a remote policy in lockstep', () => {
  it('waits for each chunk, carries out its ticks, and asks again', async () => {
    let calls = 0;
    const server = await scriptedServer(() => chunkFrom((calls += 1) / 10));
    closing.push(server);
    const agent = await open(twoJointManifest(server.url, { execute: 3 }));
    const positions = [];
    for (let tick = 0; tick < 7; tick += 1) positions.push(await shoulderAt(agent, tick));
    expect(positions).toEqual([0.1, 0.101, 0.102, 0.2, 0.201, 0.202, 0.3]);
    expect(server.asked.map(({ seed, prompt }) => [seed, prompt])).toEqual(Array(3).fill([3, 'reach the red cube']));
  });

  it('begins each episode on a connection of its own', async () => {
    const server = await scriptedServer(() => chunkFrom(0.1));
    closing.push(server);
    const agent = await open(twoJointManifest(server.url));
    await agent.act(seen(0));
    await agent.reset(4);
    await agent.act(seen(0));
    expect(server.connections).toHaveLength(2);
    expect(server.asked.map(({ seed }) => seed)).toEqual([3, 4]);
  });

  it('throws what the server throws, and what it answers that cannot be used', async () => {
    const bad = NdArray.float32([NaN, 0, 0, 0, 0, 0, 0, 0], [4, 2]);
    const wrong: readonly [answer: Uint8Array | string, code: string][] = [
      ['ValueError: no', 'E_POLICY_SERVER_THREW'],
      [encodeMessage({ actions: bad }), 'E_POLICY_MESSAGE'],
      [chunkFrom(0, 3), 'E_POLICY_MESSAGE'],
    ];
    for (const [answer, code] of wrong) {
      const server = await scriptedServer(() => answer);
      closing.push(server);
      const agent = await open(twoJointManifest(server.url));
      await expect(agent.act(seen(0))).rejects.toMatchObject({ code });
    }
  });

  it('has no target while arm or camera are stale, and forgets the chunk it had', async () => {
    const server = await scriptedServer(() => chunkFrom(0.1));
    closing.push(server);
    const agent = await open(twoJointManifest(server.url));
    await agent.act(seen(0));
    const stale = { arm: { value: makeArmState([0, 0.5]), ageNs: 1e9, fresh: false } };
    expect((await agent.act(seen(1, stale))).target).toBeUndefined();
    await agent.act(seen(2));
    expect(server.asked).toHaveLength(2);
  });

  it('does not begin without a server, or without the key it wants', async () => {
    const server = await scriptedServer(() => undefined);
    await server.close();
    await expect(RemoteAgent.open(robot, twoJointManifest(server.url))).rejects.toMatchObject({
      code: 'E_POLICY_SERVER',
    });
    const keyed = twoJointManifest(server.url, {}, { apiKeyVariable: 'FAR_KEY' });
    expect(() => new RemoteAgent(robot, keyed, { environment: {} })).toThrow(/E_POLICY_KEY.*FAR_KEY/);
  });
});

describe('a remote policy in real time', () => {
  it('never waits, and skips the ticks that have passed when the answer comes', async () => {
    const held = await HeldServer.open(() => chunkFrom(0.1));
    const agent = await open(twoJointManifest(held.server.url), new VirtualClock());
    expect(await shoulderAt(agent, 0)).toBeUndefined();
    await held.asked(1);
    expect(await shoulderAt(agent, 1)).toBeUndefined();
    held.release();
    // The chunk is for the ticks 0 to 3.
    expect(await shoulderOnceThere(agent, 2)).toBe(0.102);
    expect(await shoulderAt(agent, 3)).toBe(0.103);
    expect(held.server.asked).toHaveLength(1);
  });

  it('drops a chunk that came after its last tick, and asks with what it sees then', async () => {
    const held = await HeldServer.open((call) => chunkFrom((call + 1) / 10));
    const agent = await open(twoJointManifest(held.server.url), new VirtualClock());
    await agent.act(seen(0));
    await held.asked(1);
    held.release();
    await until(() => held.server.asked.length === 1);
    let tick = 4;
    while (held.server.asked.length < 2) {
      expect(await shoulderAt(agent, tick)).toBeUndefined();
      await new Promise((done) => setTimeout(done, 5));
    }
    held.release();
    expect(await shoulderOnceThere(agent, (tick += 1))).toBe(0.201);
  });

  it('asks ahead, and goes on with the chunk it has until the next is there', async () => {
    const held = await HeldServer.open((call) => chunkFrom((call + 1) / 10, 6));
    const manifest = twoJointManifest(held.server.url, { steps: 6, execute: 3, askAhead: 1 });
    const agent = await open(manifest, new VirtualClock());
    await agent.act(seen(0));
    await held.asked(1);
    held.release();
    expect(await shoulderOnceThere(agent, 0)).toBe(0.1);
    expect(await shoulderAt(agent, 1)).toBe(0.101);
    expect(held.server.asked).toHaveLength(1);
    expect(await shoulderAt(agent, 2)).toBe(0.102);
    await held.asked(2);
    expect(await shoulderAt(agent, 3)).toBe(0.103);
    held.release();
    // The second chunk began at tick 2.
    let position = await shoulderAt(agent, 4);
    for (let attempt = 0; attempt < 2000 && position === 0.104; attempt += 1) {
      await new Promise((done) => setTimeout(done, 5));
      position = await shoulderAt(agent, 4);
    }
    expect(position).toBe(0.202);
  });

  it('has no target when chunk and answer run out, and gives the reason after the time an arm may go on', async () => {
    const held = await HeldServer.open(() => chunkFrom(0.1));
    const clock = new VirtualClock();
    const agent = await open(twoJointManifest(held.server.url), clock);
    await agent.act(seen(0));
    await held.asked(1);
    held.release();
    await shoulderOnceThere(agent, 0);
    await held.server.close();
    const { resumeMs } = robot.timeouts;
    const last = 4 + Math.floor(resumeMs / 50);
    let error: unknown;
    let tick = 4;
    for (; tick < 2 * last && error === undefined; tick += 1) {
      try {
        expect(await shoulderAt(agent, tick)).toBeUndefined();
        await new Promise((done) => setTimeout(done, 5));
      } catch (caught) {
        error = caught;
      }
    }
    expect(error).toMatchObject({ code: 'E_POLICY_SERVER' });
    expect(tick - 1).toBe(last);
  });

  it('goes on by a new connection when the server is there again, with what is seen then', async () => {
    const held = await HeldServer.open(() => chunkFrom(0.1));
    const clock = new VirtualClock();
    const agent = await open(twoJointManifest(held.server.url), clock);
    await agent.act(seen(0));
    await held.asked(1);
    await held.server.close();
    const again = await HeldServer.open(() => chunkFrom(0.4), held.server.port);
    // It waits a while before it tries again; at one tick all the time its patience does not end.
    for (let attempt = 0; attempt < 2000 && again.server.asked.length === 0; attempt += 1) {
      await agent.act(seen(20));
      await new Promise((done) => setTimeout(done, 5));
    }
    again.release();
    expect(await shoulderOnceThere(agent, 20)).toBe(0.4);
    expect(again.server.asked).toHaveLength(1);
  });

  it('ends the episode at once at an answer that cannot be used', async () => {
    const held = await HeldServer.open(() => 'KeyError: state');
    const agent = await open(twoJointManifest(held.server.url), new VirtualClock());
    await agent.act(seen(0));
    await held.asked(1);
    held.release();
    const thrown = async (): Promise<unknown> => {
      for (let attempt = 0; attempt < 2000; attempt += 1) {
        try {
          await agent.act(seen(1));
        } catch (error) {
          return error;
        }
        await new Promise((done) => setTimeout(done, 5));
      }
      return undefined;
    };
    expect(await thrown()).toMatchObject({ code: 'E_POLICY_SERVER_THREW' });
    // The next episode is another one.
    await agent.reset(1);
    expect((await agent.act(seen(0))).target).toBeUndefined();
  });
});

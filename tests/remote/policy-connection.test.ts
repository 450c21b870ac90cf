import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeMessage } from '../../src/remote/messages.ts';
import { PolicyConnection } from '../../src/remote/policy-connection.ts';
import type { PolicyServerOptions } from '../../src/remote/policy-connection.ts';
import { openpiFrame } from './openpi-frames.ts';
import { scriptedServer } from './scripted-server.ts';
import type { Reply, ScriptedServer } from './scripted-server.ts';

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const open of closing.splice(0).toReversed()) await open.close();
});

async function serve(...parameters: Parameters<typeof scriptedServer>): Promise<ScriptedServer> {
  const server = await scriptedServer(...parameters);
  closing.push(server);
  return server;
}

async function connect({ url }: { readonly url: string }, options: Partial<PolicyServerOptions> = {}) {
  const connection = await PolicyConnection.open({ url, timeoutMs: 5000, ...options });
  closing.push(connection);
  return connection;
}

const nothing: Reply = () => undefined;
const chunk = openpiFrame('actions-float64');

describe('a connection to a policy server', () => {
  it('learns what the server is, then gets an answer to each observation', async () => {
    const server = await serve(() => chunk, { hello: openpiFrame('metadata') });
    const connection = await connect(server, { apiKey: 'secret' });
    expect(connection.metadata).toMatchObject({ policy: 'pi0', version: 3 });
    expect(server.connections[0]?.headers.authorization).toBe('Api-Key secret');
    for (const prompt of ['one', 'two']) {
      expect(Object.keys(await connection.ask({ prompt }, 5000))).toContain('actions');
    }
    expect(server.asked).toEqual([{ prompt: 'one' }, { prompt: 'two' }]);
  });

  it('says which server is not there, and what to do', async () => {
    const server = await scriptedServer(nothing);
    await server.close();
    await expect(connect(server)).rejects.toThrow(/E_POLICY_SERVER: .*127\.0\.0\.1.*ECONNREFUSED.*--server/);
  });

  it('does not wait for a server that says nothing, before or after it has said what it is', async () => {
    const mute = await serve(nothing, { hello: null });
    await expect(connect(mute, { timeoutMs: 100 })).rejects.toThrow(/E_POLICY_SERVER: .*no answer within 100 ms/);
    const silent = await connect(await serve(nothing));
    await expect(silent.ask({}, 100)).rejects.toThrow(/no answer within 100 ms/);
    expect(silent.isOpen).toBe(false);
    await expect(silent.ask({}, 5000)).rejects.toThrow(/no answer within 100 ms/);
  });

  it('does not wait for what is no web server at all', async () => {
    const plain = createServer(() => undefined);
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    closing.push(plain);
    const url = `ws://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    await expect(connect({ url }, { timeoutMs: 200 })).rejects.toThrow(/E_POLICY_SERVER/);
  });

  it('tells the last line of what a server threw', async () => {
    const traceback = 'Traceback (most recent call last):\n  File "x.py", line 1\nKeyError: \'observation/state\'\n';
    const connection = await connect(await serve(() => traceback));
    await expect(connection.ask({}, 5000)).rejects.toThrow(
      /E_POLICY_SERVER_THREW: .*Found KeyError: 'observation\/state'/,
    );
    expect(connection.isOpen).toBe(false);
    const refusing = await serve(nothing, { hello: 'out of memory' });
    await expect(connect(refusing)).rejects.toThrow(/E_POLICY_SERVER_THREW.*out of memory/);
  });

  const closes: Reply = (_, socket) => {
    socket.close(1011, 'bye');
    return undefined;
  };
  const cuts: Reply = (_, socket) => {
    socket.terminate();
    return undefined;
  };

  it('is over when the server closes it, cuts it, or sends what is no answer', async () => {
    const wrong: readonly [reply: Reply, message: RegExp][] = [
      [closes, /code 1011: bye/],
      [cuts, /code 1006/],
      [() => Uint8Array.of(0xc1), /E_POLICY_MESSAGE/],
      [() => chunk.subarray(0, 30), /E_POLICY_MESSAGE.*ends after 30 bytes/],
      // More than any answer holds: refused before it is read.
      [() => encodeMessage({ actions: new Uint8Array(17 * 2 ** 20) }), /E_POLICY_SERVER: .*payload size/i],
    ];
    for (const [reply, message] of wrong) {
      const connection = await connect(await serve(reply));
      await expect(connection.ask({}, 5000)).rejects.toThrow(message);
      expect(connection.isOpen).toBe(false);
    }
  });

  it('does not take an answer for one that it did not ask for', async () => {
    const twice: Reply = (_, socket) => {
      socket.send(chunk);
      return chunk;
    };
    const connection = await connect(await serve(twice));
    await connection.ask({}, 5000);
    await expect(connection.ask({}, 5000)).rejects.toThrow(/nobody asked for/);
  });
});

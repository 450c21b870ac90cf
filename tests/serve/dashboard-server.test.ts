import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ArmatureError } from '../../src/core/errors.ts';
import { DashboardServer } from '../../src/serve/dashboard-server.ts';
import type { NoticeMessage } from '../../src/serve/messages.ts';
import { MOST_UNANSWERED, POLICY_VIOLATION } from '../../src/serve/viewers.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const HELLO = { robot: 'r', driver: 'sim', agent: 'a', joints: [], cameras: [], hottestC: null, suggestions: [] };
/** Requests whose answers no connection holds. */
const FLOOD = 100_000;
const open: DashboardServer[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function openServer(
  frame: () => undefined = () => undefined,
): Promise<{ server: DashboardServer; asked: string[] }> {
  const pageDirectory = temporaryFolder();
  writeFileSync(join(pageDirectory, 'index.html'), 'the page');
  const asked: string[] = [];
  const server = await DashboardServer.open({
    pageDirectory,
    address: '127.0.0.1',
    port: 0,
    hello: HELLO,
    actions: {
      stop: () => void asked.push('stop'),
      slowDown: (share) => void asked.push(`slow ${share}`),
      speedUp: (share) => void asked.push(`fast ${share}`),
      instruct: (text) => void asked.push(text),
      begin: () => {
        throw new ArmatureError('E_DASHBOARD_EPISODE', 'an episode is going on', { remedy: 'Stop it first.' });
      },
    },
    frame,
    pictures: () => [],
  });
  open.push(server);
  return { server, asked };
}

/** The status of a request, with headers of the caller's choice. */
function statusOf(url: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

/** How opening a WebSocket ends: `open`, or the status it was refused with. */
function opening(url: string, origin: string | undefined): Promise<{ ended: string; socket: WebSocket }> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, origin === undefined ? {} : { origin });
    socket.on('open', () => resolve({ ended: 'open', socket }));
    socket.on('unexpected-response', (_, response) => resolve({ ended: String(response.statusCode), socket }));
    socket.on('error', () => undefined);
  });
}

function liveUrl(server: DashboardServer): string {
  return server.url.replace('http', 'ws').replace('/?', '/live?');
}

function answerTo(socket: WebSocket, message: unknown): Promise<NoticeMessage | number> {
  return new Promise((resolve) => {
    socket.removeAllListeners('message').removeAllListeners('close');
    socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()) as NoticeMessage));
    socket.once('close', (code) => resolve(code));
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  });
}

async function connected(server: DashboardServer): Promise<WebSocket> {
  const { ended, socket } = await opening(liveUrl(server), new URL(server.url).origin);
  expect(ended).toBe('open');
  return socket;
}

describe('DashboardServer', () => {
  it('goes on where what it shows fails, says so, and can still be told to stop', async () => {
    let isFailing = false;
    const { server, asked } = await openServer(() => {
      if (isFailing) throw new Error('no such joint');
      return undefined;
    });
    const socket = await connected(server);
    const said = new Promise<NoticeMessage>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as NoticeMessage;
        if (message.kind === 'notice') resolve(message);
      });
    });
    isFailing = true;
    expect(await said).toMatchObject({ level: 'refused', text: expect.stringContaining('no such joint') as string });
    expect(await answerTo(socket, { kind: 'stop' })).toMatchObject({ level: 'done' });
    expect(asked).toEqual(['stop']);
  });

  it('shows its page to who has the token, under its own name', async () => {
    const { server } = await openServer();
    const { origin, port } = new URL(server.url);
    expect(await statusOf(server.url)).toBe(200);
    expect(await statusOf(`${origin}/`)).toBe(403);
    expect(await statusOf(`${origin}/?token=wrong`)).toBe(403);
    expect(await statusOf(server.url, { host: `evil.example:${port}` })).toBe(403);
    expect(server.operatorUrl).toContain('#operator=');
    expect(server.url).not.toContain('operator');
  });

  it('refuses wrong tokens and foreign origins', async () => {
    const { server } = await openServer();
    const { origin } = new URL(server.url);
    expect((await opening(liveUrl(server).replace(/token=.*/, 'token=wrong'), origin)).ended).toBe('403');
    expect((await opening(liveUrl(server), 'http://evil.example')).ended).toBe('403');
    expect((await opening(liveUrl(server), undefined)).ended).toBe('403');
  });

  it('lets everybody stop and slow down, and the operator alone do more', async () => {
    const { server, asked } = await openServer();
    const socket = await connected(server);
    expect(await answerTo(socket, { kind: 'stop' })).toMatchObject({ level: 'done' });
    expect(await answerTo(socket, { kind: 'slow', share: 0.5 })).toMatchObject({ level: 'done' });
    expect(asked).toEqual(['stop', 'slow 0.5']);
    const { hash, searchParams } = new URL(server.operatorUrl);
    const wrong = ['', 'wrong', searchParams.get('token') ?? ''];
    for (const operator of wrong) {
      for (const request of [
        { kind: 'fast', share: 1 },
        { kind: 'instruct', text: 'lift' },
        { kind: 'begin', text: 'lift' },
      ]) {
        const answer = await answerTo(socket, { ...request, operator });
        expect(answer).toMatchObject({ level: 'refused', text: expect.stringContaining('E_OPERATOR_TOKEN') });
      }
    }
    expect(asked).toHaveLength(2);
    const operator = hash.replace('#operator=', '');
    expect(await answerTo(socket, { kind: 'fast', share: 1, operator })).toMatchObject({ level: 'done' });
    expect(await answerTo(socket, { kind: 'instruct', text: 'lift it', operator })).toMatchObject({ level: 'done' });
    expect(asked.slice(2)).toEqual(['fast 1', 'lift it']);
    const refused = await answerTo(socket, { kind: 'begin', text: 'lift', operator });
    expect(refused).toMatchObject({ level: 'refused', text: expect.stringContaining('E_DASHBOARD_EPISODE') });
  });

  it('ends a connection that says what is not of the table, and stays for others', async () => {
    const { server, asked } = await openServer();
    for (const message of ['no json', { kind: 'arm' }, { kind: 'stop', now: true }, '[]']) {
      expect(await answerTo(await connected(server), message)).toBe(1008);
    }
    expect(await answerTo(await connected(server), 'x'.repeat(100_000))).toBe(1009);
    expect(await answerTo(await connected(server), { kind: 'stop' })).toMatchObject({ level: 'done' });
    expect(asked).toEqual(['stop']);
  });

  it('queues no answers without bound for a page that asks and never reads, and does what it asked for', async () => {
    const { server, asked } = await openServer();
    const socket = await connected(server);
    const [other, operator] = [await connected(server), new URL(server.operatorUrl).hash.replace('#operator=', '')];
    const answers: NoticeMessage[] = [];
    socket.on('message', (data: Buffer) => void answers.push(JSON.parse(data.toString()) as NoticeMessage));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.pause();
    // More than what the system holds for a connection: these answers are as long as this request.
    const text = 'a'.repeat(200);
    for (let count = 0; count < FLOOD; count += 1) socket.send(JSON.stringify({ kind: 'instruct', text, operator }));
    socket.send(JSON.stringify({ kind: 'stop' }));
    await expect.poll(() => asked.at(-1), { timeout: 60_000 }).toBe('stop');
    expect(await answerTo(other, { kind: 'slow', share: 0.5 })).toMatchObject({ level: 'done' });
    socket.resume();
    expect(await closed).toBe(POLICY_VIOLATION);
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.length).toBeLessThan(FLOOD);
    expect(server.viewers.dropped).toBe(MOST_UNANSWERED + 1);
  }, 120_000);

  it('says what is missing where the page was not built', async () => {
    const pageDirectory = temporaryFolder();
    const { server } = await openServer();
    const options = { pageDirectory, address: '127.0.0.1', port: 0, hello: HELLO, frame: () => undefined };
    const actions = { stop: () => undefined, slowDown: () => undefined, speedUp: () => undefined };
    const rest = { actions: { ...actions, instruct: () => undefined, begin: () => undefined }, pictures: () => [] };
    await expect(DashboardServer.open({ ...options, ...rest })).rejects.toThrow(/E_NO_PAGE/);
    writeFileSync(join(pageDirectory, 'index.html'), 'the page');
    const taken = { ...options, ...rest, port: Number(new URL(server.url).port) };
    await expect(DashboardServer.open(taken)).rejects.toThrow(/E_DASHBOARD_PORT/);
  });
});

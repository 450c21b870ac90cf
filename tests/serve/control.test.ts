import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ControlReport, ControlRequest } from '../../src/serve/control-messages.ts';
import { DashboardServer } from '../../src/serve/dashboard-server.ts';
import { parseMessage, serverMessage } from '../../src/serve/messages.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const HELLO = { robot: 'r', driver: 'sim', agent: 'a', joints: [], cameras: [], hottestC: null, suggestions: [] };
const AXES = { x: 1, y: 0, z: 0, roll: 0, pitch: 0, yaw: 0, gripper: 0, joint: 0 };
const REPORT: ControlReport = {
  kind: 'control',
  beatMs: 0,
  holder: null,
  jog: null,
  session: null,
  isLatched: false,
  canReset: true,
};
const open: DashboardServer[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function openServer() {
  const pageDirectory = temporaryFolder();
  writeFileSync(join(pageDirectory, 'index.html'), 'the page');
  const asked: (readonly [ControlRequest['kind'] | 'left', number])[] = [];
  const nothing = (): void => undefined;
  const server = await DashboardServer.open({
    pageDirectory,
    address: '127.0.0.1',
    port: 0,
    hello: HELLO,
    actions: { stop: nothing, slowDown: nothing, speedUp: nothing, instruct: nothing, begin: nothing },
    frame: () => undefined,
    pictures: () => [],
    control: {
      carryOut: ({ kind }, page) => {
        asked.push([kind, page]);
        return kind === 'jog' ? '' : kind;
      },
      leave: (page) => void asked.push(['left', page]),
      report: () => REPORT,
    },
  });
  open.push(server);
  const operator = new URL(server.operatorUrl).hash.replace('#operator=', '');
  return { server, asked, operator };
}

/** A page that is open, and all it was told. */
async function openPage(server: DashboardServer) {
  const told: unknown[] = [];
  const url = server.url.replace('http', 'ws').replace('/?', '/live?');
  const socket = new WebSocket(url, { origin: new URL(server.url).origin });
  socket.on('message', (data: Buffer) => told.push(parseMessage(serverMessage, data.toString())));
  await new Promise((resolve) => socket.once('open', resolve));
  return { told, socket, say: (message: object): void => socket.send(JSON.stringify(message)) };
}

describe('control through the server', () => {
  it('numbers its pages, tells them how control stands, and the desk which of them is gone', async () => {
    const { server, asked } = await openServer();
    const first = await openPage(server);
    const second = await openPage(server);
    await expect.poll(() => second.told).toEqual(expect.arrayContaining([REPORT]));
    expect(first.told[0]).toMatchObject({ kind: 'hello', page: 1 });
    expect(second.told[0]).toMatchObject({ kind: 'hello', page: 2 });
    second.socket.terminate();
    await expect.poll(() => asked).toEqual([['left', 2]]);
  });

  it('hands on what the operator asks for, with the number of the page, and answers all but what is held', async () => {
    const { server, asked, operator } = await openServer();
    const page = await openPage(server);
    page.say({ kind: 'jog', axes: AXES, isDeadManHeld: true, seenMs: 5, operator });
    page.say({ kind: 'take-control', operator });
    page.say({ kind: 'session', action: 'begin', operator });
    await expect.poll(() => asked).toHaveLength(3);
    expect(asked).toEqual([
      ['jog', 1],
      ['take-control', 1],
      ['session', 1],
    ]);
    const answers = (): unknown[] => page.told.filter((message) => (message as { kind: string }).kind === 'notice');
    await expect.poll(answers).toMatchObject([{ text: 'take-control' }, { text: 'session' }]);
  });

  it('carries out nothing without the token of the operator', async () => {
    const { server, asked } = await openServer();
    const page = await openPage(server);
    const requests = [
      { kind: 'jog', axes: AXES, isDeadManHeld: true, seenMs: 5 },
      { kind: 'take-control' },
      { kind: 'leave-control' },
      { kind: 'set', action: { kind: 'faster' } },
      { kind: 'session', action: 'begin' },
      { kind: 'reset' },
    ];
    for (const request of requests) page.say({ ...request, operator: 'wrong' });
    const refused = (): unknown[] => page.told.filter((message) => (message as { level?: string }).level === 'refused');
    await expect.poll(refused).toHaveLength(requests.length);
    expect(asked).toEqual([]);
  });
});

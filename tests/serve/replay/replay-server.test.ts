import { mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Library } from '../../../src/serve/replay/library.ts';
import { ReplayServer } from '../../../src/serve/replay/replay-server.ts';
import { libraryMessage, refusalMessage, trackMessage } from '../../../src/serve/replay/replay-messages.ts';
import { sampleLibrary, UNKNOWN_ROBOTS } from './sample-library.ts';

const open: ReplayServer[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function openServer(): Promise<{ server: ReplayServer; url: (path: string) => string }> {
  const pageDirectory = mkdtempSync(join(tmpdir(), 'armature-page-'));
  writeFileSync(join(pageDirectory, 'replay.html'), 'the page');
  const library = new Library([sampleLibrary()]);
  const server = await ReplayServer.open({
    pageDirectory,
    address: '127.0.0.1',
    port: 0,
    library,
    robots: UNKNOWN_ROBOTS,
  });
  open.push(server);
  const { origin, search } = new URL(server.url);
  return { server, url: (path) => `${origin}/replay/${path}${search}` };
}

/** Sends a path as it is, which fetch would not. */
function rawStatus(url: string, path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  const { port, hostname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: `${path}${search}`, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

async function idOf(url: (path: string) => string, end: string): Promise<string> {
  const there = libraryMessage.parse(await (await fetch(url('library'))).json());
  const all = [...there.recordings, ...there.blackBoxes, ...there.evaluations];
  return all.find(({ path }) => path.endsWith(end))?.id ?? '';
}

describe('ReplayServer', () => {
  it('answers to who has the token, under its own name, and to its own page', async () => {
    const { server, url } = await openServer();
    const { origin, port } = new URL(server.url);
    expect(await (await fetch(server.url)).text()).toBe('the page');
    expect((await fetch(`${origin}/replay/library`)).status).toBe(403);
    expect((await fetch(`${origin}/replay/library?token=wrong`)).status).toBe(403);
    expect(await rawStatus(server.url, '/replay/library', { host: `evil.example:${port}` })).toBe(403);
    expect(await rawStatus(server.url, '/replay/library', { origin: 'http://evil.example' })).toBe(403);
    expect(await rawStatus(server.url, '/replay/library', { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await rawStatus(server.url, '/replay/library', { 'sec-fetch-site': 'same-origin', origin })).toBe(200);
    expect((await fetch(url('library'), { method: 'POST' })).status).toBe(404);
  });

  it('gives episodes, pictures, black boxes and films by the ids of its list', async () => {
    const { url } = await openServer();
    const recording = await idOf(url, 'data/pictures');
    const track = trackMessage.parse(await (await fetch(url(`recordings/${recording}/0`))).json());
    expect(track.title).toBe('data/pictures, episode 0');
    const picture = await fetch(url(`recordings/${recording}/0/0/1`));
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await picture.arrayBuffer()).toString('latin1', 1, 4)).toBe('PNG');
    const box = await fetch(url(`black-boxes/${await idOf(url, 'box.jsonl')}`));
    expect(trackMessage.parse(await box.json()).timesS).toHaveLength(6);
    const evaluation = await idOf(url, 'clips/evaluation.json');
    const film = await fetch(url(`evaluations/${evaluation}/0`), { headers: { range: 'bytes=4-7' } });
    expect([film.status, film.headers.get('content-type'), await film.text()]).toEqual([206, 'video/mp4', 'film']);
  });

  it('opens no path that a browser names', async () => {
    const { server, url } = await openServer();
    const recording = await idOf(url, 'data/pictures');
    const evaluation = await idOf(url, 'clips/evaluation.json');
    const paths = [
      '/replay/black-boxes/..%2F..%2Fetc%2Fpasswd',
      '/replay/black-boxes/../../../etc/passwd',
      '/../package.json',
      '/%2e%2e/package.json',
      `/replay/recordings/${recording}/..%2f..`,
      `/replay/recordings/${recording}/-1`,
      `/replay/recordings/${recording}/0/0/1e999`,
      `/replay/evaluations/${evaluation}/dropped%2flift-7.mp4`,
      `/replay/evaluations/${evaluation}/1`,
      `/replay/evaluations/${'0'.repeat(16)}`,
    ];
    for (const path of paths)
      expect([path, await rawStatus(server.url, path)]).toEqual([
        path,
        expect.toSatisfy((status) => status >= 400 && status < 500),
      ]);
  });

  it('refuses what is damaged with its reason, and goes on', async () => {
    const { url } = await openServer();
    for (const [kind, end, words] of [
      ['black-boxes', 'changed.jsonl', 'was changed'],
      ['black-boxes', 'cut.jsonl', 'line'],
      ['recordings', 'data/old', 'another format version'],
      ['recordings', 'data/crashed', ''],
    ] as const) {
      const answer = await fetch(url(`${kind}/${await idOf(url, end)}`));
      expect(answer.status).toBe(422);
      const { refused } = refusalMessage.parse(await answer.json());
      expect(refused.problem).toContain(words);
      expect(refused.remedy).not.toBe('');
    }
    expect((await fetch(url('library'))).status).toBe(200);
  });
});

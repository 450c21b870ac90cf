import { afterEach, beforeEach, expect, it } from 'vitest';
import { PictureServer } from '../../src/emulation/picture-server.ts';

let server: PictureServer;
beforeEach(async () => {
  server = await PictureServer.listen(['front', 'wrist']);
});
afterEach(() => server.close());

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

it('shows each picture to those who look through that camera', async () => {
  const [front, wrist] = await Promise.all([fetch(server.urlOf('front')), fetch(server.urlOf('wrist'))]);
  expect(front.headers.get('content-type')).toBe('multipart/x-mixed-replace;boundary=picture');
  await until(() => server.isWatched('front') && server.isWatched('wrist'));
  server.show('front', Uint8Array.of(0xff, 0xd8, 1, 2));
  const { value } = (await front.body?.getReader().read()) ?? {};
  const text = Buffer.from(value ?? []).toString('latin1');
  expect(text).toBe('--picture\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n\xff\xd8\x01\x02\r\n');
  await wrist.body?.cancel();
  await until(() => !server.isWatched('wrist'));
});

it('names its cameras to whoever asks for another one, and a port that is taken', async () => {
  const answer = await fetch(server.urlOf('side'));
  expect([answer.status, await answer.text()]).toEqual([404, 'cameras: /front.mjpg, /wrist.mjpg\n']);
  const port = Number(new URL(server.urlOf('front')).port);
  await expect(PictureServer.listen([], port)).rejects.toThrow(new RegExp(`E_PORT_TAKEN.*${port}`));
});

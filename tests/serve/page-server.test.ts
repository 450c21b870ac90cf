import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PageServer } from '../../src/serve/page-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('is found under the address it tells where it listens on all of them', async () => {
  const pageDirectory = temporaryFolder();
  writeFileSync(join(pageDirectory, 'index.html'), 'the page');
  const pages = await PageServer.open({
    pageDirectory,
    page: 'index.html',
    address: '0.0.0.0',
    port: 0,
    largestMessage: 1024,
    addRoutes: () => undefined,
  });
  try {
    const { hostname, host, origin } = new URL(pages.url);
    expect(hostname).not.toBe('0.0.0.0');
    expect(await (await fetch(pages.url)).text()).toBe('the page');
    expect(pages.isOwnOrigin({ host, origin })).toBe(true);
    expect((await fetch(pages.url.replace(hostname, '127.0.0.1'))).status).toBe(200);
  } finally {
    await pages.close();
  }
});

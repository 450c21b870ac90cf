import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the bundle of the page', () => {
  it('is below 1.5 MB compressed, and names no other host', async () => {
    const outDir = temporaryFolder();
    await build({ root: join(ROOT, 'web'), logLevel: 'silent', build: { outDir, emptyOutDir: true } });
    const files = readdirSync(outDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const contents = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
    const bytes = contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
    process.stderr.write(`bundle: ${(bytes / 1e3).toFixed(0)} kB compressed\n`);
    expect(bytes).toBeLessThan(1.5e6);
    const page = contents[files.findIndex(({ name }) => name === 'index.html')]?.toString() ?? '';
    expect(page).not.toMatch(/https?:/);
  });
});

import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fixture } from '../record/sample-dataset.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { armature } from './armature.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Serving {
  readonly said: { readonly url: string; readonly recordings: number; readonly blackBoxes: number };
  /** Interrupts it (Ctrl-C); its exit status. */
  readonly interrupt: () => Promise<number | null>;
}

async function startServe(...words: string[]): Promise<Serving> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'serve', '--json', ...words], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<number | null>((resolve) => void child.once('close', resolve));
  const text = await new Promise<string>((resolve, reject) => {
    let heard = '';
    child.stdout.on('data', (bytes: Buffer) => {
      heard += bytes.toString();
      if (heard.endsWith('\n')) resolve(heard);
    });
    child.once('error', reject);
    void closed.then((status) => reject(new Error(`it ended with ${status}: ${heard}`)));
  });
  return {
    said: JSON.parse(text) as Serving['said'],
    interrupt: () => {
      child.kill('SIGINT');
      return closed;
    },
  };
}

describe('armature serve', () => {
  it('says where its page is and what it found, shows it to who has the token, and ends with Ctrl-C', async () => {
    const folder = temporaryFolder();
    cpSync(fixture('ref_v3_image_dtype'), join(folder, 'data'), { recursive: true });
    const { said, interrupt } = await startServe(folder);
    expect(said).toMatchObject({ recordings: 1, blackBoxes: 0 });
    const { origin, search } = new URL(said.url);
    const status = async (address: string): Promise<number> => (await fetch(`${origin}${address}`)).status;
    expect(await status(`/replay/library${search}`)).toBe(200);
    expect(await status('/replay/library?token=wrong')).toBe(403);
    expect(await status('/replay/library')).toBe(403);
    expect(await interrupt()).toBe(0);
  });

  it('names a folder that is not there', async () => {
    const { status, stderr } = await armature('serve', 'no/such/folder');
    expect(status).not.toBe(0);
    expect(stderr).toContain('no/such/folder');
  });

  it('names a policy that is not there', async () => {
    const { status, stderr } = await armature('serve', temporaryFolder(), '--policy', 'no/such/policy');
    expect(status).not.toBe(0);
    expect(stderr).toContain('no/such/policy');
  });
});

import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture } from '../record/sample-dataset.ts';
import { armature } from './armature.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function folder(): string {
  const path = temporaryFolder();
  return path;
}

// Each start compiles the program, which takes many seconds on a computer with much else to do.
describe('armature dataset', { timeout: 240_000 }, () => {
  it('verify tells what is wrong, repairs what it can, and ends with 1 only where errors remain', async () => {
    const directory = join(folder(), 'desk');
    cpSync(fixture('ref_v3_by_lerobot_0.6.2'), directory, { recursive: true });
    rmSync(join(directory, 'meta/stats.json'));
    const damaged = await armature('dataset', 'verify', directory, '--json');
    expect(damaged.status).toBe(1);
    const report = JSON.parse(damaged.stdout) as { ok: boolean; problems: { file: string; severity: string }[] };
    expect(report).toMatchObject({
      ok: false,
      episodes: 3,
      frames: 36,
      problems: [{ file: 'meta/stats.json', severity: 'error' }],
    });
    const repaired = await armature('dataset', 'verify', directory, '--repair', '--quick');
    expect(repaired.stdout).toMatch(/repaired {2}meta\/stats\.json: computed anew\n0 errors, 0 warnings in 3 episodes/);
    expect(repaired.status).toBe(0);
  });

  it('info prints one object, and writes a page', async () => {
    const page = join(folder(), 'pages/desk.html');
    const { status, stdout } = await armature(
      'dataset',
      'info',
      fixture('ref_v3_image_dtype'),
      '--html',
      page,
      '--json',
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ episodes: 1, frames: 4, html: page });
    expect(readFileSync(page, 'utf8')).toContain('</html>');
  });

  it('merge, split and delete-episodes write new datasets', async () => {
    const [source, parent] = [fixture('ref_v3_by_lerobot_0.6.2'), folder()];
    const merged = await armature('dataset', 'merge', join(parent, 'all'), source, source, '--json');
    expect(JSON.parse(merged.stdout)).toEqual({
      datasets: [{ directory: join(parent, 'all'), episodes: 6, frames: 72, videosCopied: 6, videosEncoded: 0 }],
    });
    const words = ['--episodes', '0-2,5'];
    const split = await armature(
      'dataset',
      'split',
      join(parent, 'all'),
      join(parent, 'a'),
      join(parent, 'b'),
      ...words,
    );
    expect(split.stdout).toMatch(/a: 4 episodes, 51 frames, 4 videos copied\n.*b: 2 episodes, 21 frames/);
    const refused = await armature('dataset', 'delete-episodes', join(parent, 'a'), '--episodes', '0');
    expect(refused.stderr).toMatch(/E_OPTION.*either --out or --in-place/);
    const outside = await armature('dataset', 'delete-episodes', join(parent, 'a'), '--episodes', '9', '--in-place');
    expect([outside.status, existsSync(join(parent, 'a/meta/info.json'))]).toEqual([1, true]);
  });
});

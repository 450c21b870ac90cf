import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Library } from '../../../src/serve/replay/library.ts';
import { libraryMessage } from '../../../src/serve/replay/replay-messages.ts';
import type { LibraryMessage } from '../../../src/serve/replay/replay-messages.ts';
import { sampleLibrary } from './sample-library.ts';

function named<Entry extends { readonly path: string }>(entries: readonly Entry[], end: string): Entry {
  const found = entries.find(({ path }) => path.endsWith(end));
  if (found === undefined) throw new Error(`no ${end} among ${entries.map(({ path }) => path).join(', ')}`);
  return found;
}

async function scanned(): Promise<{ folder: string; library: Library; there: LibraryMessage }> {
  const folder = sampleLibrary();
  const library = new Library([folder]);
  const there = libraryMessage.parse(await library.scan());
  return { folder, library, there };
}

describe('Library', () => {
  it('finds what is there, and names what is damaged with what to do about it', async () => {
    const { there } = await scanned();
    expect(there.recordings.map(({ path }) => path.split('/').at(-1))).toEqual([
      'crashed',
      'old',
      'pictures',
      'videos',
    ]);
    expect(named(there.recordings, 'videos')).toMatchObject({ trouble: null, episodes: 3 });
    expect(named(there.recordings, 'old').trouble?.remedy).toContain('armature dataset convert');
    expect(named(there.recordings, 'crashed').trouble?.problem).toContain('rows of episodes are missing');
    expect(named(there.blackBoxes, 'box.jsonl')).toMatchObject({ cause: 'stale-target', trouble: null });
    expect(named(there.blackBoxes, 'newer.jsonl').trouble?.problem).toContain('another version');
    expect(named(there.blackBoxes, 'cut.jsonl').trouble?.problem).toContain('it was cut');
    expect(named(there.evaluations, 'runs/eval.json')).toMatchObject({
      meanSuccessRate: 0.75,
      clips: 0,
      trouble: null,
    });
    expect(named(there.evaluations, 'other-eval.json').trouble?.problem).toContain('tasks');
    expect(named(there.evaluations, 'clips/evaluation.json')).toMatchObject({ clips: 2, trouble: null });
    expect(named(there.evaluations, 'films')).toMatchObject({ title: 'Films', clips: 1 });
  });

  it('says of foreign files that they are none of these', async () => {
    const { there } = await scanned();
    expect(there.others.map(({ path }) => path.split('/').at(-1))).toEqual(['half.json', 'loss.jsonl', 'notes.json']);
    expect(named(there.others, 'half.json').problem).toContain('not valid JSON');
    expect(named(there.others, 'loss.jsonl').problem).toContain('no black box');
  });

  it('finds what was changed when it is opened, and shows it as damaged from then on', async () => {
    const { library, there } = await scanned();
    const { id, trouble } = named(there.blackBoxes, 'changed.jsonl');
    expect(trouble).toBeNull();
    await expect(library.blackBox(id)).rejects.toThrow(/line 4 was changed/);
    expect(named((await library.scan()).blackBoxes, 'changed.jsonl').trouble?.problem).toContain('line 4 was changed');
    await expect(library.blackBox(named(there.blackBoxes, 'box.jsonl').id)).resolves.toMatchObject({
      name: 'box.jsonl',
    });
  });

  it('knows nothing but what it has listed, and each thing only as what it is', async () => {
    const { library, there } = await scanned();
    const box = named(there.blackBoxes, 'box.jsonl').id;
    await expect(library.recording(box)).rejects.toThrow(/E_NOT_LISTED/);
    await expect(library.blackBox('0'.repeat(16))).rejects.toThrow(/E_NOT_LISTED/);
    await expect(library.blackBox('runs/box.jsonl')).rejects.toThrow(/E_NOT_LISTED/);
    await expect(new Library([]).recording(box)).rejects.toThrow(/E_NOT_LISTED/);
  });

  it('gives a film of the folder, and none that leads out of it', async () => {
    const { folder, library, there } = await scanned();
    const { id } = named(there.evaluations, 'clips/evaluation.json');
    expect(library.clip(id, 0)).toEqual({ folder: join(folder, 'clips'), file: 'dropped/lift-7.mp4' });
    expect(() => library.clip(id, 1)).toThrow(/E_NOT_LISTED/);
    expect(() => library.clip(id, 2)).toThrow(/E_NOT_LISTED/);
    const films = library.evaluation(named(there.evaluations, 'films').id);
    expect(films.clips).toEqual([{ task: 'bin', seed: 8, phase: 'not-in-time', instruction: '', command: '' }]);
  });

  it('sees what has come and what has gone when it looks again', async () => {
    const { folder, library, there } = await scanned();
    rmSync(join(folder, 'data/videos'), { recursive: true });
    writeFileSync(join(folder, 'films/new.jsonl'), 'nothing');
    const again = await library.scan();
    expect(again.recordings).toHaveLength(there.recordings.length - 1);
    expect(again.others).toHaveLength(there.others.length + 1);
    await expect(library.recording(named(there.recordings, 'videos').id)).rejects.toThrow(/E_NOT_LISTED/);
  });
});

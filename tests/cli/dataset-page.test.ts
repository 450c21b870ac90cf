import { describe, expect, it } from 'vitest';
import { readShownEpisode, renderDataset } from '../../src/cli/report/dataset-page.ts';
import { shrinkPicture } from '../../src/cli/report/shrink-picture.ts';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { summariseDataset } from '../../src/runtime/recording/dataset-summary.ts';
import { fixture } from '../record/sample-dataset.ts';

async function pageOf(name: 'ref_v3_by_lerobot_0.6.2' | 'ref_v3_image_dtype'): Promise<string> {
  const reader = await DatasetReader.open(fixture(name));
  const episodes = [await readShownEpisode(reader, 0)];
  const lengthsS = reader.episodes.map(({ length }) => length / reader.info.fps);
  return renderDataset({ name: '<desk>', summary: await summariseDataset(reader), lengthsS, episodes });
}

describe("a dataset's page", () => {
  it.each(['ref_v3_by_lerobot_0.6.2', 'ref_v3_image_dtype'] as const)('holds all it shows: %s', async (name) => {
    const page = await pageOf(name);
    expect(page).not.toMatch(/<script|(?:src|href)="(?!data:|#)/);
    expect(page.match(/<img src="data:image\/png;base64,/g)?.length).toBeGreaterThanOrEqual(4);
    expect(page).toContain('<h1>&lt;desk&gt;</h1>');
    expect(page).toContain('class="line sent"');
    expect(page).toContain('class="line measured"');
    expect(page).not.toMatch(/NaN|undefined/);
  });
});

describe('a picture on a page', () => {
  it('is the mean of squares of the original, and no wider than asked for', () => {
    const rgb = Uint8Array.from({ length: 5 * 4 * 3 }, (_, index) => (Math.floor(index / 3) % 5) * 20);
    expect(shrinkPicture({ rgb, width: 5, height: 4 }, 5)).toEqual({ rgb, width: 5, height: 4 });
    const small = shrinkPicture({ rgb, width: 5, height: 4 }, 2);
    // A factor of 3: one column of three pixels, 0, 20 and 40.
    expect(small).toEqual({ rgb: Uint8Array.of(20, 20, 20), width: 1, height: 1 });
  });
});

import { describe, expect, it } from 'vitest';
import { renderGallery } from '../../src/cli/report/gallery.ts';
import type { Clip, Gallery } from '../../src/cli/report/gallery.ts';

const dropped: Clip = {
  task: 'lift',
  seed: 7,
  instruction: 'lift the <red> cube',
  phase: 'dropped',
  wrongObject: false,
  durationS: 8,
  path: 'dropped/lift-7.mp4',
  command: 'armature eval --policy desk --tasks lift --episodes 1 --seed 7 --video again',
};
const done: Clip = { ...dropped, phase: undefined, seed: 8, path: 'success/lift-8.mp4' };

function gallery(clips: readonly Clip[], successes = 1): Gallery {
  const tasks = [{ task: 'lift', episodes: 2, successes }];
  return { title: 'Failures of desk', subtitle: 'seeds from 7', tasks, clips };
}

describe('renderGallery', () => {
  it('lists films by phase with instruction, meaning, seed and the command that gives the episode again', () => {
    const html = renderGallery(gallery([dropped]));
    for (const part of ['1 of 2 episodes failed', 'Dropped', 'lost it on the way', 'Seed 7', '--seed 7 --video again'])
      expect(html).toContain(part);
    expect(html).toContain('src="dropped/lift-7.mp4"');
    expect(html).not.toContain('Did not find');
  });

  it('needs nothing but the films beside it, and shows names as text', () => {
    const html = renderGallery(gallery([dropped, done]));
    expect(html).not.toMatch(/<script|<link|https?:|@import|url\(|src="\//);
    expect(html).toContain('lift the &lt;red&gt; cube');
  });

  it('shows successes last, and failures first', () => {
    const html = renderGallery(gallery([done, dropped]));
    expect(html.indexOf('id="dropped"')).toBeLessThan(html.indexOf('id="success"'));
  });

  it('says so where another thing was touched besides, and where nothing failed', () => {
    expect(renderGallery(gallery([{ ...dropped, wrongObject: true }]))).toContain(
      'was not named was acted upon as well',
    );
    expect(renderGallery(gallery([], 2))).toContain('no episode failed');
  });
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { pageDirectory } from '../../../src/core/data-directory.ts';
import { DatasetReader } from '../../../src/record/dataset-reader.ts';
import { setup as buildPage } from '../../page/build-page.ts';
import { startRun } from '../../page/with-run.ts';
import { OperatorPage } from './operator-page.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const PATIENCE_MS = 180_000;
const folder = temporaryFolder();
beforeAll(async () => {
  if (!existsSync(join(pageDirectory(), 'index.html'))) await buildPage();
}, PATIENCE_MS);

const shoulder = ({ frame }: OperatorPage): number => frame?.joints.sentRad[0] ?? NaN;

describe('a person at the page', { timeout: PATIENCE_MS }, () => {
  it('drives: the arm moves while something is held; whoever looks stops it, and the operator begins again', async () => {
    const run = await startRun(['teleop', '--robot', 'so101', '--teleop', 'page:mode=joint,speed=fast', '--json']);
    onTestFinished(() => void run.child.kill());
    const operator = await OperatorPage.open(run.operatorUrl);
    await operator.until(({ control }) => control?.session?.state === 'runs');
    await operator.until(({ frame }) => frame?.gate.state === 'hold');
    operator.ask({ kind: 'take-control' });
    await operator.until(({ control }) => control?.holder === 1);
    const begunRad = shoulder(operator);
    await operator.hold({ joint: 1 }, (page) => shoulder(page) > begunRad + 0.1);
    await operator.until(({ control }) => control?.jog?.isEngaged === false);

    const onlooker = await OperatorPage.open(run.url);
    onlooker.ask({ kind: 'take-control' });
    await onlooker.until(({ notices }) => notices.length > 0);
    expect(onlooker.notices[0]).toMatchObject({ level: 'refused', text: expect.stringContaining('E_OPERATOR_TOKEN') });
    onlooker.stop();
    await operator.until(({ control }) => control?.session?.can.includes('begin') === true);
    onlooker.close();
    await operator.until(({ frame }) => frame?.episode.outcome === 'aborted');
    operator.ask({ kind: 'session', action: 'begin' });
    await operator.until(({ control }) => control?.session?.state === 'runs');
    const ended = new Promise((resolve) => run.child.once('close', resolve));
    operator.ask({ kind: 'session', action: 'leave' });
    expect(await ended).toBe(0);
    expect(JSON.parse(run.printed())).toMatchObject({ scenes: 2 });
  });

  it('records: begins, throws away, saves, and ends', async () => {
    const out = join(folder, 'recorded');
    const words = [
      'record',
      '--robot',
      'so101',
      '--teleop',
      'page:mode=joint,speed=fast',
      '--task',
      'reach',
      '--out',
      out,
    ];
    const run = await startRun([...words, '--episodes', '5', '--episode-time', '600', '--no-video', '--json']);
    onTestFinished(() => void run.child.kill());
    const operator = await OperatorPage.open(run.operatorUrl);
    const begin = async (): Promise<void> => {
      await operator.until(({ control }) => control?.session?.can.includes('begin') === true);
      operator.ask({ kind: 'session', action: 'begin' });
    };
    await begin();
    await operator.until(({ control }) => (control?.session?.rows ?? 0) > 5);
    operator.ask({ kind: 'session', action: 'again' });
    await begin();
    operator.ask({ kind: 'take-control' });
    await operator.until(({ control, frame }) => control?.holder === 1 && frame?.episode.number === 2);
    const begunRad = shoulder(operator);
    await operator.hold({ joint: -1 }, (page) => shoulder(page) < begunRad - 0.1);
    operator.ask({ kind: 'session', action: 'end' });
    await operator.until(({ control }) => control?.session?.saved === 1);
    expect(operator.control?.session?.said).toMatch(/saved episode 0/);
    const ended = new Promise((resolve) => run.child.once('close', resolve));
    operator.ask({ kind: 'session', action: 'leave' });
    expect(await ended).toBe(0);
    expect(JSON.parse(run.printed())).toMatchObject({ totalEpisodes: 1, saved: [{ episode: 0, outcome: 'ended' }] });
    expect((await DatasetReader.open(out)).episodes).toHaveLength(1);
  });
});

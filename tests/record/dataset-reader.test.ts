import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { InvalidFileError, UnknownNameError } from '../../src/core/errors.ts';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { DatasetWriter } from '../../src/record/dataset-writer.ts';
import { fixture } from './sample-dataset.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const REFERENCE = fixture('ref_v3_by_lerobot_0.6.2');

/** A copy of LeRobot's dataset with changes to info.json. */
function changed(change: (info: Record<string, unknown>) => unknown = (info) => info): string {
  const directory = temporaryFolder();
  cpSync(REFERENCE, directory, { recursive: true });
  const path = join(directory, 'meta/info.json');
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)));
  return directory;
}

describe('the reader accepts', () => {
  it('the name that older converters give to the task column', async () => {
    const directory = changed();
    parquetWriteFile({
      filename: join(directory, 'meta/tasks.parquet'),
      columnData: [
        { name: 'task_index', data: [1n, 0n], type: 'INT64' },
        { name: '__index_level_0__', data: ['second', 'first'], type: 'STRING' },
      ],
    });
    expect((await DatasetReader.open(directory)).tasks).toEqual(['first', 'second']);
  });

  it('unknown keys and features it cannot read, as long as nobody asks for them', async () => {
    const directory = changed((info) => ({
      ...info,
      tools: [],
      features: { ...(info['features'] as object), words: { dtype: 'language', shape: [1], names: null } },
    }));
    const reader = await DatasetReader.open(directory);
    expect(Object.keys((await reader.readEpisode(0)).columns)).toContain('action');
    await expect(reader.readEpisode(0, ['words'])).rejects.toThrow(/feature "words" cannot be read/);
    await expect(DatasetWriter.resume(directory)).rejects.toThrow(/"language"/);
  });

  it('a choice of features', async () => {
    const { columns } = await (await DatasetReader.open(REFERENCE)).readEpisode(1, ['action']);
    expect(Object.keys(columns)).toEqual(['action']);
    expect(columns['action']).toHaveLength(9 * 6);
  });
});

describe('the reader refuses', () => {
  const refusal = async (directory: string): Promise<InvalidFileError> => {
    const error: unknown = await DatasetReader.open(directory).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidFileError);
    return error as InvalidFileError;
  };

  it('version 2.1, and names the converter', async () => {
    const error = await refusal(changed((info) => ({ ...info, codebase_version: 'v2.1' })));
    expect(error).toMatchObject({ expected: 'v3.0', found: 'v2.1' });
    expect(error.remedy).toContain('armature dataset convert');
  });

  it('a later major version', async () => {
    expect((await refusal(changed((info) => ({ ...info, codebase_version: 'v4.0' })))).found).toBe('v4.0');
  });

  it('a folder that is no dataset', async () => {
    expect((await refusal(temporaryFolder())).path).toMatch(/info\.json$/);
  });

  it('info.json that is no JSON or lacks the frame rate', async () => {
    const directory = changed((info) => ({ ...info, fps: undefined }));
    expect((await refusal(directory)).message).toContain('fps');
    writeFileSync(join(directory, 'meta/info.json'), '{');
    expect((await refusal(directory)).message).toContain('not valid JSON');
  });

  it.each(['meta/tasks.parquet', 'meta/episodes/chunk-000/file-000.parquet'])('a dataset without %s', async (path) => {
    const directory = changed();
    rmSync(join(directory, path));
    expect((await refusal(directory)).path).toContain(path.split('/')[1]);
  });

  it('more episodes in info.json than there are rows', async () => {
    const error = await refusal(changed((info) => ({ ...info, total_episodes: 4 })));
    expect(error).toMatchObject({ expected: expect.stringContaining('4'), found: '3' });
  });

  it('data that belong to other episodes', async () => {
    const directory = changed();
    const data = join(directory, 'data/chunk-000/file-000.parquet');
    parquetWriteFile({
      filename: data,
      columnData: ['action', 'episode_index', 'task_index'].map((name) => ({
        name,
        data: Array(36).fill(1n),
        type: 'INT64',
      })),
    });
    const reader = await DatasetReader.open(directory);
    await expect(reader.readEpisode(0, ['action'])).rejects.toThrow(/does not hold the frames of episode 0/);
    await expect(reader.readEpisode(1, ['observation.state'])).rejects.toThrow(/has no column observation\.state/);
    copyFileSync(join(REFERENCE, 'data/chunk-000/file-000.parquet'), data);
  });

  it('a feature whose values do not have the shape of info.json', async () => {
    const directory = changed((info) => {
      const features = info['features'] as Record<string, object>;
      return { ...info, features: { ...features, action: { ...features['action'], shape: [7] } } };
    });
    const reader = await DatasetReader.open(directory);
    await expect(reader.readEpisode(0)).rejects.toThrow(/frame 0 does not have the feature's shape/);
  });

  it('a path template that leads out of the folder', async () => {
    const reader = await DatasetReader.open(changed((info) => ({ ...info, data_path: '../../secret.parquet' })));
    await expect(reader.readEpisode(0)).rejects.toThrow(/leads out of the dataset/);
  });

  it('episodes and features that do not exist, naming those that do', async () => {
    const reader = await DatasetReader.open(REFERENCE);
    await expect(reader.readEpisode(3)).rejects.toThrow(UnknownNameError);
    await expect(reader.readEpisode(0, ['actions'])).rejects.toThrow(/action, /);
    expect(() => reader.videoOf(0, 'action')).toThrow(/observation\.images\.front/);
  });
});

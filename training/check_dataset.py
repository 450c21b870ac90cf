"""Checks a LeRobotDataset v3.0 directory with pyarrow, and holds it against what Armature's reader says of it.

    python training/check_dataset.py data/desk [--reading desk.json]

`npx tsx scripts/dataset-reading.ts data/desk > desk.json` writes the reading. The videos are decoded where PyAV is installed.
It shares no code with Armature, so that neither is checked by itself.
"""
from __future__ import annotations

import argparse
import base64
import io
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

try:
    import av
except ImportError:
    av = None

NUMBERS = {'float32': pa.float32(), 'float64': pa.float64(), 'int64': pa.int64(), 'bool': pa.bool_()}
STATISTICS = ['min', 'max', 'mean', 'std', 'count', 'q01', 'q10', 'q50', 'q90', 'q99']
# How far from its nominal time a frame may lie, s: LeRobot's tolerance.
TIME_TOLERANCE = 1e-4
# Levels by which two decoders may differ in the mean of a block of pixels.
LEVEL_TOLERANCE = 4
BLOCKS = 8


def block_means(rgb):
    """uint8 (H, W, 3) to the means of a grid of at most 8 x 8 blocks, (rows, columns, 3); as scripts/dataset-reading.ts has it."""
    height, width, _ = rgb.shape
    rows, columns = min(BLOCKS, height), min(BLOCKS, width)
    return np.array([[rgb[row * height // rows:(row + 1) * height // rows, column * width // columns:(column + 1) * width // columns]
                      .reshape(-1, 3).mean(axis=0) for column in range(columns)] for row in range(rows)])


def reading_means(text, shape):
    """The means that the reading holds of one picture."""
    height, width, _ = shape
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(min(BLOCKS, height), min(BLOCKS, width), 3)


def path_of(template, chunk, file, key=''):
    return template.format(chunk_index=chunk, file_index=file, video_key=key)


class Check:
    """One dataset and the problems found in it."""

    def __init__(self, root, reading=None):
        self.root, self.reading, self.problems = Path(root), reading, []
        self.info = json.loads((self.root / 'meta/info.json').read_text())
        self.features = self.info['features']
        files = sorted(self.root.glob('data/*/*.parquet'))
        self.row_groups = [parquet.read_metadata(file).row_group(index).num_rows
                           for file in files for index in range(parquet.read_metadata(file).num_row_groups)]
        self.rows = pa.concat_tables([parquet.read_table(file) for file in files])
        self.episodes = pa.concat_tables([parquet.read_table(file) for file in sorted(self.root.glob('meta/episodes/*/*.parquet'))],
                                         promote_options='default').to_pylist()

    def expect(self, condition, problem):
        if not condition:
            self.problems.append(problem)

    def run(self):
        self.check_columns()
        self.check_counts()
        self.check_tasks()
        self.check_places()
        self.check_statistics()
        self.check_pictures()
        return self.problems

    def numbers(self, name):
        """Values of a feature, (F, N)."""
        column = self.rows[name].combine_chunks()
        width = self.features[name]['shape'][0]
        flat = column.flatten() if width > 1 else column
        return flat.to_numpy(zero_copy_only=False).reshape(-1, width)

    def numeric(self):
        return [name for name, feature in self.features.items() if feature['dtype'] in NUMBERS]

    def pictures(self, dtype):
        return [name for name, feature in self.features.items() if feature['dtype'] == dtype]

    def check_columns(self):
        stored = [name for name, feature in self.features.items() if feature['dtype'] != 'video']
        self.expect(self.rows.column_names == stored, f'columns {self.rows.column_names}, not {stored}')
        for name in self.numeric():
            feature, found = self.features[name], self.rows.schema.field(name).type
            value = NUMBERS[feature['dtype']]
            if feature['shape'] == [1]:
                self.expect(found == value, f'{name} is {found}, not {value}')
            else:
                self.expect(pa.types.is_list(found) or pa.types.is_fixed_size_list(found), f'{name} is {found}, not a list')
                self.expect(found.value_type == value, f'{name} holds {found.value_type}, not {value}')
        for name in self.pictures('image'):
            expected = pa.struct([('bytes', pa.binary()), ('path', pa.string())])
            self.expect(self.rows.schema.field(name).type == expected, f'{name} is no struct of bytes and path')

    def check_counts(self):
        counts = {'total_frames': self.rows.num_rows, 'total_episodes': len(self.episodes)}
        for name, expected in counts.items():
            self.expect(self.info[name] == expected, f'{name} is {self.info[name]}, not {expected}')
        lengths = [episode['length'] for episode in self.episodes]
        self.expect(self.row_groups == lengths, f'row groups of {self.row_groups}, not one per episode of {lengths}')
        self.expect(self.info['codebase_version'] == 'v3.0', f'version {self.info["codebase_version"]}')

    def check_tasks(self):
        table = parquet.read_table(self.root / 'meta/tasks.parquet')
        metadata = json.loads((table.schema.metadata or {}).get(b'pandas', b'{}'))
        self.expect(metadata.get('index_columns') == ['task'], 'the task is not the index that pandas sees')
        tasks = table['task'].to_pylist()
        self.expect(table['task_index'].to_pylist() == list(range(len(tasks))), 'the tasks are not in order')
        self.expect(self.info['total_tasks'] == len(tasks), f'total_tasks is {self.info["total_tasks"]}, not {len(tasks)}')
        indices = self.rows['task_index'].to_pylist()
        for episode in self.episodes:
            used = {tasks[index] for index in indices[episode['dataset_from_index']:episode['dataset_to_index']]}
            self.expect(used == set(episode['tasks']), f'episode {episode["episode_index"]}: tasks {used}, not {episode["tasks"]}')

    def check_places(self):
        fps, start = self.info['fps'], 0
        index, frame = self.numbers('index')[:, 0], self.numbers('frame_index')[:, 0]
        number, timestamp = self.numbers('episode_index')[:, 0], self.numbers('timestamp')[:, 0]
        self.expect((index == np.arange(len(index))).all(), 'index does not count the rows')
        for position, episode in enumerate(self.episodes):
            rows = slice(episode['dataset_from_index'], episode['dataset_to_index'])
            where = f'episode {position}'
            self.expect(episode['episode_index'] == position and rows.start == start, f'{where} does not follow the one before')
            self.expect(rows.stop - rows.start == episode['length'] > 0, f'{where} has another length')
            self.expect((number[rows] == position).all(), f'{where}: episode_index')
            self.expect((frame[rows] == np.arange(episode['length'])).all(), f'{where}: frame_index')
            nominal = np.arange(episode['length']) / fps
            self.expect((np.abs(timestamp[rows] - nominal) < TIME_TOLERANCE).all(), f'{where}: timestamp')
            if self.reading:
                self.compare_numbers(position, rows)
            start = rows.stop

    def compare_numbers(self, position, rows):
        episode = self.reading['episodes'][position]
        for name, values in episode['columns'].items():
            found = self.numbers(name)[rows].astype(np.float64).ravel()
            self.expect(np.array_equal(found, np.array(values, np.float64)), f'episode {position}: {name} is read otherwise')

    def check_statistics(self):
        totals = json.loads((self.root / 'meta/stats.json').read_text())
        self.expect(set(totals) == set(self.features), f'stats.json has {sorted(totals)}')
        for name in self.numeric():
            values = self.numbers(name).astype(np.float64)
            self.compare_statistics('stats.json', name, totals[name], values)
            for episode in self.episodes:
                rows = slice(episode['dataset_from_index'], episode['dataset_to_index'])
                stored = {statistic: episode[f'stats/{name}/{statistic}'] for statistic in STATISTICS}
                self.compare_statistics(f'episode {episode["episode_index"]}', name, stored, values[rows])
        for name in self.pictures('image') + self.pictures('video'):
            shape = np.shape(totals[name]['mean'])
            self.expect(shape == (3, 1, 1), f'stats.json: {name} has statistics of shape {shape}')

    def compare_statistics(self, where, name, found, values):
        expected = {'min': values.min(0), 'max': values.max(0), 'mean': values.mean(0), 'std': values.std(0), 'count': [len(values)]}
        size = np.abs(values).max() + 1e-9
        for statistic, value in expected.items():
            near = np.allclose(found[statistic], value, rtol=0, atol=1e-5 * size)
            self.expect(near, f'{where}: {statistic} of {name} is {found[statistic]}, not {value}')
        order = [np.array(found[f'q{share:02d}']) for share in (1, 10, 50, 90, 99)]
        self.expect(all((a <= b + 1e-9).all() for a, b in zip(order, order[1:])), f'{where}: quantiles of {name} are out of order')

    def check_pictures(self):
        for name in self.pictures('image'):
            from PIL import Image
            for episode in self.episodes:
                cells = self.rows[name].slice(episode['dataset_from_index'], episode['length']).to_pylist()
                frames = (np.asarray(Image.open(io.BytesIO(cell['bytes'])).convert('RGB')) for cell in cells)
                self.compare_pictures(name, episode['episode_index'], frames, episode['length'], tolerance=1)
        for name in self.pictures('video') if av else []:
            for episode in self.episodes:
                frames = self.video_frames(name, episode)
                self.compare_pictures(name, episode['episode_index'], frames, episode['length'], LEVEL_TOLERANCE)

    def video_frames(self, name, episode):
        """The pictures at the times of the rows; stops at the first that is missing."""
        file = path_of(self.info['video_path'], episode[f'videos/{name}/chunk_index'], episode[f'videos/{name}/file_index'], name)
        start, count = episode[f'videos/{name}/from_timestamp'], 0
        with av.open(str(self.root / file)) as container:
            for frame in container.decode(video=0):
                if frame.time < start - TIME_TOLERANCE:
                    continue
                if count == episode['length'] or abs(frame.time - start - count / self.info['fps']) > TIME_TOLERANCE:
                    return
                count += 1
                yield frame.to_ndarray(format='rgb24')

    def compare_pictures(self, name, position, frames, length, tolerance):
        height, width, _ = self.features[name]['shape']
        count = 0
        for count, rgb in enumerate(frames, 1):
            self.expect(rgb.shape[:2] == (height, width), f'episode {position}: {name} has pictures of {rgb.shape}')
            if self.reading:
                expected = reading_means(self.reading['episodes'][position]['pictures'][name][count - 1], rgb.shape)
                difference = np.abs(block_means(rgb) - expected).max()
                self.expect(difference <= tolerance, f'episode {position}: {name} shows another picture in frame {count - 1}')
        self.expect(count == length, f'episode {position}: {name} has {count} pictures for {length} rows')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('dataset', type=Path)
    parser.add_argument('--reading', type=Path, help="what Armature's reader says, written by scripts/dataset-reading.ts")
    options = parser.parse_args()
    reading = json.loads(options.reading.read_text()) if options.reading else None
    problems = Check(options.dataset, reading).run()
    for problem in problems:
        print(problem)
    print(f'{options.dataset}: {len(problems)} problems{"" if av else "; the videos were not decoded, PyAV is missing"}')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())

"""Loads a LeRobotDataset v3.0 directory with LeRobot itself, holds every item against Armature's reader, and lets LeRobot continue it.

    python training/check_lerobot.py data/desk --reading desk.json [--resume copy-of-desk]

It needs Python 3.12 and `pip install "lerobot[dataset]"`; nothing is fetched. `--resume` adds an episode to a copy of the dataset.
`npm run check:lerobot -- --python PATH` runs it over datasets of every kind.
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault('HF_HUB_OFFLINE', '1')

import numpy as np

from check_dataset import LEVEL_TOLERANCE, block_means, reading_means

try:
    import lerobot
    from lerobot.datasets import LeRobotDataset
except ImportError as error:
    sys.exit(f'LeRobot cannot be loaded ({error}): pip install "lerobot[dataset]" with Python 3.12 or later')

REPO = 'armature/check'
DEFAULTS = ('timestamp', 'frame_index', 'episode_index', 'index', 'task_index')
# Frames before and after the item that are asked for with it.
STEPS = {'past': (-2, -1, 0), 'future': (0, 1, 2)}
RESUMED_FRAMES = 6


class Comparison:
    """A dataset as LeRobot gives it against what Armature's reader says of it."""

    def __init__(self, reading):
        self.reading, self.problems, self.items = reading, [], 0
        self.episodes, self.features = reading['episodes'], reading['features']

    def expect(self, condition, problem):
        if not condition:
            self.problems.append(problem)

    def numbers(self, episode, name):
        width = self.features[name]['shape'][0]
        return np.array(self.episodes[episode]['columns'][name], np.float64).reshape(-1, width)

    def is_picture(self, name):
        return self.features[name]['dtype'] in ('image', 'video')

    def compare(self, where, name, found, place):
        """One value of LeRobot's against that of an episode and a row of ours."""
        episode, row = place
        if not self.is_picture(name):
            expected = self.numbers(episode, name)[row]
            if self.features[name]['dtype'] == 'float64':
                # LeRobot makes tensors of single precision of them.
                expected = expected.astype(np.float32)
            self.expect(np.array_equal(np.asarray(found, np.float64).ravel(), expected), f'{where}: {name} is {found}, not {expected}')
            return
        rgb = np.asarray(found).transpose(1, 2, 0) * 255
        expected = reading_means(self.episodes[episode]['pictures'][name][row], rgb.shape)
        difference = np.abs(block_means(rgb) - expected).max()
        self.expect(difference <= LEVEL_TOLERANCE, f'{where}: {name} shows another picture')

    def places(self):
        return [(number, row) for number, episode in enumerate(self.episodes) for row in range(episode['length'])]

    def compare_items(self, dataset):
        """Every item of every episode."""
        places = self.places()
        self.expect(len(dataset) == len(places), f'LeRobot sees {len(dataset)} items, we {len(places)}')
        for index, (episode, row) in enumerate(places[:len(dataset)]):
            item, where = dataset[index], f'item {index}'
            for name in self.features:
                self.compare(where, name, item[name], (episode, row))
            task = self.episodes[episode]['tasks'][row]
            self.expect(item['task'] == task, f'{where}: the task is {item["task"]!r}, not {task!r}')
            self.items += 1

    def compare_windows(self, dataset, steps):
        """Every item with its neighbours in time: inside the episode their values, beyond it the last one and a mark."""
        names = [name for name in self.features if name not in DEFAULTS]
        for index, (episode, row) in enumerate(self.places()):
            item = dataset[index]
            for name in names:
                for position, step in enumerate(steps):
                    last = self.episodes[episode]['length'] - 1
                    clamped = min(max(row + step, 0), last)
                    where = f'item {index}, {step:+d} rows'
                    self.compare(where, name, item[name][position], (episode, clamped))
                    is_pad = bool(item[f'{name}_is_pad'][position])
                    self.expect(is_pad == (clamped != row + step), f'{where}: {name} is marked {is_pad} as beyond the episode')
            self.items += 1


def open_dataset(root, **options):
    return LeRobotDataset(REPO, root=root, video_backend='pyav', **options)


def check(root, reading):
    comparison = Comparison(reading)
    dataset = open_dataset(root)
    comparison.compare_items(dataset)
    for steps in STEPS.values():
        names = [name for name in reading['features'] if name not in DEFAULTS]
        windows = {name: [step / reading['fps'] for step in steps] for name in names}
        comparison.compare_windows(open_dataset(root, delta_timestamps=windows), steps)
    return comparison


def resume(root, copy, reading):
    """Lets LeRobot add an episode to a copy; what was there before must be read as before."""
    shutil.copytree(root, copy)
    dataset = LeRobotDataset.resume(REPO, root=copy, video_backend='pyav')
    random = np.random.default_rng(0)
    for row in range(RESUMED_FRAMES):
        frame = {'task': 'an episode that LeRobot added'}
        for name, feature in reading['features'].items():
            if name in DEFAULTS:
                continue
            shape = tuple(feature['shape'])
            if feature['dtype'] in ('image', 'video'):
                frame[name] = np.full(shape, 20 * row + 20, np.uint8)
            else:
                frame[name] = (random.random(shape) > 0.5).astype(feature['dtype'])
        dataset.add_frame(frame)
    dataset.save_episode()
    dataset.finalize()
    comparison = Comparison(reading)
    resumed = open_dataset(copy)
    comparison.expect(len(resumed) == len(comparison.places()) + RESUMED_FRAMES, f'LeRobot sees {len(resumed)} items when it has added some')
    comparison.expect(resumed[len(resumed) - 1]['task'] == 'an episode that LeRobot added', 'the last task is not that which LeRobot added')
    for index, (episode, row) in enumerate(comparison.places()):
        item = resumed[index]
        for name in reading['features']:
            comparison.compare(f'item {index} of the continued dataset', name, item[name], (episode, row))
        comparison.items += 1
    return comparison


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('dataset', type=Path)
    parser.add_argument('--reading', type=Path, required=True, help="what Armature's reader says, written by scripts/dataset-reading.ts")
    parser.add_argument('--resume', type=Path, help='copy the dataset to this folder, and let LeRobot add an episode to the copy')
    options = parser.parse_args()
    reading = json.loads(options.reading.read_text())
    comparisons = [check(options.dataset, reading)]
    if options.resume:
        comparisons.append(resume(options.dataset, options.resume, reading))
    problems = [problem for comparison in comparisons for problem in comparison.problems]
    for problem in problems[:50]:
        print(problem)
    items = sum(comparison.items for comparison in comparisons)
    print(json.dumps({'lerobot': lerobot.__version__, 'dataset': str(options.dataset), 'items': items, 'problems': len(problems)}))
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())

"""LeRobot's dataset writer, fed with the frames of a film at a fixed rate, as its recorder feeds it. Prints one JSON object.

    python lerobot_writer.py FILM FOLDER --cameras 2 --seconds 60 --episodes 2 --streaming 0

Needs PyPI lerobot. Nothing else than its writer runs: no arm, no camera, no display.
"""
import argparse
import json
import resource
import time

import av
import numpy
from lerobot.datasets.lerobot_dataset import LeRobotDataset

RATE_HZ = 30
JOINTS = ['shoulder_pan', 'shoulder_lift', 'elbow_flex', 'wrist_flex', 'wrist_roll', 'gripper']
# The default of lerobot-record.
WRITER_THREADS_PER_CAMERA = 4


def cpu_seconds():
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('film')
    parser.add_argument('folder')
    parser.add_argument('--cameras', type=int, default=2)
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--episodes', type=int, default=2)
    parser.add_argument('--streaming', type=int, default=0)
    options = parser.parse_args()
    film = [frame.to_ndarray(format='rgb24') for frame in av.open(options.film).decode(video=0)]
    height, width, _ = film[0].shape
    names = [f'observation.images.camera_{number}' for number in range(options.cameras)]
    joints = {'dtype': 'float32', 'shape': (len(JOINTS),), 'names': [f'{name}.pos' for name in JOINTS]}
    features = {'action': joints, 'observation.state': joints,
                **{name: {'dtype': 'video', 'shape': (height, width, 3), 'names': ['height', 'width', 'channels']} for name in names}}
    dataset = LeRobotDataset.create('bench/record', RATE_HZ, features, root=options.folder, robot_type='so_follower',
                                    image_writer_threads=WRITER_THREADS_PER_CAMERA * options.cameras, streaming_encoding=bool(options.streaming))
    rows_per_episode = round(options.seconds * RATE_HZ / options.episodes)
    lateness_ms, gaps_s, lost_rows = [], [], 0
    begin, begin_cpu = time.monotonic(), cpu_seconds()
    for _ in range(options.episodes):
        start = time.monotonic()
        row = 0
        while row < rows_per_episode:
            late = time.monotonic() - (start + row / RATE_HZ)
            if late < 0:
                time.sleep(-late)
                late = time.monotonic() - (start + row / RATE_HZ)
            # A recorder that is a period late has missed that row.
            missed = min(int(late * RATE_HZ), rows_per_episode - row - 1)
            lost_rows += missed
            row += missed
            lateness_ms.append(1000 * late)
            numbers = numpy.full(len(JOINTS), numpy.sin(row / 12), dtype=numpy.float32)
            pictures = {name: film[(row + 7 * number) % len(film)] for number, name in enumerate(names)}
            dataset.add_frame({'action': numbers, 'observation.state': numbers, 'task': 'wave at the audience', **pictures})
            row += 1
        end = time.monotonic()
        dataset.save_episode()
        gaps_s.append(time.monotonic() - end)
    duration_s, cpu_s = time.monotonic() - begin, cpu_seconds() - begin_cpu
    dataset.finalize()
    reread = LeRobotDataset('bench/record', root=options.folder)
    frames = {}
    for name in names:
        files = sorted((reread.root / 'videos' / name).rglob('*.mp4'))
        frames[name] = sum(1 for file in files for _ in av.open(str(file)).decode(video=0))
    rows = reread.num_frames
    print(json.dumps({'cameras': options.cameras, 'streaming': bool(options.streaming), 'rows': rows, 'lostRows': lost_rows,
                      'lostFrames': sum(rows - count for count in frames.values()), 'latenessP99Ms': float(numpy.percentile(lateness_ms, 99)),
                      'cpuPercent': 100 * cpu_s / duration_s, 'gapS': max(gaps_s)}))


if __name__ == '__main__':
    main()

"""A tiny policy and a tiny dataset, made in a moment."""
import io
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# Tiny tensors only lose by a second thread.
torch.set_num_threads(1)

JOINTS = ['shoulder', 'elbow', 'gripper']
SHAPE = {'width': 32, 'layers': 2, 'heads': 4, 'kv_heads': 2, 'head_width': 8, 'feed_forward': 48, 'stem_channels': 8, 'stem_groups': 2}


def policy(layout='packed', cameras=('front', 'wrist'), text_positions=4):
    count = len(JOINTS)
    return {
        'formatVersion': 1, 'name': 'tiny', 'family': 'gato', 'description': 'for tests', 'robot': 'tiny', 'joints': JOINTS,
        'suite': 'desk', 'tasks': ['reach'], 'controlHz': 20, 'sampling': {'kind': 'greedy'},
        'tokens': {
            'layout': layout, 'codec': {}, 'patchSize': 16, 'leashRad': 0.2,
            'text': {'vocabulary': ['<pad>', 'reach', 'push', 'the', 'cube'], 'positions': text_positions},
            'cameras': [{'name': name, 'width': 32, 'height': 16} for name in cameras],
            'state': [{'name': 'positions', 'codec': 'linear', 'low': [-2.0] * count, 'high': [2.0] * count},
                      {'name': 'velocities', 'codec': 'mulaw'}],
            'actions': [{'joint': name, 'kind': 'delta', 'lowRad': -0.2, 'highRad': 0.2} for name in JOINTS],
        },
    }


def vector(values):
    return pa.FixedSizeListArray.from_arrays(pa.array(values.astype(np.float32).ravel()), values.shape[1])


def png(image):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, 'PNG')
    return stream.getvalue()


def write_dataset(path, episodes=3, length=10, joints=JOINTS, seed=0):
    """A LeRobotDataset v3.0 directory; the action always pulls the joints towards zero. Returns images by camera, (F, H, W, 3)."""
    random, path = np.random.default_rng(seed), Path(path)
    frames, count = episodes * length, len(joints)
    state = random.uniform(-1, 1, (frames, count))
    images = {name: random.integers(0, 256, (frames, 16, 32, 3), dtype=np.uint8) for name in ('front', 'wrist')}
    named = {'dtype': 'float32', 'shape': [count], 'names': [f'{name}.pos' for name in joints]}
    features = {name: named for name in ('action', 'observation.state', 'observation.velocity', 'observation.command')}
    features['observation.environment_state'] = {'dtype': 'float32', 'shape': [2], 'names': ['cube_x', 'cube_y']}
    for name in images:
        features[f'observation.images.{name}'] = {'dtype': 'image', 'shape': [16, 32, 3], 'names': ['height', 'width', 'channels']}
    (path / 'meta').mkdir(parents=True)
    (path / 'data/chunk-000').mkdir(parents=True)
    info = {'codebase_version': 'v3.0', 'fps': 20, 'total_frames': frames, 'total_episodes': episodes, 'features': features}
    (path / 'meta/info.json').write_text(json.dumps(info))
    parquet.write_table(pa.table({'task_index': [0, 1], 'task': ['reach the cube', 'push the cube']}), path / 'meta/tasks.parquet')
    table = pa.table({
        'action': vector(state - 0.1 * state), 'observation.state': vector(state),
        'observation.velocity': vector(random.normal(0, 0.1, (frames, count))), 'observation.command': vector(state),
        'observation.environment_state': vector(state[:, :2]),
        **{f'observation.images.{name}': pa.array([{'bytes': png(image), 'path': f'{index}.png'} for index, image in enumerate(stack)])
           for name, stack in images.items()},
        'episode_index': np.repeat(np.arange(episodes), length), 'task_index': np.repeat(np.arange(episodes) % 2, length),
    })
    parquet.write_table(table, path / 'data/chunk-000/file-000.parquet', row_group_size=length)
    return images

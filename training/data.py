"""Recorded datasets as arrays of token rows and patches, in RAM and ready to be drawn from.

Reads LeRobotDataset v3.0 directories. Pixels are decoded once, into `<dataset>.cache/`, keyed by the
size and time of the dataset's files. Table rows, not raw ids: text id, `vocabulary` + bin, separator.
"""
from __future__ import annotations

import hashlib
import io
import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

import tokens as token_module
from families import config_class

FEATURES = {'positions': 'observation.state', 'velocities': 'observation.velocity', 'efforts': 'observation.effort'}
# So few frames are decoded sooner than processes that share the work have started.
FEW_FRAMES = 10_000
COMMAND, PRIVILEGED = 'observation.command', 'observation.environment_state'


class DatasetError(ValueError):
    """A dataset that cannot be used with this policy: what was expected, what was found, what to do."""


def layout_shape(spec):
    """The fields of ModelConfig that a layout decides."""
    size = spec.patch_size
    return dict(
        layout=spec.layout, vocabulary=spec.text_rows, choices=spec.choice.values if spec.choice else 0, bins=spec.codec.bins, text_positions=spec.text_positions,
        patch_size=size, patch_grids=tuple((camera.height // size, camera.width // size) for camera in spec.cameras),
        state_widths=tuple(spec.state_width(modality) for modality in spec.state), actions=spec.action_tokens, chunk_steps=spec.chunk_steps)


def model_config(spec, family='gato', **shape):
    """The transformer for a layout; `shape` gives width, layers and so on."""
    return config_class(family)(**layout_shape(spec), **shape)


def to_rows(spec, ids):
    """Raw continuous ids to rows of the token table, same shape."""
    return ids - spec.codec.text_vocabulary + spec.text_rows


@dataclass
class FrameSet:
    """One dataset. F frames in recorded order; `episode` and `group` (task) per frame."""
    path: Path
    patches: np.ndarray      # uint8 (F, patches, 3 size^2), all cameras in the layout's order, goals left out
    state: np.ndarray        # int32 rows (F, state values)
    actions: np.ndarray      # int32 rows (F, J)
    text: np.ndarray         # int16 index into `texts` (F)
    texts: np.ndarray        # int32 rows (distinct instructions, text positions)
    tasks: list[str]
    privileged: np.ndarray   # float32 (F, K), NaN where not recorded
    privileged_names: list[str]
    episode: np.ndarray      # int64 (F)
    usable: np.ndarray       # bool (F): every value finite
    clipped: np.ndarray = field(default_factory=lambda: np.zeros(0))  # share of saturated actions per joint
    # Per camera of the layout, goals included: its patches in `patches`, and whether it is a goal. Empty: as they are.
    views: tuple[tuple[slice, bool], ...] = ()

    @property
    def frames(self):
        return len(self.episode)

    def patches_of(self, frames):
        """uint8 [N, patches, 3 size^2] of frames [N], in the layout's order; those of a goal are of the episode's last frame."""
        if not any(goal for _, goal in self.views):
            return self.patches[frames]
        last = last_frames(self.episode, frames)
        return np.concatenate([self.patches[last if goal else frames, columns] for columns, goal in self.views], axis=1)


def last_frames(episode, frames):
    """The last frame of the episode of each of `frames`, same shape. episode: of every frame, in recorded order."""
    last = np.append(np.flatnonzero(np.diff(episode)), len(episode) - 1)
    return last[np.searchsorted(last, frames)]


def recorded_cameras(spec):
    """Cameras of a layout that a dataset holds: all but goals."""
    return [camera for camera in spec.cameras if camera.goal_of is None]


def camera_views(spec):
    """FrameSet.views of a layout."""
    columns, first = {}, 0
    for camera in recorded_cameras(spec):
        count = (camera.height // spec.patch_size) * (camera.width // spec.patch_size)
        columns[camera.name] = slice(first, first + count)
        first += count
    return tuple((columns[camera.goal_of or camera.name], camera.goal_of is not None) for camera in spec.cameras)


def is_dataset(path):
    """Whether a directory holds a finished dataset: the description counts all recorded frames."""
    try:
        info = json.loads((Path(path) / 'meta/info.json').read_text())
        rows = sum(parquet.read_metadata(file).num_rows for file in data_files(path))
        return info['total_frames'] == rows > 0 and (Path(path) / 'meta/tasks.parquet').exists()
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return False


def find_datasets(parents):
    """Finished datasets directly below the given directories, sorted by name."""
    found = [child for parent in parents for child in Path(parent).iterdir() if child.is_dir()] if parents else []
    return sorted(child for child in found if is_dataset(child))


def data_files(path):
    return sorted(Path(path).glob('data/*/*.parquet'))


def read_info(path):
    """meta/info.json of a dataset. Raises DatasetError where there is none."""
    if not (Path(path) / 'meta/info.json').exists():
        raise DatasetError(f'"{path}" is no dataset: meta/info.json is missing; pass a LeRobotDataset v3.0 directory')
    return json.loads((Path(path) / 'meta/info.json').read_text())


def read_columns(path, columns, episodes=0):
    """Columns of a dataset as one table; with `episodes` only of its first so many."""
    table = pa.concat_tables([parquet.read_table(file, columns=columns) for file in data_files(path)])
    if not episodes:
        return table
    return table.slice(0, int(np.searchsorted(column_array(table, 'episode_index'), episodes)))


def load_dataset(path, spec, workers=2, log=print, episodes=0):
    """FrameSet of one directory, or of its first `episodes`. Raises DatasetError where the dataset does not fit the layout."""
    path = Path(path)
    info = read_info(path)
    check_fit(path, info, spec)
    features = info['features']
    wanted = [FEATURES[modality.name] for modality in spec.state]
    optional = [name for name in (COMMAND, PRIVILEGED) if name in features]
    columns = list(dict.fromkeys(['action', 'episode_index', 'task_index', FEATURES['positions'], *wanted, *optional]))
    table = read_columns(path, columns, episodes)
    value = {name: column_array(table, name) for name in columns}
    command = value.get(COMMAND, value[FEATURES['positions']])
    usable = np.all([np.isfinite(value[name]).reshape(len(table), -1).all(1) for name in ['action', *wanted]], axis=0)
    usable &= np.isfinite(command).all(1)
    if not usable.all():
        log(f'{path.name}: leaving out {np.count_nonzero(~usable)} of {len(table)} frames with NaN or infinite values')
    clean = {name: np.where(usable[:, None], value[name], 0) for name in ['action', *wanted]}
    command = np.where(usable[:, None], command, 0)
    zeros = np.zeros((len(table), spec.joints))
    state = token_module.encode_state(spec, *(clean.get(FEATURES[name], zeros) for name in FEATURES))
    actions = token_module.encode_actions(spec, clean['action'], command)
    clipped = token_module.count_action_clips(spec, clean['action'], command) / max(1, len(table))
    used, text = np.unique(value['task_index'], return_inverse=True)
    tasks = [read_tasks(path)[index] for index in used]
    texts = np.stack([encode_task(path, spec, task) for task in tasks]).astype(np.int32)
    privileged = value.get(PRIVILEGED, np.zeros((len(table), 0), np.float32)).astype(np.float32)
    names = feature_names(features.get(PRIVILEGED, {})) or [f'state_{column}' for column in range(privileged.shape[1])]
    return FrameSet(
        path=path, patches=load_patches(path, info, spec, workers, log)[:len(table)], state=to_rows(spec, state).astype(np.int32),
        actions=to_rows(spec, actions).astype(np.int32), text=text.astype(np.int16), texts=texts,
        tasks=tasks, privileged=privileged, privileged_names=names, episode=value['episode_index'], usable=usable,
        clipped=clipped, views=camera_views(spec))


def check_fit(path, info, spec):
    """Raises DatasetError naming the first thing in which dataset and layout differ."""
    features, joints = info['features'], [action.joint for action in spec.actions]
    needed = ['action', FEATURES['positions'], *(FEATURES[modality.name] for modality in spec.state)]
    if any(action.kind == 'delta' for action in spec.actions):
        needed.append(COMMAND)
    for name in dict.fromkeys(needed):
        if name not in features:
            raise DatasetError(f'dataset "{path}" has no feature "{name}", which the layout needs; it has: {", ".join(sorted(features))}')
        if features[name]['shape'] != [len(joints)]:
            raise DatasetError(f'dataset "{path}": feature "{name}" has shape {features[name]["shape"]}, the layout has {len(joints)} joints '
                               f'({", ".join(joints)}); record with the same robot or use another layout')
    recorded = [name.removesuffix('.pos') for name in feature_names(features['action'])]
    if recorded and recorded != joints:
        raise DatasetError(f'dataset "{path}" has the joints {recorded}, the layout {joints}; the order counts too')
    for camera in recorded_cameras(spec):
        name = f'observation.images.{camera.name}'
        if name not in features:
            raise DatasetError(f'dataset "{path}" has no camera "{camera.name}" (feature "{name}"); it has: {", ".join(sorted(features))}')
        if list(features[name]['shape'])[:2] != [camera.height, camera.width]:
            raise DatasetError(f'dataset "{path}": camera "{camera.name}" has shape {features[name]["shape"]}, '
                               f'the layout wants [{camera.height}, {camera.width}, 3]; record at that size or change the layout')
    if not data_files(path):
        raise DatasetError(f'dataset "{path}" has no data/*/*.parquet files; was the recording finished?')


def feature_names(feature):
    names = feature.get('names') or []
    if isinstance(names, dict):
        names = next(iter(names.values()), [])
    return [str(name) for name in names]


def column_array(table, name):
    """A numeric column as an array: (F) or (F, N)."""
    column = table.column(name).combine_chunks()
    if pa.types.is_fixed_size_list(column.type) or pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)
    return column.to_numpy(zero_copy_only=False)


def read_tasks(path):
    """Instructions by task_index."""
    table = parquet.read_table(path / 'meta/tasks.parquet')
    name = 'task' if 'task' in table.column_names else '__index_level_0__'
    return dict(zip(table.column('task_index').to_pylist(), table.column(name).to_pylist()))


def encode_task(path, spec, task):
    try:
        return token_module.encode_text(spec, task)
    except token_module.TokenError as error:
        raise DatasetError(f'dataset "{path}": {error}; add the words to text.vocabulary or leave the dataset out') from error


# ---------------------------------------------------------------- pixels


def load_patches(path, info, spec, workers, log):
    """uint8 (F, patches, 3 size^2), memory-mapped from the cache, decoding it first where it is missing or stale."""
    files = data_files(path)
    sources = files + sorted(Path(path).glob('videos/**/*.mp4'))
    stamp = [(str(file.relative_to(path)), file.stat().st_size, file.stat().st_mtime_ns) for file in sources]
    cameras = [(camera.name, camera.width, camera.height) for camera in recorded_cameras(spec)]
    key = hashlib.sha256(json.dumps([stamp, cameras, spec.patch_size]).encode()).hexdigest()[:16]
    folder = path.with_name(path.name + '.cache')
    target = folder / f'patches-{key}.npy'
    if not target.exists():
        folder.mkdir(exist_ok=True)
        for stale in folder.glob('patches-*'):
            stale.unlink()
        decode(path, info, spec, target, workers, log)
    return np.load(target, mmap_mode='r')


def decode(path, info, spec, target, workers, log):
    files = data_files(path)
    counts = [parquet.read_metadata(file).num_rows for file in files]
    size = spec.patch_size
    patch_count = sum((camera.width // size) * (camera.height // size) for camera in recorded_cameras(spec))
    partial = target.with_name(f'{target.name}.{os.getpid()}')
    np.lib.format.open_memmap(partial, 'w+', np.uint8, (sum(counts), patch_count, 3 * size * size)).flush()
    jobs, row, first_patch = [], 0, 0
    for camera in recorded_cameras(spec):
        feature = f'observation.images.{camera.name}'
        patches = (camera.width // size) * (camera.height // size)
        if info['features'][feature]['dtype'] == 'video':
            jobs += video_jobs(path, info, feature, partial, first_patch, size)
        else:
            row = 0
            for file in files:
                for group in range(parquet.read_metadata(file).num_row_groups):
                    jobs.append(('image', file, group, feature, partial, row, first_patch, size))
                    row += parquet.read_metadata(file).row_group(group).num_rows
        first_patch += patches
    log(f'{path.name}: decoding {sum(counts)} frames of {len(recorded_cameras(spec))} cameras')
    if workers > 1 and len(jobs) > 1 and sum(counts) > FEW_FRAMES:
        # spawn: a fork of a process that already runs PyTorch's threads can hang.
        with ProcessPoolExecutor(workers, mp_context=get_context('spawn')) as pool:
            list(pool.map(decode_job, jobs, chunksize=max(1, len(jobs) // (8 * workers))))
    else:
        for job in jobs:
            decode_job(job)
    os.replace(partial, target)


def decode_job(job):
    kind, file, part, feature, partial, row, first_patch, size = job
    out = np.load(partial, mmap_mode='r+')
    images = read_png_group(file, part, feature) if kind == 'image' else read_video(file, *part)
    for offset, image in enumerate(images):
        patches = to_patches(image, size)
        out[row + offset, first_patch:first_patch + len(patches)] = patches


def to_patches(image, size):
    """uint8 (H, W, 3) -> (patches in raster order, size * size * 3)."""
    height, width, _ = image.shape
    grid = image.reshape(height // size, size, width // size, size, 3).transpose(0, 2, 1, 3, 4)
    return grid.reshape(-1, size * size * 3)


def read_png_group(file, group, feature):
    from PIL import Image
    column = parquet.ParquetFile(file).read_row_group(group, columns=[feature]).column(0)
    for cell in column.to_pylist():
        yield np.asarray(Image.open(io.BytesIO(cell['bytes'])).convert('RGB'))


def video_jobs(path, info, feature, partial, first_patch, size):
    rows = pa.concat_tables([parquet.read_table(file) for file in sorted(path.glob('meta/episodes/*/*.parquet'))]).to_pylist()
    for episode in rows:
        file = path / info['video_path'].format(video_key=feature, chunk_index=episode[f'videos/{feature}/chunk_index'],
                                                file_index=episode[f'videos/{feature}/file_index'])
        part = (episode[f'videos/{feature}/from_timestamp'], episode['length'], info['fps'])
        yield ('video', file, part, feature, partial, episode['dataset_from_index'], first_patch, size)


def read_video(file, start_s, length, fps):
    import av
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        first = round(start_s * fps)
        container.seek(max(0, int((start_s - 0.5 / fps) / stream.time_base)), stream=stream)
        for frame in container.decode(stream):
            index = round(float(frame.pts * stream.time_base) * fps) - first
            if index >= length:
                break
            if index >= 0:
                yield frame.to_ndarray(format='rgb24')

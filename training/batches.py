"""Random batches from loaded datasets, and their augmentation. All randomness comes from one generator that can be saved."""
import hashlib
from fnmatch import fnmatchcase

import numpy as np
import torch

from data import last_frames
from patch_warp import SCALE, SHIFT_PIXELS, TURN_RAD, PatchWarp, patch_starts
from transfer import names_of
from word_noise import WordNoise

PATCH_LIMIT = 0.25  # Largest value of a normalised pixel (tokens.py).


def chunk_frames(episode, frames, steps):
    """Frames [..., steps] whose actions make the chunk that begins at each of `frames` [...]; an episode's last one repeats."""
    return np.minimum(frames[..., None] + np.arange(steps), last_frames(episode, frames)[..., None])


def unshare_texts(batch):
    """What samples say now differs, so no two of them share their words."""
    batch.pop('texts', None)
    batch.pop('owner', None)


class Sampler:
    """Draws windows of `steps` frames; datasets and tasks are drawn by weight, frames uniformly.

    weights maps a dataset's directory name or an instruction to its factor (default 1). A share
    `holdout` of the episodes, chosen by hash of dataset and episode, is kept out and drawn by
    `held_out_batch` only. Of the privileged columns only those that fit one of the patterns are used.
    With `wordings` (wordings.py) every sample of `batch` is told in other words that mean the same.
    """

    def __init__(self, config, seed=0, weights=None, holdout=0.0, privileged=('*',), wordings=None):
        self.config, self.weights, self.holdout, self.patterns = config, weights or {}, holdout, privileged
        self.wordings, self.random = wordings, np.random.default_rng(seed)
        self.frame_sets, self.privileged_names = [], None
        self.groups, self.held_out = [], []
        self.mean = self.deviation = None

    def add(self, frame_set):
        if self.privileged_names is None:
            self.privileged_names = [name for name in frame_set.privileged_names if any(fnmatchcase(name, pattern) for pattern in self.patterns)]
        steps = self.config.steps
        whole = frame_set.usable.copy()
        for offset in range(1, steps):
            whole[:-offset] &= frame_set.usable[offset:] & (frame_set.episode[offset:] == frame_set.episode[:-offset])
            whole[-offset:] = False
        if self.config.chunk_steps > 1:
            whole &= frame_set.usable[chunk_frames(frame_set.episode, np.arange(frame_set.frames), self.config.chunk_steps)].all(1)
        kept_out = np.array([self.is_held_out(frame_set, episode) for episode in np.unique(frame_set.episode)])
        kept_out = kept_out[np.searchsorted(np.unique(frame_set.episode), frame_set.episode)]
        number = len(self.frame_sets)
        self.frame_sets.append(frame_set)
        for text, task in enumerate(frame_set.tasks):
            mine = frame_set.text == text
            weight = self.weights.get(frame_set.path.name, 1.0) * self.weights.get(task, 1.0)
            training = np.flatnonzero(whole & mine & ~kept_out)
            if len(training) and weight > 0:
                self.groups.append((number, training, weight))
            held = np.flatnonzero(whole & mine & kept_out)
            if len(held):
                self.held_out.append((number, held, 1.0))
        self.index_texts()
        self.set_statistics()

    def index_texts(self):
        """The distinct instructions of all datasets [U, text], U padded to a multiple of 8, and each dataset's indices into them."""
        joined = np.concatenate([frame_set.texts for frame_set in self.frame_sets]).astype(np.int64)
        distinct, inverse = np.unique(joined, axis=0, return_inverse=True)
        padding = np.zeros((-len(distinct) % 8, distinct.shape[1]), np.int64)
        self.texts = np.concatenate([distinct, padding])
        ends = np.cumsum([len(frame_set.texts) for frame_set in self.frame_sets])
        self.owners = np.split(inverse.ravel(), ends[:-1])

    def text_ids(self):
        """Text ids of all instructions and their wordings, sorted."""
        texts = [self.texts, *(self.wordings.groups if self.wordings is not None else [])] if self.frame_sets else []
        return np.unique(np.concatenate(texts)).tolist() if texts else []

    def is_held_out(self, frame_set, episode):
        digest = hashlib.sha256(f'{frame_set.path.name}/{episode}'.encode()).digest()
        return int.from_bytes(digest[:4], 'big') < self.holdout * 2**32

    def set_statistics(self):
        """Mean and deviation of the privileged columns, fixed by the datasets present first so that targets never shift."""
        if self.mean is None and self.privileged_names:
            values = np.concatenate([self.privileged_of(number, slice(None)) for number in range(len(self.frame_sets))])
            self.mean = np.nan_to_num(np.nanmean(values, axis=0))
            self.deviation = np.maximum(np.nan_to_num(np.nanstd(values, axis=0), nan=1.0), 1e-4)

    def privileged_of(self, number, frames):
        """Columns in the order of the first dataset; NaN for what this one does not have."""
        frame_set = self.frame_sets[number]
        values = frame_set.privileged[frames]
        if frame_set.privileged_names == self.privileged_names:
            return values
        out = np.full((len(values), len(self.privileged_names)), np.nan, np.float32)
        for column, name in enumerate(self.privileged_names):
            if name in frame_set.privileged_names:
                out[:, column] = values[:, frame_set.privileged_names.index(name)]
        return out

    @property
    def frames(self):
        return sum(len(frames) for _, frames, _ in self.groups)

    def batch(self, size):
        batch = self.draw(self.groups, size, self.random)
        if self.wordings is not None:
            batch['text'] = self.wordings.reword(batch['text'], self.random)
            unshare_texts(batch)
        return batch

    def held_out_batch(self, size, seed=0):
        """The same frames at every call: numbers that can be compared. None without held-out episodes."""
        return self.draw(self.held_out, size, np.random.default_rng(seed)) if self.held_out else None

    def draw(self, groups, size, random):
        """Tensors: text, patches (uint8), state, actions as [B, S, ...] table rows; privileged [B, S, K], standardised."""
        if not groups:
            raise ValueError('no frames to draw from: add a dataset, or lower --holdout')
        weight = np.array([len(frames) * factor for _, frames, factor in groups])
        counts = random.multinomial(size, weight / weight.sum())
        parts = []
        for (number, frames, _), count in zip(groups, counts):
            if count:
                start = np.sort(frames[random.integers(0, len(frames), count)])
                parts.append(self.gather(number, (start[:, None] + np.arange(self.config.steps)).ravel()))
        joined = {name: torch.from_numpy(np.concatenate([part[name] for part in parts])) for name in parts[0]}
        owner = joined.pop('owner')
        batch = {name: value.view(size, self.config.steps, *value.shape[1:]) for name, value in joined.items()}
        # Sharing pays only while the distinct instructions are few; a fixed count keeps compiled code valid.
        if self.config.steps == 1 and 0 < self.config.text_positions and len(self.texts) <= size // 2:
            batch.update(texts=torch.from_numpy(self.texts), owner=owner)
        return batch

    def gather(self, number, frames):
        frame_set = self.frame_sets[number]
        out = {
            'owner': self.owners[number][frame_set.text[frames]],
            'text': frame_set.texts[frame_set.text[frames]].astype(np.int64),
            'patches': frame_set.patches_of(frames),
            'state': frame_set.state[frames].astype(np.int64),
            'actions': self.actions_of(frame_set, frames),
        }
        if self.privileged_names:
            out['privileged'] = ((self.privileged_of(number, frames) - self.mean) / self.deviation).astype(np.float32)
        return out

    def actions_of(self, frame_set, frames):
        """Rows [frames, A]: each step of a chunk as it was recorded, a delta relative to the command of its own frame."""
        steps = self.config.chunk_steps
        if steps > 1:
            frames = chunk_frames(frame_set.episode, frames, steps)
        return frame_set.actions[frames].astype(np.int64).reshape(len(frames), -1)


class Augmentation:
    """Pixel values and state noise. Contrast, brightness and colour are drawn per sample and camera."""

    def __init__(self, config, zero_rows, options, seed=0, device='cpu', text_ids=()):
        """All happens on `device`, where batches must be. zero_rows: table row that stands for zero, per state value, and which modality may be dropped (see `drop`).

        text_ids: those that instructions consist of; of a large vocabulary word noise takes strange words from them."""
        self.config, self.options, self.zero_rows = config, options, torch.as_tensor(zero_rows).to(device)
        self.device = torch.device(device)
        self.warps = [PatchWarp(grid, config.patch_size, first) for grid, first in zip(config.patch_grids, patch_starts(config.patch_grids))]
        self.random = torch.Generator(self.device).manual_seed(seed)
        self.words = None
        if options.word_dropout > 0:
            strange = () if options.spec.vocabulary is None else text_ids
            self.words = WordNoise(names_of(options.spec), options.kept_words, options.word_dropout, self.random, strange)
        # Slices at random offsets of one bank: drawing this many normal values afresh would cost as much as the stem.
        self.bank = torch.randn(1 << 22, generator=torch.Generator().manual_seed(1)).bfloat16().to(device)

    def __call__(self, batch, dtype, train=True):
        """Patches become `dtype` in [-0.25, 0.25]; in training all is perturbed. Returns a new dict."""
        out = dict(batch)
        patches = batch['patches']
        if train and self.options.camera_noise > 0:
            patches = self.move_cameras(patches)
        out['patches'] = patches.to(dtype).mul_(2 * PATCH_LIMIT / 255).sub_(PATCH_LIMIT)
        if train and self.options.pixel_noise > 0:
            self.perturb_pixels(out['patches'])
        if train and (self.options.state_noise_bins > 0 or self.options.drop_modality > 0):
            out['state'] = self.perturb_state(batch['state'])
        if train and self.words is not None:
            out['text'] = self.words(batch['text'])
            unshare_texts(out)
        return out

    def uniform(self, shape, low, high):
        return torch.rand(shape, generator=self.random, device=self.device) * (high - low) + low

    def move_cameras(self, patches):
        """Patches as another mount of each camera would show things far enough away; a sample's steps share it."""
        batch, steps = patches.shape[:2]
        strength = self.options.camera_noise
        parts = []
        for warp in self.warps:
            draw = self.uniform((batch, 4), -strength, strength)
            parts.append(warp(patches, draw[:, :2] * SHIFT_PIXELS, draw[:, 2] * TURN_RAD, 1 + draw[:, 3] * SCALE))
        return torch.cat(parts, 2)

    def perturb_pixels(self, patches):
        batch, steps = patches.shape[:2]
        strength, grids = self.options.pixel_noise, self.config.patch_grids
        for (rows, columns), first in zip(grids, patch_starts(grids)):
            view = patches[:, :, first:first + rows * columns].unflatten(-1, (-1, 3))
            contrast = self.uniform((batch, 1, 1, 1, 1), 1 - 0.2 * strength, 1 + 0.2 * strength)
            colour = self.uniform((batch, 1, 1, 1, 3), 1 - 0.1 * strength, 1 + 0.1 * strength)
            shift = self.uniform((batch, 1, 1, 1, 3), -0.03 * strength, 0.03 * strength)
            view.mul_((contrast * colour).to(view.dtype)).add_(shift.to(view.dtype))
        scale = float(self.uniform((), 0, 0.02 * strength))
        flat = patches.view(-1)
        for chunk in flat.split(self.bank.numel() // 2):
            offset = int(torch.randint(0, self.bank.numel() - len(chunk), (), generator=self.random, device=self.device))
            chunk.add_(self.bank[offset:offset + len(chunk)].to(chunk.dtype), alpha=scale)
        flat.clamp_(-PATCH_LIMIT, PATCH_LIMIT)

    def perturb_state(self, state):
        config, options = self.config, self.options
        noise = torch.randn(state.shape, generator=self.random, device=self.device) * options.state_noise_bins
        noisy = (state + noise.round().long()).clamp_(config.vocabulary, config.vocabulary + config.bins - 1)
        if options.drop_modality > 0:
            first = 0
            for index, width in enumerate(config.state_widths):
                if options.droppable[index]:
                    dropped = self.uniform((*state.shape[:2], 1), 0, 1) < options.drop_modality
                    part = noisy[..., first:first + width]
                    part.copy_(torch.where(dropped, self.zero_rows[first:first + width], part))
                first += width
        return noisy

    def state_dict(self):
        return {'random': self.random.get_state(), 'device': self.device.type}

    def load_state_dict(self, state):
        # Generators of different devices do not understand each other's state.
        if state.get('device', 'cpu') == self.device.type:
            self.random.set_state(state['random'])

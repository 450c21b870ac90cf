"""Compares exported graphs with PyTorch fp32: the same frames, greedy tokens, a key-value ring on both sides."""
from pathlib import Path

import numpy as np
import torch

from db1_decode import Db1Decoder
from decode import HIDDEN, Decoder
from families import family_of
from retnet_decode import RetNetDecoder
from retnet_graphs import state_tensors

# Of the logits with those of PyTorch in fp32, on average; fp32 must give the same tokens besides.
LEAST_COSINE = {'fp32': 0.99999, 'fp16': 0.9999, 'int8': 0.99, 'int4': 0.9}


class OnnxPolicy:
    """Runs embed and trunk as the runtime does; the ring lives here."""

    def __init__(self, folder, precision, model_config, spec, threads=1, attention=False):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        path = lambda name: Path(folder) / f'{name}.{precision}.onnx'
        load = lambda graph: onnxruntime.InferenceSession(graph, options, providers=['CPUExecutionProvider'])
        self.embed, self.trunk = load(str(path('embed'))), load(str(path('trunk')))
        if attention:
            self.trunk = load(path('trunk').read_bytes() + path('attention').read_bytes())
        self.attention = []   # Of each run since the last decision began, [S + T].
        self.config, self.spec = model_config, spec
        self.offset = spec.codec.text_vocabulary - model_config.vocabulary   # raw continuous id minus table row
        slots = self.slots()
        shape = (model_config.layers, model_config.kv_heads, slots, model_config.head_width)
        self.keys, self.values = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.bias = np.full(slots, HIDDEN, np.float32)

    def slots(self):
        return self.config.steps * self.config.step_positions

    def push(self, embeddings, tokens, positions):
        """embeddings [Te, W], raw action ids [Tt], positions [Te + Tt] -> logits [bins], or [A, bins] in parallel; stores keys and values."""
        positions = np.asarray(positions, np.int64)
        feeds = {'embeddings': embeddings, 'tokens': np.asarray(tokens, np.int64), 'positions': positions, 'cache_bias': self.bias, **self.more_feeds()}
        for layer in range(self.config.layers):
            feeds |= {f'key_cache_{layer}': self.keys[layer:layer + 1], f'value_cache_{layer}': self.values[layer:layer + 1]}
        logits, rows, *self.attention[len(self.attention):] = self.trunk.run(None, feeds)
        slots, layers = positions % len(self.bias), self.config.layers
        self.keys[:, :, slots], self.values[:, :, slots] = rows[:layers], rows[layers:]
        self.bias[slots] = 0
        self.stored(positions, slots)
        return logits

    def more_feeds(self):
        return {}

    def stored(self, positions, slots):
        """After the rows of `positions` went to `slots`."""

    def act(self, text, patches, state, forced=None):
        """One control step on table rows -> action rows [A] and logits [A, bins]; `forced` rows are fed in place of the own."""
        config = self.config
        self.bias[:], self.attention = HIDDEN, []
        embeddings = self.embed.run(['embeddings'], {'text': text, 'state': state + self.offset, 'patches': patches})[0]
        logits = [self.push(embeddings, [], np.arange(len(embeddings)))]
        if config.parallel:
            return logits[0].argmax(1) + config.vocabulary, logits[0]
        rows, nothing = [int(logits[0].argmax()) + config.vocabulary], np.zeros((0, config.width), np.float32)
        for index in range(config.actions - 1):
            fed = rows[index] if forced is None else int(forced[index])
            logits.append(self.push(nothing, [fed + self.offset], [config.observation_positions + index]))
            rows.append(int(logits[-1].argmax()) + config.vocabulary)
        return np.array(rows), np.stack(logits)


class RememberingPolicy(OnnxPolicy):
    """One whose episode goes on: the last action token of a step goes with the next observation."""

    def act(self, text, patches, state, forced=None):
        """As OnnxPolicy.act, but the past is remembered."""
        config, first, self.attention = self.config, self.config.first_action_row, []
        embeddings = self.embed.run(['embeddings'], {'text': text, 'state': state + self.offset, 'patches': patches})[0]
        logits, rows = [self.push_next(embeddings, self.unseen)], []
        for index in range(config.actions):
            rows.append(first + int(logits[-1].argmax()))
            self.unseen = [(rows[-1] if forced is None else int(forced[index])) - first + self.spec.first_action_id]
            if index + 1 < config.actions:
                logits.append(self.push_next(np.zeros((0, config.width), np.float32), self.unseen))
        return np.array(rows), np.stack(logits)

    def push_next(self, embeddings, tokens):
        """embeddings [Te, W] behind raw action ids [Tt], which come next in the sequence -> logits [bins]."""
        raise NotImplementedError


class OnnxDb1(RememberingPolicy):
    """The ring holds the last `memory` positions of an episode, and the position of each slot is an input."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.position, self.unseen = 0, []
        self.slot_positions = np.arange(-len(self.bias), 0)
        if self.config.initial_memory == 'zeros':
            self.bias[:] = 0

    def slots(self):
        return self.config.memory

    def more_feeds(self):
        return {'cache_positions': self.slot_positions}

    def stored(self, positions, slots):
        self.slot_positions[slots] = positions
        self.position += len(positions)

    def push_next(self, embeddings, tokens):
        behind = self.position + len(tokens)
        return self.push(embeddings, tokens, np.append(behind + np.arange(len(embeddings)), self.position + np.arange(len(tokens))))


class OnnxRetNet(RememberingPolicy):
    """All that is remembered are tensors that each run replaces. Rows are in the order of the sequence: tokens first."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.reset()

    def slots(self):
        return 0

    def reset(self):
        self.state = {name: np.zeros(shape, np.float32) for name, shape in state_tensors(self.config)}
        self.position, self.unseen = 0, []

    def push_next(self, embeddings, tokens):
        count = len(tokens) + len(embeddings)
        feeds = {'embeddings': embeddings, 'tokens': np.asarray(tokens, np.int64), 'positions': self.position + np.arange(count),
                 **{f'state_{name}': tensor for name, tensor in self.state.items()}}
        logits, *after = self.trunk.run(['logits', *(f'next_{name}' for name in self.state)], feeds)
        self.state = dict(zip(self.state, after))
        self.position += count
        return logits

    def act(self, text, patches, state, forced=None):
        if self.config.steps == 1:
            self.reset()
        return super().act(text, patches, state, forced)


# Of each family: how its graphs are run, and how PyTorch decodes.
FORMS = {'gato': (OnnxPolicy, Decoder), 'db1': (OnnxDb1, Db1Decoder), 'retnet': (OnnxRetNet, RetNetDecoder)}


def random_frames(config, count, seed=0):
    random = np.random.default_rng(seed)
    return [{'text': random.integers(0, config.vocabulary, config.text_positions),
             'patches': random.uniform(-0.25, 0.25, (config.patches, 3 * config.patch_size**2)).astype(np.float32),
             'state': random.integers(config.vocabulary, config.vocabulary + config.bins, config.state_values)} for _ in range(count)]


def frames_of(dataset, spec, count, seed=0):
    """Random frames of a dataset directory."""
    from data import load_dataset
    frame_set = load_dataset(dataset, spec)
    chosen = np.random.default_rng(seed).integers(0, frame_set.frames, count)
    return [{'text': frame_set.texts[frame_set.text[frame]].astype(np.int64),
             'patches': (frame_set.patches_of(np.array([frame]))[0].astype(np.float32) / 255 * 2 - 1) / 4,
             'state': frame_set.state[frame].astype(np.int64)} for frame in chosen]


def check(model, spec, folder, precision, frames):
    """Share of equal greedy tokens (with PyTorch's own tokens fed to both), mean logit cosine, largest logit difference."""
    onnx_policy, torch_policy = FORMS[family_of(model.config)]
    policy, decoder = onnx_policy(folder, precision, model.config, spec), torch_policy(model)
    equal = total = 0
    cosines, largest = [], 0.0
    for frame in frames:
        expected, logits = decoder.act(*(torch.from_numpy(frame[name]) for name in ('text', 'patches', 'state')))
        rows, found = policy.act(**frame, forced=expected.numpy())
        equal, total = equal + int((rows == expected.numpy()).sum()), total + len(rows)
        wanted = logits.numpy()
        cosines += list((wanted * found).sum(1) / np.linalg.norm(wanted, axis=1) / np.linalg.norm(found, axis=1))
        largest = max(largest, float(np.abs(wanted - found).max()))
    return {'tokens': total, 'equal': equal / total, 'cosine': float(np.mean(cosines)), 'largestDifference': largest}

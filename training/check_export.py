"""Compares exported graphs with PyTorch fp32: the same frames, greedy tokens, a key-value ring on both sides."""
from pathlib import Path

import numpy as np
import torch

from decode import HIDDEN, Decoder


# Of the logits with those of PyTorch in fp32, on average; fp32 must give the same tokens besides.
LEAST_COSINE = {'fp32': 0.99999, 'fp16': 0.9999, 'int8': 0.99, 'int4': 0.9}


class OnnxPolicy:
    """Runs embed and trunk as the runtime does; the ring lives here."""

    def __init__(self, folder, precision, model_config, spec, threads=1):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        load = lambda name: onnxruntime.InferenceSession(str(Path(folder) / f'{name}.{precision}.onnx'), options, providers=['CPUExecutionProvider'])
        self.embed, self.trunk = load('embed'), load('trunk')
        self.config, self.spec = model_config, spec
        self.offset = spec.codec.text_vocabulary - model_config.vocabulary   # raw continuous id minus table row
        slots = model_config.steps * model_config.step_positions
        shape = (model_config.layers, model_config.kv_heads, slots, model_config.head_width)
        self.keys, self.values = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.bias = np.full(slots, HIDDEN, np.float32)

    def push(self, embeddings, tokens, positions):
        """embeddings [Te, W], raw action ids [Tt], positions [Te + Tt] -> logits [bins], or [A, bins] in parallel; stores keys and values."""
        positions = np.asarray(positions, np.int64)
        feeds = {'embeddings': embeddings, 'tokens': np.asarray(tokens, np.int64), 'positions': positions, 'cache_bias': self.bias}
        for layer in range(self.config.layers):
            feeds |= {f'key_cache_{layer}': self.keys[layer:layer + 1], f'value_cache_{layer}': self.values[layer:layer + 1]}
        logits, rows = self.trunk.run(['logits', 'kv'], feeds)
        slots, layers = positions % len(self.bias), self.config.layers
        self.keys[:, :, slots], self.values[:, :, slots] = rows[:layers], rows[layers:]
        self.bias[slots] = 0
        return logits

    def act(self, text, patches, state, forced=None):
        """One control step on table rows -> action rows [A] and logits [A, bins]; `forced` rows are fed in place of the own."""
        config = self.config
        self.bias[:] = HIDDEN
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
    policy, decoder = OnnxPolicy(folder, precision, model.config, spec), Decoder(model)
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

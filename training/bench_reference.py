"""One control tick in eager PyTorch with a key-value cache, fp32: what bench/policy.ts compares the engine with.

Reads JSON lines: first a token frame {textIds, stateIds, patches}, answered by {"parameters"}; then a count, answered by
{"ms": [...], "tokens": [...]}: the time of each of so many ticks on that frame, and the action tokens of the last. The steps
before the current one are in the cache already, all zero; what they hold does not change the time.
"""
import argparse
import json
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from data import to_rows
from export import WEIGHTS, load_averaged
from model import Gato, ModelConfig, rotate
from tokens import LayoutSpec


class CachedDecoder:
    """Greedy decoding of one control step behind `past` positions; batch 1. Letters in shapes as in model.py."""

    def __init__(self, model):
        self.model = model.eval()
        config = self.config = model.config
        if config.parallel or config.chunk_steps > 1:
            raise ValueError('only one step of action tokens, one after another, is measured: choose such a policy')
        self.past = (config.steps - 1) * config.step_positions
        shape = (config.layers, 1, config.kv_heads, self.past + config.step_positions, config.head_width)
        self.keys, self.values = torch.zeros(shape), torch.zeros(shape)
        keep_matrices(model.stem)

    @torch.inference_mode()
    def decide(self, text, patches, state):
        """Bins [A] of text rows [text], patches [patches, 3 size^2] and state rows [values]."""
        model, config = self.model, self.config
        hidden = self.push(model.observe(text[None], patches[None], state[None]), 0)
        bins = []
        for slot in range(config.actions):
            if bins:
                row = model.table[config.vocabulary + bins[-1]]
                hidden = self.push(row[None, None], config.observation_positions + slot - 1)
            bins.append(int(model.logits(hidden, slot).argmax()))
        return bins

    def push(self, x, first):
        """Runs new positions [1, T, W] of the step from `first` on, keeps their keys and values; the last hidden row [W]."""
        model, start = self.model, self.past + first
        end = start + x.shape[1]
        rope = (model.cosine[start:end], model.sine[start:end])
        bias = model.causal[start:end, :end]
        for layer, block in enumerate(model.blocks):
            normal = block.norm1(x)
            self.keys[layer, :, :, start:end], self.values[layer, :, :, start:end] = block.project(normal, rope)
            if layer == self.config.layers - 1:
                # Of the last block only the row that is read out is needed.
                x, normal, bias = x[:, -1:], normal[:, -1:], bias[-1:]
                rope = (rope[0][-1:], rope[1][-1:])
            x = x + self.attend(block, normal, rope, (self.keys[layer, :, :, :end], self.values[layer, :, :, :end]), bias)
            x = x + block.feed(x)
        return model.norm(x)[0, -1]

    def attend(self, block, normal, rope, cached, bias):
        """As Block.attend, by PyTorch's own fused attention."""
        config, (batch, length, _) = self.config, normal.shape
        query = rotate(block.query(normal).view(batch, length, config.heads, config.head_width), *rope).transpose(1, 2)
        mask = None if length == 1 else bias
        mixed = F.scaled_dot_product_attention(query, *cached, attn_mask=mask, enable_gqa=config.kv_heads < config.heads)
        return block.out(mixed.transpose(1, 2).reshape(batch, length, -1))


def keep_matrices(stem):
    """The matrices of the stem depend on the weights alone; making them anew for each image is training's business."""
    if stem.dense:
        matrices = {id(weight): stem.matrix(weight).detach() for weight in (stem.enter, stem.conv1, stem.conv2)}
        stem.matrix = lambda weight: matrices[id(weight)]


def load_model(folder):
    """The policy's model and layout: with the weights beside the policy, else the random ones of its seed."""
    policy = json.loads((folder / 'policy.json').read_text())
    spec = LayoutSpec.from_json(policy['tokens'])
    if (folder / WEIGHTS).exists():
        return load_averaged(folder / WEIGHTS)[0], spec
    training = policy['training']
    return Gato(ModelConfig(**training['config']), training.get('seed', 0)).eval(), spec


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--policy', required=True, type=Path, help='folder of policy.json')
    parser.add_argument('--threads', type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model, spec = load_model(arguments.policy)
    decoder = CachedDecoder(model)
    frame = json.loads(sys.stdin.readline())
    text = torch.tensor(frame['textIds'])
    state = to_rows(spec, torch.tensor(frame['stateIds']))
    patches = torch.tensor(frame['patches']).view(model.config.patches, -1)
    print(json.dumps({'parameters': sum(weight.numel() for weight in model.parameters())}), flush=True)
    for line in sys.stdin:
        milliseconds = []
        for _ in range(json.loads(line)):
            start = time.perf_counter()
            bins = decoder.decide(text, patches, state)
            milliseconds.append((time.perf_counter() - start) * 1000)
        print(json.dumps({'ms': milliseconds, 'tokens': [spec.codec.text_vocabulary + bin for bin in bins]}), flush=True)


if __name__ == '__main__':
    main()

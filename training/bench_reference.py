"""One control tick in eager PyTorch with a key-value cache, fp32: what bench/tick.ts is measured against.

Reads JSON lines: first a token frame {textIds, stateIds, patches}, answered by "ready"; then anything, each
answered by the action tokens of one tick on that frame.
"""
import argparse
import json
import sys
from pathlib import Path

import torch

from data import to_rows
from export import WEIGHTS, load_averaged
from model import Gato, ModelConfig
from tokens import LayoutSpec


class CachedDecoder:
    """Greedy decoding of one control step; batch 1. Letters in shapes as in model.py."""

    def __init__(self, model):
        self.model = model.eval()
        config = self.config = model.config
        if config.parallel or config.chunk_steps > 1:
            raise ValueError('only one step of action tokens, one after another, is measured: choose such a policy')
        shape = (config.layers, 1, config.kv_heads, config.step_positions, config.head_width)
        self.keys, self.values = torch.zeros(shape), torch.zeros(shape)
        stem = model.stem
        if stem.dense:
            # The matrices of the stem depend on the weights alone; making them anew for each image is training's business.
            matrices = {id(weight): stem.matrix(weight) for weight in (stem.enter, stem.conv1, stem.conv2)}
            stem.matrix = lambda weight: matrices[id(weight)]

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
        """Runs new positions [1, T, W] from `first` on, keeps their keys and values; the last hidden row [W]."""
        model, end = self.model, first + x.shape[1]
        rope = (model.cosine[first:end], model.sine[first:end])
        bias = model.causal[first:end, :end]
        for layer, block in enumerate(model.blocks):
            normal = block.norm1(x)
            self.keys[layer, :, :, first:end], self.values[layer, :, :, first:end] = block.project(normal, rope)
            if layer == self.config.layers - 1:
                # Of the last block only the row that is read out is needed.
                x, normal, bias = x[:, -1:], normal[:, -1:], bias[-1:]
                rope = (rope[0][-1:], rope[1][-1:])
            x = x + block.attend(normal, rope, self.keys[layer, :, :, :end], self.values[layer, :, :, :end], bias)
            x = x + block.feed(x)
        return model.norm(x)[0, -1]


def load_model(folder, checkpoint_path):
    """The policy's model and layout: with the weights of the checkpoint or those beside the policy, else random ones of its shape."""
    policy = json.loads((folder / 'policy.json').read_text())
    spec = LayoutSpec.from_json(policy['tokens'])
    path = checkpoint_path or folder / WEIGHTS
    if Path(path).exists():
        return load_averaged(path)[0], spec
    return Gato(ModelConfig(**policy['training']['config'])), spec


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--policy', required=True, type=Path, help='folder of policy.json')
    parser.add_argument('--checkpoint', default='', help='checkpoint.pt of the training run; without it the weights are random')
    parser.add_argument('--threads', type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model, spec = load_model(arguments.policy, arguments.checkpoint)
    decoder = CachedDecoder(model)
    frame = json.loads(sys.stdin.readline())
    text = torch.tensor(frame['textIds'])
    state = to_rows(spec, torch.tensor(frame['stateIds']))
    patches = torch.tensor(frame['patches']).view(model.config.patches, -1)
    print(json.dumps('ready'), flush=True)
    for _ in sys.stdin:
        bins = decoder.decide(text, patches, state)
        print(json.dumps([spec.codec.text_vocabulary + bin for bin in bins]), flush=True)


if __name__ == '__main__':
    main()

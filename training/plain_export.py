"""Exports a policy the way models usually are: torch.onnx, past keys and values in, all of them with the new rows out, fp32.

    python3 training/plain_export.py --policy models/desk /tmp/plain

Writes observe.onnx (text, patches, state to embeddings) and step.onnx (embeddings or action tokens, positions and past to
logits and present): what bench/policy.ts compares the engine's graphs with.
"""
import argparse
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from bench_reference import keep_matrices, load_model
from decode import HIDDEN


class Observe(nn.Module):
    """Embeddings of one observation, by the model's own code."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, text, patches, state):
        return self.model.observe(text, patches, state)


class Step(nn.Module):
    """The trunk as PyTorch code has it, with one pair of past and present tensors per layer."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, embeddings, tokens, slot, *past):
        """embeddings [1, Te, W], tokens [1, Tt] (table rows), slot [1] of the action, past [1, K, P, D] -> logits [bins], present."""
        model, config = self.model, self.model.config
        x = torch.cat((embeddings, F.embedding(tokens, model.table)), dim=1)
        before, length = past[0].shape[2], x.shape[1]
        positions = torch.arange(length) + before
        frequency = config.rope_base ** (-torch.arange(0, config.head_width, 2) / config.head_width)
        angle = positions.float()[:, None] * frequency
        rope = (angle.cos()[:, None], angle.sin()[:, None])
        bias = torch.where(torch.arange(before + length)[None] <= positions[:, None], 0.0, HIDDEN)
        present = []
        for index, block in enumerate(model.blocks):
            normal = block.norm1(x)
            key, value = block.project(normal, rope)
            key, value = torch.cat((past[2 * index], key), dim=2), torch.cat((past[2 * index + 1], value), dim=2)
            present += [key, value]
            x = x + block.attend(normal, rope, key, value, bias)
            x = x + block.feed(x)
        return model.logits(model.norm(x)[:, -1], slot)[0], *present


def export_plain(model, folder):
    """Writes observe.onnx and step.onnx of a model in evaluation mode."""
    config = model.config
    folder.mkdir(parents=True, exist_ok=True)
    text, state = torch.zeros(1, config.text_positions, dtype=torch.long), torch.zeros(1, config.state_values, dtype=torch.long)
    patches = torch.zeros(1, config.patches, 3 * config.patch_size**2)
    keep_matrices(model.stem)
    torch.onnx.export(Observe(model), (text, patches, state), folder / 'observe.onnx', dynamo=False, opset_version=17,
                      input_names=['text', 'patches', 'state'], output_names=['embeddings'])
    pairs = [f'{kind}_{layer}' for layer in range(config.layers) for kind in ('key', 'value')]
    past = [torch.zeros(1, config.kv_heads, 5, config.head_width) for _ in pairs]
    sample = (torch.zeros(1, 3, config.width), torch.zeros(1, 2, dtype=torch.long), torch.zeros(1, dtype=torch.long), *past)
    axes = {'embeddings': {1: 'Te'}, 'tokens': {1: 'Tt'}, **{f'past_{name}': {2: 'P'} for name in pairs}, **{f'present_{name}': {2: 'N'} for name in pairs}}
    torch.onnx.export(Step(model), sample, folder / 'step.onnx', dynamo=False, opset_version=17, dynamic_axes=axes,
                      input_names=['embeddings', 'tokens', 'slot', *(f'past_{name}' for name in pairs)],
                      output_names=['logits', *(f'present_{name}' for name in pairs)])


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument('folder', type=Path, help='created; overwritten where it exists')
    parser.add_argument('--policy', required=True, type=Path, help='folder of policy.json')
    arguments = parser.parse_args(argv)
    with torch.no_grad():
        export_plain(load_model(arguments.policy)[0].eval(), arguments.folder)


if __name__ == '__main__':
    sys.exit(main())

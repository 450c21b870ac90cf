"""Writes a small random retnet to a folder, with golden.json: what PyTorch decides in one episode, all positions at once.

    python3 training/tests/write_tiny_retnet.py tests/fixtures/tiny-retnet
"""
import json
import sys
from dataclasses import replace
from pathlib import Path

import torch
from write_tiny_policy import POLICY, SHAPE, decide, frame

from data import model_config
from export import write_policy
from retnet import RetNet
from tokens import LayoutSpec

EPISODE = range(61, 81)  # Seeds of the frames.


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    policy = {**POLICY, 'name': 'tiny-retnet'}
    spec = LayoutSpec.from_json(policy['tokens'])
    shape = {name: value for name, value in SHAPE.items() if name != 'kv_heads'}
    config = model_config(spec, 'retnet', **shape, steps=4)
    model = RetNet(config, seed=5).eval()
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        # Every part must matter, which it hardly does in a model that is about to be trained.
        model.table.normal_(std=0.5, generator=generator)
        model.action_gate.normal_(std=6, generator=generator)
        model.action_shift.normal_(std=0.2, generator=generator)
        for block in model.blocks:
            block.out.weight.mul_(4)
            block.down.weight.mul_(2)
    write_policy(model, policy, folder, ('int8', 'fp32'), weights=False)
    whole = RetNet(replace(config, steps=len(EPISODE))).eval()
    whole.load_state_dict(model.state_dict())
    frames = [frame(spec, config, seed) for seed in EPISODE]
    tokens, probabilities = decide(whole, spec, frames)
    for entry in frames:
        del entry['patches']
    (folder / 'golden.json').write_text(json.dumps({'frames': frames, 'tokens': tokens, 'probabilities': probabilities}, indent=1) + '\n')


if __name__ == '__main__':
    main(Path(sys.argv[1]))

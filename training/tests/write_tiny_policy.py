"""Writes small random policies to tests/fixtures, each with golden.json: what PyTorch decides with it without a cache.

    python3 training/tests/write_tiny_policy.py tests/fixtures [name ...]
"""
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from data import model_config, to_rows
from db1 import Db1
from db1_reference import HiddenStateMemory
from export import write_policy
from model import Gato
from retnet import RetNet
from tokens import LayoutSpec
from tsp import Lesson, policy_of, policy_tours

JOINTS = ['base', 'elbow', 'gripper']
POLICY = {
    'formatVersion': 1, 'name': 'tiny', 'family': 'gato',
    'description': 'A random policy, small enough for tests. It has learnt nothing.',
    'robot': 'tiny', 'joints': JOINTS, 'suite': 'none', 'tasks': ['none'], 'controlHz': 10,
    'tokens': {
        'layout': 'packed',
        'codec': {'bins': 256, 'mu': 100, 'maximum': 256, 'textVocabulary': 32000, 'decode': 'centre', 'deadbandBins': 1},
        'text': {'vocabulary': ['', 'put', 'the', 'red', 'cube', 'down'], 'positions': 4},
        'cameras': [{'name': 'front', 'width': 64, 'height': 32}], 'patchSize': 16,
        'state': [{'name': 'positions', 'codec': 'linear', 'low': [-1.5] * 3, 'high': [1.5] * 3},
                  {'name': 'velocities', 'codec': 'mulaw'}],
        'actions': [{'joint': joint, 'kind': 'delta', 'lowRad': -0.1, 'highRad': 0.1} for joint in JOINTS],
        'leashRad': 0.2,
    },
}
# Each with the precisions it is written in, and the seeds of the frames of its golden cases.
POLICIES = {
    'tiny-policy': dict(action_tokens='autoregressive', chunk_steps=1, precisions=('int8', 'fp32'), cases=((11,), (12,), (13,), (21, 22), (31, 32, 33))),
    'tiny-parallel': dict(action_tokens='parallel', chunk_steps=1, precisions=('fp32',), cases=((11,), (12,), (21, 22), (31, 32, 33))),
    'tiny-chunk': dict(action_tokens='autoregressive', chunk_steps=3, precisions=('fp32',), cases=((13,), (14,))),
    'tiny-parallel-chunk': dict(action_tokens='parallel', chunk_steps=3, precisions=('fp32',), cases=((11,), (12,))),
}
SHAPE = dict(width=16, layers=2, heads=4, kv_heads=2, head_width=8, feed_forward=24, stem_channels=2, stem_groups=1)


def frame(spec, config, seed):
    """Ids by a generator, patch numbers by a rule that the TypeScript tests repeat."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda high, count: torch.randint(high, (count,), generator=generator)
    count = config.patches * 3 * config.patch_size**2
    return {'textIds': draw(config.vocabulary, config.text_positions).tolist(),
            'stateIds': (draw(config.bins, config.state_values) + spec.codec.text_vocabulary).tolist(), 'patchSeed': seed,
            'patches': ((torch.arange(count) * 37 + seed) % 101 - 50) / 200}


@torch.no_grad()
def decide(model, spec, frames):
    """Greedy tokens and their probabilities, [S, A] each, from whole sequences run again for every token; and the batch with the tokens."""
    config, steps = model.config, len(frames)
    batch = {'text': torch.tensor([entry['textIds'] for entry in frames])[None],
             'state': to_rows(spec, torch.tensor([entry['stateIds'] for entry in frames]))[None],
             'patches': torch.stack([entry['patches'] for entry in frames]).view(1, steps, config.patches, -1),
             'actions': torch.full((1, steps, config.actions), config.vocabulary)}
    probabilities = torch.zeros(steps, config.actions)
    for step in range(steps):
        for slot in range(config.actions):
            share, best = model(batch)[0][0, step, slot].softmax(-1).topk(2)
            assert share[0] > 1.01 * share[1], 'two bins are equally likely: choose another seed'
            batch['actions'][0, step, slot] = config.vocabulary + best[0]
            probabilities[step, slot] = share[0]
    tokens = batch['actions'][0] - config.vocabulary + spec.codec.text_vocabulary
    return tokens.tolist(), rounded(probabilities), batch


def rounded(table):
    return [[round(float(value), 6) for value in row] for row in table]


@torch.no_grad()
def attention_of(model, batch):
    """What the action tokens of each step attended to of its observation, [S, P]: the mean over layers, heads and the tokens of a step."""
    config, weighed = model.config, []
    for block in model.blocks:
        block.weigh = lambda *arguments, weigh=block.weigh: weighed.append(weigh(*arguments)) or weighed[-1]
    model(batch)
    for block in model.blocks:
        del block.weigh
    read = model.readout_positions(config.steps)
    weighed[:-1] = [weights[:, :, read] for weights in weighed[:-1]]  # Of the last layer these rows are all.
    mean = torch.stack(weighed).mean((0, 1, 2)).view(config.steps, config.actions, -1).mean(1)
    return [mean[step, step * config.step_positions:][:config.observation_positions] for step in range(config.steps)]


@torch.no_grad()
def stir(model, gate_deviation):
    """Every part must matter, which it hardly does in a model that is about to be trained."""
    generator = torch.Generator().manual_seed(6)
    model.table.normal_(std=0.5, generator=generator)
    model.action_gate.normal_(std=gate_deviation, generator=generator)
    model.action_shift.normal_(std=0.2, generator=generator)
    for block in model.blocks:
        block.out.weight.mul_(4)
        block.down.weight.mul_(2)
    if model.config.parallel:
        model.action_queries.normal_(std=0.5, generator=generator)


def write(folder, action_tokens, chunk_steps, precisions, cases):
    folder.mkdir(parents=True, exist_ok=True)
    policy = POLICY
    if chunk_steps > 1:
        policy = {**POLICY, 'tokens': {**POLICY['tokens'], 'chunk': {'steps': chunk_steps, 'execute': chunk_steps}}}
    spec = LayoutSpec.from_json(policy['tokens'])
    config = model_config(spec, **SHAPE, action_tokens=action_tokens)
    model = Gato(config, seed=5).eval()
    stir(model, gate_deviation=2)
    write_policy(model, policy, folder, precisions, weights=False)
    golden = []
    for seeds in cases:
        longer = Gato(replace(config, steps=len(seeds))).eval()
        longer.load_state_dict(model.state_dict())
        frames = [frame(spec, config, seed) for seed in seeds]
        tokens, probabilities, batch = decide(longer, spec, frames)
        attention = rounded(attention_of(longer, batch))
        for entry in frames:
            del entry['patches']
        golden.append({'steps': len(seeds), 'frames': frames, 'tokens': tokens, 'probabilities': probabilities, 'attention': attention})
    (folder / 'golden.json').write_text(json.dumps(golden, indent=1) + '\n')


# A memory of two steps and a bit, over which the episode goes far beyond.
DB1_SHAPE = dict(width=16, layers=2, heads=4, stem_channels=2, stem_groups=1, memory=50)
DB1_SEEDS = range(41, 51)


def write_db1(folder):
    """golden.json: what the released code's decoding gives, from a memory of zeros and from an empty one, in one episode each."""
    folder.mkdir(parents=True, exist_ok=True)
    policy = {**POLICY, 'name': 'tiny-db1', 'tokens': {**POLICY['tokens'], 'layout': 'exact'}}
    spec = LayoutSpec.from_json(policy['tokens'])
    config = model_config(spec, 'db1', **DB1_SHAPE, initial_memory='zeros')
    model = Db1(config, seed=5).eval()
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for weight in (model.table, model.local_positions, model.content_bias, model.position_bias):
            weight.add_(torch.randn(weight.shape, generator=generator) * 0.5)
    write_policy(model, policy, folder, ('fp32',), weights=False)
    golden = []
    for before_start in ('zeros', 'nothing'):
        same = Db1(replace(config, initial_memory='zeros' if before_start == 'zeros' else 'empty')).eval()
        same.load_state_dict(model.state_dict())
        memory, frames, tokens, probabilities = HiddenStateMemory(same), [frame(spec, config, seed) for seed in DB1_SEEDS], [], []
        for entry in frames:
            rows, logits = memory.act(torch.tensor(entry['textIds']), entry.pop('patches').view(config.patches, -1),
                                      to_rows(spec, torch.tensor(entry['stateIds'])))
            shares = logits.softmax(-1).topk(2).values
            assert (shares[:, 0] > 1.01 * shares[:, 1]).all(), 'two bins are equally likely: choose other seeds'
            tokens.append((rows - config.vocabulary + spec.codec.text_vocabulary).tolist())
            probabilities.append([round(float(value), 6) for value in shares[:, 0]])
        golden.append({'beforeStart': before_start, 'frames': frames, 'tokens': tokens, 'probabilities': probabilities})
    (folder / 'golden.json').write_text(json.dumps(golden, indent=1) + '\n')


RETNET_SEEDS = range(61, 81)


def write_retnet(folder):
    """golden.json: what PyTorch decides in one episode, all positions at once."""
    folder.mkdir(parents=True, exist_ok=True)
    policy = {**POLICY, 'name': 'tiny-retnet'}
    spec = LayoutSpec.from_json(policy['tokens'])
    shape = {name: value for name, value in SHAPE.items() if name != 'kv_heads'}
    config = model_config(spec, 'retnet', **shape, steps=4)
    model = RetNet(config, seed=5).eval()
    stir(model, gate_deviation=6)
    write_policy(model, policy, folder, ('int8', 'fp32'), weights=False)
    whole = RetNet(replace(config, steps=len(RETNET_SEEDS))).eval()
    whole.load_state_dict(model.state_dict())
    frames = [frame(spec, config, seed) for seed in RETNET_SEEDS]
    tokens, probabilities, _ = decide(whole, spec, frames)
    for entry in frames:
        del entry['patches']
    (folder / 'golden.json').write_text(json.dumps({'frames': frames, 'tokens': tokens, 'probabilities': probabilities}, indent=1) + '\n')


def write_choice(folder):
    """A db1 whose action is a choice of the next city; golden.json: places, and the tours that PyTorch makes of them."""
    folder.mkdir(parents=True, exist_ok=True)
    policy = policy_of(6)
    spec = LayoutSpec.from_json(policy['tokens'])
    shape = dict(width=16, layers=2, heads=4, stem_channels=1, stem_groups=1)
    memory = model_config(spec, 'db1', **shape).step_positions
    model = Db1(model_config(spec, 'db1', **shape, memory=memory), seed=5).eval()
    with torch.no_grad():
        for weight in (model.table, model.local_positions):
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(6)) * 0.5)
    write_policy(model, policy, folder, ('fp32',), weights=False)
    places = np.random.default_rng(7).random((8, 6, 2)).round(6)
    tours = policy_tours(model, Lesson(spec, model.config), places)
    golden = [{'places': [{'x': x, 'y': y} for x, y in some.tolist()], 'tour': tour.tolist()} for some, tour in zip(places, tours)]
    (folder / 'golden.json').write_text(json.dumps(golden, indent=1) + '\n')


OTHERS = {'tiny-db1': write_db1, 'tiny-retnet': write_retnet, 'tiny-choice': write_choice}


def main(folder, names):
    for name in names or [*POLICIES, *OTHERS]:
        if name in OTHERS:
            OTHERS[name](folder / name)
        else:
            write(folder / name, **POLICIES[name])


if __name__ == '__main__':
    main(Path(sys.argv[1]), sys.argv[2:])

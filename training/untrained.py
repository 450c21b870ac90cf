"""Writes a policy of any size that has learnt nothing: what time and memory are measured with, without a download.

    python3 training/untrained.py /tmp/gato-79m --size 79M --kv-heads 4
    python3 training/untrained.py /tmp/retnet-10m --size 10M --family retnet

One control step is 41 observation tokens (10 words, 16 patches, 14 joint values, the separator) and 7 action tokens of a
ur5e with its gripper. The same seed gives the same weights, and so PyTorch needs no file of them.
"""
import argparse
import sys
from pathlib import Path

from data import model_config
from export import write_policy
from families import OPTIONS, build_model
from onnx_graph import PRECISIONS
from sizes import SIZES, shape_of
from tokens import LayoutSpec

JOINTS = ('shoulder_pan_joint', 'shoulder_lift_joint', 'elbow_joint', 'wrist_1_joint', 'wrist_2_joint', 'wrist_3_joint', 'gripper')
CONTEXT_TOKENS = 1024


def untrained_policy(name, words):
    """policy.json without model, context and files."""
    return {
        'formatVersion': 1, 'name': name, 'family': 'gato', 'description': 'Random weights, to measure time and memory with',
        'robot': 'ur5e', 'joints': list(JOINTS), 'suite': 'none', 'tasks': ['none'], 'controlHz': 20, 'sampling': {'kind': 'greedy'},
        'tokens': {
            'layout': 'exact', 'codec': {}, 'patchSize': 16, 'leashRad': 0.3,
            'text': {'vocabulary': ['', '<unknown>', *(f'word{index}' for index in range(2, words))], 'positions': 10},
            'cameras': [{'name': 'front', 'width': 64, 'height': 64}],
            'state': [{'name': 'positions', 'codec': 'linear', 'low': [-3.2] * len(JOINTS), 'high': [3.2] * len(JOINTS)},
                      {'name': 'velocities', 'codec': 'mulaw'}],
            'actions': [{'joint': joint, 'kind': 'delta', 'lowRad': -0.1, 'highRad': 0.1} for joint in JOINTS],
        },
    }


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument('folder', type=Path, help='created; overwritten where it exists')
    parser.add_argument('--size', choices=SIZES, required=True)
    parser.add_argument('--family', choices=OPTIONS, default='gato')
    parser.add_argument('--kv-heads', type=int, default=None, help='key and value heads; full attention without it')
    parser.add_argument('--context', type=int, default=CONTEXT_TOKENS, help='tokens the policy looks back on (default: %(default)s)')
    parser.add_argument('--precisions', nargs='*', choices=PRECISIONS, default=['int8'])
    parser.add_argument('--seed', type=int, default=0)
    arguments = parser.parse_args(argv)
    shape, words = shape_of(arguments.size, arguments.kv_heads)
    shape = {name: value for name, value in shape.items() if name in OPTIONS[arguments.family]}
    policy = untrained_policy(f'untrained-{arguments.family}-{arguments.size.lower()}', words)
    spec = LayoutSpec.from_json(policy['tokens'])
    step = model_config(spec, arguments.family, **shape).step_positions
    config = model_config(spec, arguments.family, **shape, steps=max(1, arguments.context // step))
    model = build_model(config, seed=arguments.seed).eval()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    parameters = sum(weight.numel() for weight in model.parameters())
    training = {'seed': arguments.seed, 'parameters': parameters}
    write_policy(model, policy, arguments.folder, arguments.precisions, training, weights=False)
    print(f'{arguments.folder}: {parameters:,} parameters, {config.steps} steps of {step} tokens')


if __name__ == '__main__':
    sys.exit(main())

"""Writes a trained model as policy.json and ONNX graphs. `python3 training/export.py --help`.

    python3 training/export.py runs/desk/checkpoint.pt models/desk         what a run of training saved
    python3 training/export.py models/desk/weights.pt models/desk          a shipped policy again, by the exporter of now

Success that was measured is not carried over: it was that of other graphs. Measure it again with `armature eval`.
"""
import argparse
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import checkpoint
import db1_graphs
import graphs
import retnet_graphs
from families import family_of, restore_model
from instruction_text import located, shipped
from onnx_graph import PRECISIONS
from tokens import LayoutSpec
from transfer import share_unmet_rows

# Of each family the module with build_embed, build_trunk and memory_of, its entries "context" and "state" of policy.json.
GRAPHS = {'gato': graphs, 'db1': db1_graphs, 'retnet': retnet_graphs}
KEPT_VERSIONS = 3
WEIGHTS = 'weights.pt'
BYTES_PER_WEIGHT = {'fp32': 4, 'fp16': 2, 'int8': 1, 'int4': 0.6}
EXTERNAL_FROM_BYTES = 1_000_000_000  # Larger graphs keep their weights in a data file: one of protobuf ends at 2 GB.


def listed(path):
    with path.open('rb') as file:
        return {'path': path.name, 'sha256': hashlib.file_digest(file, 'sha256').hexdigest()}


def write_graphs(model, spec, folder, precision, external_from=EXTERNAL_FROM_BYTES):
    """Both graphs in one precision, with data files from so many bytes on. Returns their entry of "files" in policy.json."""
    parameters, family = sum(weight.numel() for weight in model.parameters()), GRAPHS[family_of(model.config)]
    is_external = parameters * BYTES_PER_WEIGHT[precision] >= external_from
    entry = {}
    for name, build in (('embed', family.build_embed), ('trunk', family.build_trunk)):
        path = folder / f'{name}.{precision}.onnx'
        data = path.with_suffix('.onnx.data') if is_external else None
        graph = build(model, spec, precision, data)
        graph.save(path)
        entry[name] = {**listed(path), **({'data': [listed(data)]} if data else {})}
        # An addition is read together with the graph, from memory, where a data file is not found.
        for added, addition in () if data else graph.additions.items():
            path = folder / f'{added}.{precision}.onnx'
            addition.save_addition(path)
            entry[added] = listed(path)
    return entry


def write_policy(model, policy, folder, precisions=('int8', 'fp32'), training=None, weights=True):
    """Graphs, weights.pt unless told, and policy.json into an existing directory; `policy` is policy.json without model, context and files."""
    folder, policy = Path(folder), shipped(policy, folder)
    spec, config = LayoutSpec.from_json(policy['tokens'], folder), model.config
    files = {precision: write_graphs(model, spec, folder, precision) for precision in PRECISIONS if precision in precisions}
    family = family_of(config)
    if weights:
        checkpoint.save_weights(folder / WEIGHTS, family, config.to_dict(), model.state_dict())
    manifest = {
        **{name: value for name, value in policy.items() if name not in ('model', 'context', 'state', 'files', 'weights', 'measured')},
        'formatVersion': 1, 'family': family,
        'model': {'layers': config.layers, 'width': config.width, 'heads': config.heads, 'kvHeads': config.kv_heads,
                  'headWidth': config.head_width, 'feedForward': config.feed_forward, 'actionTokens': config.action_tokens},
        **GRAPHS[family].memory_of(config),
        'sampling': policy.get('sampling', {'kind': 'greedy'}),
        'files': files,
        **({'weights': listed(folder / WEIGHTS)} if weights else {}),
        'training': {**policy.get('training', {}), **(training or {}), 'config': config.to_dict()},
        'measured': {},
    }
    (folder / 'policy.json').write_text(json.dumps(manifest, indent=2) + '\n')
    return manifest


def export_policy(model, policy, link, precisions=('int8', 'fp32'), training=None):
    """Writes a new version beside `link` and points the link to it atomically: who reads through it finds one whole version.

    Resolve the link once before reading several files. Raises ValueError where `link` is a real directory.
    """
    link = Path(link)
    if link.exists() and not link.is_symlink():
        raise ValueError(f'"{link}" is a directory, not a link to one; move it away or name another --export-dir')
    versions = link.with_name(link.name + '.versions')
    versions.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(child.name) for child in versions.iterdir() if child.name.isdigit()), default=0)
    folder = versions / f'{number:06d}'
    partial = versions / f'{folder.name}.partial'
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    write_policy(model, policy, partial, precisions, training)
    partial.rename(folder)
    fresh = link.with_name(link.name + '.next')
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(folder, link.parent), target_is_directory=True)
    os.replace(fresh, link)
    for old in sorted(child for child in versions.iterdir() if child.name.isdigit())[:-KEPT_VERSIONS]:
        shutil.rmtree(old)
    return folder


def load_averaged(path):
    """Model in evaluation mode with the averaged weights of a checkpoint or of weights.pt, and what else the file holds."""
    state = checkpoint.load_weights(path) if Path(path).name == WEIGHTS else checkpoint.load(path)
    model = restore_model(state)
    met = state.get('policy', {}).get('tokens', {}).get('text', {}).get('trainedIds')
    if met is not None:
        share_unmet_rows(model.table.data, met, model.config.vocabulary)
    return model, state


def policy_behind(path, state):
    """policy.json's content for a checkpoint, which holds it, or for weights.pt, which lies beside it; and what is known of the training."""
    folder = Path(path).parent
    if 'policy' in state:
        training = {name: state[name] for name in ('step', 'samples')} | {'minutes': round(state['elapsed'] / 60, 2)}
        return located(state['policy'], folder), training
    manifest = folder / 'policy.json'
    if not manifest.exists():
        raise FileNotFoundError(f'"{path}" holds weights alone, and "{manifest}", which says what they are for, does not exist; put it beside them')
    return located(json.loads(manifest.read_text()), folder), None


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument('checkpoint', help='checkpoint.pt of a run, or weights.pt of a policy')
    parser.add_argument('folder', help='created; overwritten where it exists')
    parser.add_argument('--precisions', nargs='*', choices=PRECISIONS, default=['int8', 'fp32'], help='default: int8 fp32')
    parser.add_argument('--check', type=int, default=0, metavar='N', help='compare greedy tokens on N frames with PyTorch')
    parser.add_argument('--data', default='', help='dataset whose frames --check takes; random frames without it')
    arguments = parser.parse_args(argv)
    model, state = load_averaged(arguments.checkpoint)
    policy, training = policy_behind(arguments.checkpoint, state)
    Path(arguments.folder).mkdir(parents=True, exist_ok=True)
    write_policy(model, policy, arguments.folder, arguments.precisions, training)
    if arguments.check:
        from check_export import LEAST_COSINE, check, frames_of, random_frames
        spec = LayoutSpec.from_json(policy['tokens'])
        frames = frames_of(arguments.data, spec, arguments.check) if arguments.data else random_frames(model.config, arguments.check)
        failed = []
        for precision in arguments.precisions:
            result = check(model, spec, arguments.folder, precision, frames)
            print(precision, result)
            if result['cosine'] < LEAST_COSINE[precision] or (precision == 'fp32' and result['equal'] < 1):
                failed.append(precision)
        if failed:
            return f'{", ".join(failed)}: not the model that was exported; logits or tokens differ too much from PyTorch'
    return None


if __name__ == '__main__':
    sys.exit(main())

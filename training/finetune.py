"""Teaches a trained policy a task from recorded demonstrations; `armature train` calls it.

Everything that makes the policy (tokens, shape, sampling) comes from the folder of the base policy; words it lacks are
added behind its vocabulary. Options that are not listed here go to train.py: `--rate 1e-4 --batch 64 --resume`.
"""
import packages

packages.require()

import argparse
import hashlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import train
from data import DatasetError, column_array, data_files, find_datasets, layout_shape, read_columns, read_info, read_tasks
from export import WEIGHTS, write_policy
from instruction_text import located
from loop import train as run_training
from plot import draw
from tokens import LayoutSpec, TokenError, encode_text, split_words
from transfer import grown

# For few demonstrations and minutes, where train.py is made for many. What takes the place of a default is named
# here only; all of it can be given on the command line.
DEFAULTS = {'rate': 5e-4, 'warmup': 100, 'decay': 0.5, 'average': 0.995, 'soft_sigma': 16.0, 'privileged_weight': 0.3}


def parser():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    add = p.add_argument
    add('--from', dest='base', required=True, help='folder of the policy to start from')
    add('--data', nargs='+', required=True, help='datasets of the new task, or folders of such')
    add('--out', required=True, help='folder of the resulting policy; what training needs lies in its folder training/')
    add('--name', help='name of the policy; default: that of the folder')
    add('--rehearse', nargs='*', default=[], help='datasets of tasks that shall not be forgotten, or folders of such')
    add('--rehearse-share', type=float, default=0.5, help='share of the samples that come from them')
    add('--episodes', type=int, default=0, help='of each dataset of the new task only the first so many')
    add('--tasks', default='', help='tasks of the simulation that were learnt, separated by commas')
    add('--fresh', action='store_true', help='start from random weights of the same shape, to compare with')
    return p


def datasets(paths):
    """The datasets among `paths` and directly below those that are none."""
    found = []
    for path in map(Path, paths):
        inside = [] if (path / 'meta/info.json').exists() or not path.is_dir() else find_datasets([path])
        found += inside or [path]
    return found


def count_frames(path, episodes=0):
    """Frames and episodes that will be used, and their instructions."""
    read_info(path)
    if not data_files(path):
        raise DatasetError(f'dataset "{path}" has no data/*/*.parquet files; was the recording finished?')
    table = read_columns(path, ['episode_index', 'task_index'], episodes)
    texts, used = read_tasks(path), np.unique(column_array(table, 'task_index'))
    return {'name': path.name, 'frames': len(table), 'episodes': len(np.unique(column_array(table, 'episode_index'))),
            'instructions': [texts[index] for index in used]}


def read_base(folder):
    """policy.json of the base, checked to be one that can be trained on."""
    path = Path(folder) / 'policy.json'
    if not path.exists():
        raise FileNotFoundError(f'"{path}" does not exist; --from names the folder of a policy')
    base = json.loads(path.read_text())
    listed, weights = base.get('weights'), Path(folder) / WEIGHTS
    if not listed or not weights.exists():
        raise FileNotFoundError(f'"{folder}" has no {WEIGHTS}, which training starts from; export the policy again with training/export.py')
    if hashlib.sha256(weights.read_bytes()).hexdigest() != listed['sha256']:
        raise ValueError(f'"{weights}" is not the file that policy.json lists; fetch the policy again')
    return located(base, folder)


def describe(arguments, base, new, old):
    """policy.json of the result, before it has weights."""
    tokens = dict(base['tokens'])
    instructions = [text for counted in (*new, *old) for text in counted['instructions']]
    if 'vocabulary' in tokens['text']:
        tokens['text'] = {**tokens['text'], 'vocabulary': grown(tokens['text']['vocabulary'], instructions, split_words)}
    asked = [name.strip() for name in arguments.tasks.split(',') if name.strip()]
    tasks = list(dict.fromkeys([*(base['tasks'] if old or not asked else []), *asked]))
    name = arguments.name or Path(arguments.out).name
    start = 'random weights of the shape of' if arguments.fresh else 'the policy'
    kept = {key: [{part: counted[part] for part in ('name', 'episodes', 'frames')} for counted in counts]
            for key, counts in (('data', new), ('rehearsed', old))}
    start_from = {'name': base['name'], 'weights': base['weights']['sha256'], 'fresh': arguments.fresh}
    what = asked or sorted({text for counted in new for text in counted['instructions']})[:3]
    return {**base, 'name': name, 'tasks': tasks, 'tokens': tokens, 'training': {'from': start_from, **kept},
            'description': f'{", ".join(what)} on the {base["robot"]}, learnt from {sum(counted["episodes"] for counted in new)} demonstrations, '
                           f'starting from {start} {base["name"]}'}


def sampling_weights(new, old, share):
    """Factors by dataset that give the old datasets together `share` of the samples; within each side frames count alike."""
    names = [counted['name'] for counted in (*new, *old)]
    twice = sorted(name for name in set(names) if names.count(name) > 1)
    if twice:
        raise ValueError(f'two datasets have the same folder name ({", ".join(twice)}); rename one')
    if not 0 <= share < 1:
        raise ValueError(f'--rehearse-share is {share}, expected at least 0 and less than 1')
    if not old:
        return {}
    frames = [sum(counted['frames'] for counted in side) for side in (new, old)]
    return {counted['name']: share / (1 - share) * frames[0] / frames[1] for counted in old}


def training_options(arguments, extra):
    """TrainOptions of a fine-tuning run. Raises ValueError or FileNotFoundError with what to do."""
    out = Path(arguments.out)
    if (out / 'policy.json').exists() and '--resume' not in extra:
        raise ValueError(f'"{out}" holds a policy already; name another --out')
    base = read_base(arguments.base)
    new = [count_frames(path, arguments.episodes) for path in datasets(arguments.data)]
    old = [count_frames(path) for path in datasets(arguments.rehearse)]
    policy = describe(arguments, base, new, old)
    check_lengths(policy, (*new, *old))
    run = out / 'training'
    run.mkdir(parents=True, exist_ok=True)
    (run / 'policy.json').write_text(json.dumps(policy, indent=2) + '\n')
    train_parser = train.parser()
    train_parser.set_defaults(**DEFAULTS)
    words = ['--policy', run / 'policy.json', '--out', run, '--data', *datasets(arguments.data), *datasets(arguments.rehearse)]
    words += [] if arguments.fresh else ['--init-from', Path(arguments.base) / WEIGHTS]
    options = train.options_from(train_parser.parse_args([*map(str, words), *extra]))
    decided = {*layout_shape(options.spec), 'privileged'}
    shape = {name: value for name, value in base['training']['config'].items() if name not in decided}
    return replace(options, shape=shape, weights={**sampling_weights(new, old, arguments.rehearse_share), **options.weights},
                   episodes={counted['name']: arguments.episodes for counted in new} if arguments.episodes else {})


def check_lengths(policy, counts):
    """Raises ValueError for an instruction that has more words than the policy has room for."""
    room = policy['tokens']['text']['positions']
    spec = LayoutSpec.from_json(policy['tokens'])
    for counted in counts:
        if spec.vocabulary is not None:
            for text in counted['instructions']:
                encode_text(spec, text)
            continue
        for text in counted['instructions']:
            if len(split_words(text)) > room:
                raise ValueError(f'dataset "{counted["name"]}": the instruction "{text}" has {len(split_words(text))} words, the policy '
                                 f'takes at most {room}; record it under a shorter one')


def finetune(arguments, extra, log=print):
    """Trains and writes the policy. Returns its folder."""
    options = training_options(arguments, extra)
    trainer = run_training(options, log=log)
    out, partial = Path(arguments.out), Path(arguments.out) / 'training/policy'
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    draw(options.out)
    amount = {'step': trainer.step, 'samples': trainer.samples, 'minutes': round(trainer.elapsed / 60, 2)}
    write_policy(trainer.averaged_model(), trainer.described(), partial, options.precisions, amount)
    # policy.json last: with it the folder becomes a policy.
    for path in sorted(partial.iterdir(), key=lambda path: path.name == 'policy.json'):
        path.replace(out / path.name)
    partial.rmdir()
    return out


def main(argv=None):
    p = parser()
    arguments, extra = p.parse_known_args(argv)
    try:
        finetune(arguments, extra, log=lambda text: print(text, flush=True))
    except (ValueError, TokenError, DatasetError, FileNotFoundError) as error:
        p.exit(2, f'{p.prog}: {error}\n')


if __name__ == '__main__':
    sys.exit(main())

"""Trains a policy from recorded datasets. `python3 training/train.py --help` lists the options."""
import argparse
import json
import sys
from pathlib import Path

from families import MODELS, OPTIONS
from instruction_text import located, text_with
from learner import LossOptions
from loop import train
from train_options import TrainOptions


def parser():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter, allow_abbrev=False)
    add = p.add_argument
    add('--policy', required=True, help='policy.json with name, robot, joints, suite, tasks, controlHz, tokens (model and files are not read)')
    add('--out', required=True, help='run directory: checkpoint.pt, loss.jsonl, curve.png')
    add('--data', nargs='*', default=[], help='dataset directories')
    add('--pieces', default='', metavar='FILE', help='SentencePiece vocabulary in place of the words of --policy, such as training/vocabularies/english/tokenizer.json')
    add('--text-positions', type=int, default=0, help='pieces of an instruction; 0 = as many as --policy has words')
    add('--watch', nargs='*', default=[], help='directories whose finished datasets are taken up as they appear')
    add('--watch-every', type=float, default=2.0, help='minutes')
    add('--weight', nargs='*', default=[], metavar='NAME=FACTOR', help='sampling weight of a dataset (directory name) or an instruction')
    add('--episodes', nargs='*', default=[], metavar='NAME=COUNT', help='of a dataset (directory name) only its first so many episodes')
    add('--minutes', type=float, default=0.0, help='time budget')
    add('--cpu-time', action='store_true', help='without a GPU, count as minutes the processor time per thread, which other programs do not change')
    add('--steps', type=int, default=0, help='step budget')
    add('--batch', type=int, default=128, help='samples per step and process')
    add('--rate', type=float, default=1e-3, help='peak learning rate')
    add('--warmup', type=int, default=300, help='steps')
    add('--schedule', choices=['wsd', 'cosine'], default='wsd')
    add('--decay', type=float, default=0.3, help='share of the budget over which wsd decays')
    add('--weight-decay', type=float, default=0.02)
    add('--clip', type=float, default=1.0, help='gradient norm')
    add('--average', type=float, default=0.999, help='decay of the weights\' moving average')
    add('--soft-sigma', type=float, default=6.0, help='deviation of the targets in bins; 0 = hard')
    add('--joint-weights', type=float, nargs='*', default=[], help='one factor per joint')
    add('--privileged-weight', type=float, default=0.1, help='weight of the regression of observation.environment_state; 0 = off')
    add('--privileged', nargs='*', default=['*'], metavar='PATTERN', help='which of its columns, such as "source.[xyz]"')
    add('--pixel-noise', type=float, default=1.0, help='strength of pixel augmentation; 0 = off')
    add('--camera-noise', type=float, default=0.0, help='strength of shifts, turns and scaling of the pictures; 0 = off')
    add('--state-noise-bins', type=float, default=1.5)
    add('--drop-modality', type=float, default=0.05, help='chance to hide velocities, and efforts')
    add('--wordings', default='', metavar='FILE', help='JSON lists of instructions that mean the same; each sample is told in any of its list')
    add('--word-dropout', type=float, default=0.0, help='largest share of an instruction\'s words replaced by the unknown word; 0 = off')
    add('--kept-words', nargs='*', default=[], help='words that are never hidden, such as colours')
    add('--holdout', type=float, default=0.02, help='share of episodes kept for validation')
    add('--family', choices=list(MODELS), default=None, help='kind of transformer; as the policy says without it')
    add('--layout', choices=['exact', 'packed'], default=None, help='positions of the state values; as the policy says without it')
    add('--memory', type=int, default=1024, help='of a db1: positions each position looks back on')
    add('--width', type=int, default=256)
    add('--layers', type=int, default=4)
    add('--heads', type=int, default=8)
    add('--kv-heads', type=int, default=2)
    add('--head-width', type=int, default=32)
    add('--feed-forward', type=int, default=512)
    add('--activation', choices=['geglu', 'reglu'], default='geglu')
    add('--stem', choices=['stride4', 'full', 'linear'], default='stride4')
    add('--stem-channels', type=int, default=32)
    add('--stem-groups', type=int, default=4)
    add('--dropout', type=float, default=0.0)
    add('--token-table', choices=['smooth', 'random'], default='smooth', help='how the rows of neighbouring bins start')
    add('--context-steps', type=int, default=1, help='control steps the policy looks back on')
    add('--action-tokens', choices=['autoregressive', 'parallel'], default='autoregressive', help='one after another, or all in one pass')
    add('--chunk-steps', type=int, default=0, help='control steps whose actions one decision holds; 0 = tokens.chunk of the policy, or 1')
    add('--execute-steps', type=int, default=0, help='how many of them are executed before the next decision; 0 = 1, or as the policy says')
    add('--seed', type=int, default=0)
    add('--fp32', action='store_true', help='no bf16')
    add('--compile', action='store_true', help='fuse with torch.compile (needs a C++ compiler; about half a minute at the start)')
    add('--device', choices=['auto', 'cpu', 'cuda'], default='auto', help='auto: a GPU where there is one')
    add('--threads', type=int, default=0)
    add('--log-every', type=float, default=10.0, help='seconds')
    add('--save-every', type=float, default=3.0, help='minutes')
    add('--resume', action='store_true', help='go on from OUT/checkpoint.pt')
    add('--init-from', default='', help='checkpoint whose averaged weights to start from')
    add('--export-dir', default='', help='where the newest policy is found, as a link that is replaced atomically')
    add('--export-every', type=float, default=0.0, help='minutes of the budget; 0 = only at the end')
    add('--precisions', nargs='*', choices=['fp32', 'int8'], default=['fp32', 'int8'])
    return p


PLAIN = ['data', 'watch', 'watch_every', 'minutes', 'cpu_time', 'steps', 'batch', 'rate', 'warmup', 'schedule', 'decay', 'weight_decay', 'clip',
         'average', 'privileged', 'pixel_noise', 'camera_noise', 'state_noise_bins', 'drop_modality', 'wordings', 'word_dropout', 'kept_words', 'holdout', 'seed',
         'compile', 'device', 'threads', 'log_every', 'save_every', 'resume', 'init_from', 'export_dir', 'export_every']


def set_chunk(policy, steps, execute):
    """Writes tokens.chunk; 0 leaves what the policy says. Raises ValueError where more would be executed than is decided."""
    chunk = {'steps': 1, 'execute': 1, **policy['tokens'].get('chunk', {})}
    chunk = {'steps': steps or chunk['steps'], 'execute': execute or chunk['execute']}
    if not 1 <= chunk['execute'] <= chunk['steps']:
        raise ValueError(f'of a chunk of {chunk["steps"]} control steps {chunk["execute"]} cannot be executed; pass --execute-steps 1 to {chunk["steps"]}')
    if steps or execute:
        policy['tokens']['chunk'] = chunk


def set_text(tokens, vocabulary, positions):
    """Writes tokens.text; empty and 0 leave what the policy says. Raises PiecesError for a vocabulary that cannot be used."""
    positions = positions or tokens['text']['positions']
    tokens['text'] = text_with(vocabulary, positions) if vocabulary else {**tokens['text'], 'positions': positions}


def options_from(arguments):
    """TrainOptions of parsed arguments. Raises ValueError for budgets and weights that make no sense."""
    if not arguments.minutes and not arguments.steps:
        raise ValueError('no budget: pass --minutes or --steps')
    if not arguments.data and not arguments.watch:
        raise ValueError('no data: pass --data or --watch')
    policy = located(json.loads(Path(arguments.policy).read_text()), Path(arguments.policy).parent)
    set_text(policy['tokens'], arguments.pieces, arguments.text_positions)
    if arguments.joint_weights and len(arguments.joint_weights) != len(policy['joints']):
        raise ValueError(f'--joint-weights has {len(arguments.joint_weights)} factors, the policy {len(policy["joints"])} joints')
    policy['family'] = arguments.family or policy.get('family', 'gato')
    policy['tokens']['layout'] = arguments.layout or policy['tokens']['layout']
    set_chunk(policy, arguments.chunk_steps, arguments.execute_steps)
    weights = dict(pair.rsplit('=', 1) for pair in arguments.weight)
    episodes = dict(pair.rsplit('=', 1) for pair in arguments.episodes)
    return TrainOptions(
        out=Path(arguments.out), policy=policy, weights={name: float(factor) for name, factor in weights.items()},
        episodes={name: int(count) for name, count in episodes.items()},
        shape={**{name: getattr(arguments, name) for name in OPTIONS[policy['family']]}, 'steps': arguments.context_steps},
        loss=LossOptions(arguments.soft_sigma, tuple(arguments.joint_weights), arguments.privileged_weight),
        bf16=not arguments.fp32, precisions=tuple(arguments.precisions),
        **{name: getattr(arguments, name) for name in PLAIN})


def main(argv=None):
    p = parser()
    arguments = p.parse_args(argv)
    try:
        train(options_from(arguments), log=lambda text: print(text, flush=True))
    except (ValueError, FileNotFoundError) as error:
        p.exit(2, f'{p.prog}: {error}\n')


if __name__ == '__main__':
    sys.exit(main())

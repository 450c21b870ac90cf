"""The experiments of levers.py as data: every row differs from the baseline in one thing."""
from dataclasses import dataclass, field

from desk_recipes import PICTURES, WORDS

from tokens import UNKNOWN_WORD


@dataclass(frozen=True)
class Dataset:
    """What `armature demos` is told; seeds are those of the baseline's data unless named."""
    perturbed: float = 0.8
    # By this share of the usual number of episodes.
    share: float = 1.0
    seed: int = 300_000
    # True: the runner's --policy acts, the expert labels (DAgger).
    policy: bool = False
    # Arguments of levers_variants.robot_folder, and the name of one of its SIM_CHANGES.
    robot: dict = field(default_factory=dict)
    sim: str = ''
    # Another name for a dataset: each keeps one set of decoded pictures.
    same_as: str = ''


@dataclass(frozen=True)
class Row:
    name: str
    lever: str
    what: str
    training: tuple = ()
    data: tuple = ('expert',)
    # Of the datasets' episodes only this share, the first ones.
    share: float = 1.0
    # Merged into policy.json, deeply; lists are replaced.
    policy: dict = field(default_factory=dict)
    # Absolute targets for every joint, inside the robot's limits.
    absolute: bool = False
    # As many optimiser steps as this row took, instead of the time budget.
    steps_of: str = ''
    # No training: the model of this row, with `policy` merged into what was exported.
    model_of: str = ''
    evaluation: tuple = ()

    @property
    def after(self):
        return self.steps_of or self.model_of


FRONT = {'pos': (0.59, 0, 0.47), 'target': (0.19, 0, 0.0)}
DATASETS = {
    'expert': Dataset(),
    'clean': Dataset(perturbed=0),
    'dagger': Dataset(policy=True, seed=305_000, share=0.25),
    'pixels-32': Dataset(robot={'size': 32}),
    'pixels-96': Dataset(robot={'size': 96}),
    'wide': Dataset(robot={'mounts': {'front': {'fovy': 42}, 'wrist': {'fovy': 95}}}),
    # A clamp at the corner of the table instead of one opposite the arm, and one high above it.
    'corner': Dataset(robot={'mounts': {'front': {**FRONT, 'pos': (0.48, -0.38, 0.45)}}}),
    'above': Dataset(robot={'mounts': {'front': {**FRONT, 'pos': (0.24, 0, 0.75)}}}),
    'front': Dataset(same_as='expert'),
    'wrist': Dataset(same_as='expert'),
    'no-variation': Dataset(sim='no-variation'),
    'one-wording': Dataset(sim='one-wording'),
}

# What all rows share. Smaller than the shipped model, so that minutes of one core show something.
SHAPE = ('--width', '128', '--layers', '3', '--heads', '4', '--kv-heads', '2', '--feed-forward', '256', '--stem-channels', '16')
SHIPPED_SHAPE = ('--width', '256', '--layers', '4', '--heads', '8', '--kv-heads', '2', '--feed-forward', '512', '--stem-channels', '32')
PLACES = ('source.[xyz]', 'destination.[xyz]')
TRAINING = (*SHAPE, '--batch', '64', '--rate', '1.5e-3', '--warmup', '200', '--soft-sigma', '16', '--privileged-weight', '0.3',
            '--privileged', *PLACES, 'grasped', 'phase')


def cameras(size=64, names=('front', 'wrist')):
    return {'tokens': {'cameras': [{'name': name, 'width': size, 'height': size} for name in names]}}


BEST_BIN = {'sampling': {'kind': 'greedy', 'windowBins': None}}


def goal_image(**tokens):
    """Cameras of the baseline, and what the front camera sees when the task is finished."""
    goal = {'name': 'goal', 'width': 64, 'height': 64, 'goalOf': 'front'}
    return {'tokens': {'cameras': [*cameras()['tokens']['cameras'], goal], **tokens}}


def window(bins):
    return {'sampling': {'kind': 'expected', 'windowBins': bins}}


def execute(ticks):
    return {'tokens': {'chunk': {'execute': ticks}}}


ROWS = (
    Row('baseline', 'baseline', 'see above'),
    Row('shipped-shape', 'model', 'as large as the shipped one: width 256, 4 layers', SHIPPED_SHAPE),

    Row('exact', 'layout', 'exact: one position per state value, as Gato', policy={'tokens': {'layout': 'exact'}}),
    Row('exact-steps', 'layout', 'exact, as many steps as the baseline', policy={'tokens': {'layout': 'exact'}}, steps_of='baseline'),

    Row('pixels-32', 'pictures', '32 x 32 pixels', data=('pixels-32',), policy=cameras(32)),
    Row('pixels-96', 'pictures', '96 x 96 pixels', data=('pixels-96',), policy=cameras(96)),
    Row('pixels-96-steps', 'pictures', '96 x 96 pixels, as many steps as the baseline', data=('pixels-96',), policy=cameras(96), steps_of='baseline'),
    Row('front', 'pictures', 'front camera only', data=('front',), policy=cameras(names=('front',))),
    Row('wrist', 'pictures', 'wrist camera only', data=('wrist',), policy=cameras(names=('wrist',))),
    Row('wide', 'pictures', 'wider fields of view: front 42 instead of 28 degrees, wrist 95 instead of 72', data=('wide',)),
    Row('corner', 'pictures', 'front camera at the corner of the table', data=('corner',)),
    Row('above', 'pictures', 'front camera high above the table', data=('above',)),

    Row('goal-image', 'goal', 'also a picture of the finished task', policy=goal_image()),
    Row('goal-image-steps', 'goal', 'also a picture of the finished task, as many steps as the baseline', policy=goal_image(), steps_of='baseline'),
    Row('goal-image-wordless', 'goal', 'a picture of the finished task, and no word is known, colours included',
        policy=goal_image(text={'vocabulary': ['', UNKNOWN_WORD]})),

    Row('stem-full', 'patch embedding', 'convolutions at full resolution, as Gato', ('--stem', 'full')),
    Row('stem-linear', 'patch embedding', 'one linear map', ('--stem', 'linear')),

    Row('absolute', 'actions', 'absolute targets instead of differences', absolute=True),
    Row('parallel', 'actions', 'action tokens in parallel instead of one after another', ('--action-tokens', 'parallel')),
    Row('parallel-steps', 'actions', 'in parallel, as many steps as the baseline', ('--action-tokens', 'parallel'), steps_of='baseline'),
    Row('chunk-4', 'actions', 'chunks of 4 control ticks, a new one every tick', ('--chunk-steps', '4')),
    Row('chunk-4-execute-2', 'actions', 'the same model, a new chunk every 2 ticks', model_of='chunk-4', policy=execute(2)),
    Row('chunk-4-execute-4', 'actions', 'the same model, a new chunk every 4 ticks', model_of='chunk-4', policy=execute(4)),
    Row('chunk-4-parallel', 'actions', 'chunks of 4, tokens in parallel, a new one every tick', ('--chunk-steps', '4', '--action-tokens', 'parallel')),
    Row('chunk-4-parallel-execute-4', 'actions', 'the same model, a new chunk every 4 ticks', model_of='chunk-4-parallel', policy=execute(4)),

    Row('table-random', 'bins', 'token table of the bins starts at random instead of smooth', ('--token-table', 'random')),
    Row('sigma-0', 'bins', 'hard targets, as Gato', ('--soft-sigma', '0')),
    Row('sigma-6', 'bins', 'targets softened over 6 instead of 16 bins', ('--soft-sigma', '6')),
    Row('best-bin', 'bins', 'baseline, best bin instead of the expected value around it', model_of='baseline', policy=BEST_BIN),
    Row('window-8', 'bins', 'baseline, expected value over 8 instead of 48 bins to each side', model_of='baseline', policy=window(8)),
    Row('window-all', 'bins', 'baseline, expected value over all bins', model_of='baseline', policy=window(1024)),
    Row('sigma-0-best-bin', 'bins', 'hard targets, best bin', model_of='sigma-0', policy=BEST_BIN),

    Row('auxiliary-none', 'auxiliary targets', 'none', ('--privileged-weight', '0')),
    Row('auxiliary-places', 'auxiliary targets', 'places of things only', ('--privileged', *PLACES)),
    Row('auxiliary-pictures', 'auxiliary targets', 'baseline\'s, and where the named thing appears in the pictures',
        ('--privileged', *PLACES, 'grasped', 'phase', 'source.*.column', 'source.*.row')),
    Row('auxiliary-contact', 'auxiliary targets', 'baseline\'s, and contact', ('--privileged', *PLACES, 'grasped', 'phase', 'touched')),
    Row('auxiliary-all', 'auxiliary targets', 'all of these', ('--privileged', '*')),

    Row('clean', 'data', 'undisturbed demonstrations', data=('clean',)),
    Row('dagger', 'data', 'and a quarter more episodes from DAgger', data=('expert', 'dagger')),
    Row('half', 'data', 'half the demonstrations', share=1 / 2),
    Row('eighth', 'data', 'an eighth of the demonstrations', share=1 / 8),

    Row('no-variation', 'variation', 'trained without variation of light, colours and cameras', data=('no-variation',)),
    Row('one-wording', 'variation', 'trained with one wording of each task', data=('one-wording',)),
    Row('baseline-shift', 'variation', 'baseline, evaluated outside its ranges', model_of='baseline', evaluation=('--shift',)),
    Row('no-variation-shift', 'variation', 'trained without variation, evaluated outside the ranges', model_of='no-variation', evaluation=('--shift',)),
    Row('baseline-paraphrases', 'variation', 'baseline, evaluated with paraphrases', model_of='baseline', evaluation=('--paraphrases',)),
    Row('one-wording-paraphrases', 'variation', 'trained with one wording, evaluated with paraphrases', model_of='one-wording',
        evaluation=('--paraphrases',)),

    Row('pictures', 'variation', 'pictures also brighter, darker and of moved cameras, as in the recipe', PICTURES),
    Row('pictures-shift', 'variation', 'the same model, evaluated outside the ranges', model_of='pictures', evaluation=('--shift',)),

    Row('word-dropout', 'variation', 'verbs and nouns hidden at random, unknown words added, as in the recipe', WORDS),
    Row('word-dropout-paraphrases', 'variation', 'words hidden at random, evaluated with paraphrases', model_of='word-dropout',
        evaluation=('--paraphrases',)),

    Row('context-2', 'context', '2 control steps', ('--context-steps', '2')),
    Row('context-4', 'context', '4 control steps', ('--context-steps', '4')),
    Row('context-2-steps', 'context', '2 control steps, as many optimiser steps as the baseline', ('--context-steps', '2'), steps_of='baseline'),
)

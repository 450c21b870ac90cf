"""The recipes of train_desk.py as data, and the seeds of what they collect."""
from dataclasses import dataclass

ALL_TASKS = ('reach', 'push', 'lift', 'stack', 'bin')
# Evaluations that are published use seeds from 500000 on; nothing here may.
EXPERT_SEED, EDGE_SEED, SHORT_SEED, DAGGER_SEED, SELECTION_SEED = 1000, 6000, 20_000, 100_000, 400_000
SEEDS_PER_SET = 1000


@dataclass(frozen=True)
class Stage:
    """A training from nothing, or from the best policy of the stage before."""
    # Training time alone, on a CPU processor time per thread; 0: the steps in `training` decide.
    minutes: float
    training: tuple
    # Training time between two policies that are measured and put to use; 0: only at the end.
    export_minutes: float = 0
    # Demonstrations of each task in scenes at the edges of what varies, from this stage on.
    edge_episodes: int = 0
    # Words that say where a thing goes; with them each sample is also told in wordings that have strange words in their place.
    strange_words: tuple = ()


@dataclass(frozen=True)
class Recipe:
    """How much of everything; episodes are per task."""
    tasks: tuple
    stages: tuple
    expert_sets: int
    episodes_per_set: int
    # On this many every exported policy is measured; the best one of a stage is kept.
    selection_episodes: int
    # Tasks done in a second: as many frames of them need more episodes.
    short_tasks: tuple = ()
    short_episodes: int = 0
    dagger_episodes: int = 0
    # Tasks that need more DAgger than the others: short ones, and the hardest.
    practised_tasks: tuple = ()
    practice_episodes: int = 0


# Frames of these count more: short tasks have few, and a policy's own states are where it errs.
WEIGHTS = ['short-000=2', 'edge-000=2'] + [f'{name}-{number:03d}=2' for name in ('dagger', 'practice') for number in range(40)]

LOSS = ('--soft-sigma', '16', '--privileged-weight', '0.3')
# Colours tell things apart, and small words what goes where; verbs and nouns a listener may miss.
SMALL_WORDS = 'on onto to top of in into'.split()
KEPT_WORDS = ['red', 'green', 'blue', 'yellow', *SMALL_WORDS, 'the']
# Light and mounts beyond what is simulated, made from the recorded pictures.
PICTURES = ('--pixel-noise', '1.5', '--camera-noise', '1')
WORDS = ('--word-dropout', '1', '--kept-words', *KEPT_WORDS)
TINY = ('--width', '32', '--heads', '2', '--kv-heads', '1', '--head-width', '16', '--feed-forward', '32', '--layers', '1')
FROM_NOTHING = Stage(minutes=120, export_minutes=12, training=(*LOSS, *WORDS, *PICTURES, '--compile'))
# Begins again at half the rate, when the tasks are learned: what is strange then costs none of them.
ROBUSTNESS = Stage(minutes=36, export_minutes=12, edge_episodes=150, strange_words=tuple(SMALL_WORDS),
                   training=(*FROM_NOTHING.training, '--rate', '5e-4', '--decay', '0.5'))
RECIPES = {
    'full': Recipe(tasks=ALL_TASKS, stages=(FROM_NOTHING, ROBUSTNESS), expert_sets=2, episodes_per_set=300, short_tasks=('reach',), short_episodes=1000,
                   dagger_episodes=40, practised_tasks=('push',), practice_episodes=160, selection_episodes=50),
    'quick': Recipe(tasks=('reach',), stages=(Stage(minutes=5.5, training=(*LOSS, '--rate', '1.5e-3')),), expert_sets=1, episodes_per_set=1800,
                    selection_episodes=50),
    'smoke': Recipe(tasks=('reach', 'push'), expert_sets=1, episodes_per_set=2, selection_episodes=2, stages=(
        Stage(minutes=0, training=(*LOSS, '--steps', '12', '--batch', '8', '--holdout', '0', *TINY)),
        Stage(minutes=0, training=(*LOSS, *WORDS, '--steps', '4', '--batch', '8', '--holdout', '0', *TINY), edge_episodes=1, strange_words=tuple(SMALL_WORDS)))),
}

"""The recipes of train_desk.py as data, and the seeds of what they collect."""
from dataclasses import dataclass

ALL_TASKS = ('reach', 'push', 'lift', 'stack', 'bin')
# Evaluations that are published use seeds from 500000 on; nothing here may.
EXPERT_SEED, SHORT_SEED, DAGGER_SEED, SELECTION_SEED = 1000, 20_000, 100_000, 400_000
SEEDS_PER_SET = 1000


@dataclass(frozen=True)
class Recipe:
    """How much of everything; episodes are per task."""
    tasks: tuple
    # Training time alone, on a CPU processor time per thread; 0: the steps in `training` decide.
    minutes: float
    expert_sets: int
    episodes_per_set: int
    # On this many every exported policy is measured; the best one is kept.
    selection_episodes: int
    training: tuple
    # Tasks done in a second: as many frames of them need more episodes.
    short_tasks: tuple = ()
    short_episodes: int = 0
    dagger_episodes: int = 0
    # Tasks that need more DAgger than the others: short ones, and the hardest.
    practised_tasks: tuple = ()
    practice_episodes: int = 0
    # Training time between two policies that are measured and put to use; 0: only at the end.
    export_minutes: float = 0


# Frames of these count more: short tasks have few, and a policy's own states are where it errs.
WEIGHTS = ['short-000=2'] + [f'{name}-{number:03d}=2' for name in ('dagger', 'practice') for number in range(40)]

LOSS = ('--soft-sigma', '16', '--privileged-weight', '0.3')
# Colours tell things apart, and small words what goes where; verbs and nouns a listener may miss.
KEPT_WORDS = 'red green blue yellow on onto to top of in into the'.split()
# Light and mounts beyond what is simulated, made from the recorded pictures.
PICTURES = ('--pixel-noise', '1.5', '--camera-noise', '1')
WORDS = ('--word-dropout', '1', '--kept-words', *KEPT_WORDS)
TINY = ('--width', '32', '--heads', '2', '--kv-heads', '1', '--head-width', '16', '--feed-forward', '32', '--layers', '1')
RECIPES = {
    'full': Recipe(tasks=ALL_TASKS, minutes=120, expert_sets=2, episodes_per_set=300, short_tasks=('reach',), short_episodes=1000,
                   dagger_episodes=40, practised_tasks=('push',), practice_episodes=160, export_minutes=12,
                   selection_episodes=50, training=(*LOSS, *WORDS, *PICTURES, '--compile')),
    'quick': Recipe(tasks=('reach',), minutes=5.5, expert_sets=1, episodes_per_set=1800, selection_episodes=50,
                    training=(*LOSS, '--rate', '1.5e-3')),
    'smoke': Recipe(tasks=('reach',), minutes=0, expert_sets=1, episodes_per_set=2, selection_episodes=2,
                    training=('--steps', '12', '--batch', '8', '--holdout', '0', *TINY)),
}

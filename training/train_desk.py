"""From nothing to a desk policy: demonstrations, training, DAgger, evaluation, in one command.

    npm run train:desk                      the full recipe, four hours on two cores
    npm run train:desk -- --quick           eight minutes: one task, enough to beat chance
    npm run train:desk -- --smoke           a minute: every step once, for tests

It may be stopped at any moment and started again with the same --out: finished datasets are kept, training
goes on from its checkpoint. Whenever training has exported a policy, it is measured, and then it acts while the
expert labels (DAgger); what it saw joins the training data. The best policy of each stage is kept, and the next stage begins from it.
"""
import packages

packages.require()

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import command_line
from command_line import ROOT
from desk_recipes import DAGGER_SEED, EDGE_SEED, EXPERT_SEED, RECIPES, SEEDS_PER_SET, SELECTION_SEED, SHORT_SEED, WEIGHTS
from plot import draw
from wordings import groups_of

POLICY = ROOT / 'training/policies/so101-desk.json'
# On fewer cores than this, training stands still while data is collected: threads that wait for each other at
# every matrix product lose far more to a competitor than its share of the time.
CORES_TO_SHARE = 6
# Beside the best policy: the mean success on the selection seeds, from 0 to 1.
SUCCESS_FILE = 'success.txt'


class Desk:
    """One stage of a run: its folder under the run's, the data that all stages share, and the steps that fill both."""

    def __init__(self, out, recipe, number, workers, start=None, pieces=None):
        """number: of the stage, from 0. start: weights that the first stage begins from."""
        self.recipe, self.stage, self.workers, self.pieces = recipe, recipe.stages[number], workers, pieces
        folder_of = lambda count: Path(out) / f'stage-{count + 1}'
        self.out, self.data = folder_of(number), Path(out) / 'data'
        self.start = folder_of(number - 1) / 'best' / 'weights.pt' if number else start
        self.policy, self.best, self.mark = self.out / 'policy', self.out / 'best', self.out / 'finished'
        for folder in (self.out, self.data):
            folder.mkdir(parents=True, exist_ok=True)
        self.measured = {}

    def cli(self, *words):
        """Runs a verb of the command line; its progress goes to our stderr. Returns what it printed."""
        return command_line.armature(*words, '--workers', self.workers)

    def collect(self, name, tasks, *words):
        """A dataset under data/, unless it is there."""
        command_line.collect(self.data / name, tasks, *words, '--workers', self.workers)

    def collect_expert(self):
        for number in range(self.recipe.expert_sets):
            self.collect(f'expert-{number:03d}', self.recipe.tasks, '--episodes', self.recipe.episodes_per_set,
                         '--seed', EXPERT_SEED + SEEDS_PER_SET * number, '--perturbed', 0.8)
        if self.recipe.short_tasks:
            self.collect('short-000', self.recipe.short_tasks, '--episodes', self.recipe.short_episodes, '--seed', SHORT_SEED, '--perturbed', 0.8)

    def collect_edges(self):
        if self.stage.edge_episodes:
            self.collect('edge-000', self.recipe.tasks, '--episodes', self.stage.edge_episodes, '--seed', EDGE_SEED, '--perturbed', 0.8, '--extreme')

    def collect_dagger(self, number):
        seed = DAGGER_SEED + SEEDS_PER_SET * number
        # At the edges of what varies a policy errs first, and beyond them it will have to work too.
        words = ('--policy', self.policy.resolve(), '--extreme')
        self.collect(f'dagger-{number:03d}', self.recipe.tasks, '--episodes', self.recipe.dagger_episodes, '--seed', seed, *words)
        if self.recipe.practised_tasks:
            self.collect(f'practice-{number:03d}', self.recipe.practised_tasks, '--episodes', self.recipe.practice_episodes,
                         '--seed', seed + self.recipe.dagger_episodes, *words)

    def next_dagger(self):
        numbers = [int(path.name.removeprefix('dagger-')) for path in self.data.glob('dagger-???')]
        return 1 + max(numbers, default=-1)

    def start_training(self):
        words = [sys.executable, str(ROOT / 'training/train.py'), '--policy', str(POLICY), '--out', str(self.out), '--watch', str(self.data),
                 '--export-dir', str(self.policy), '--export-every', str(self.stage.export_minutes), '--weight', *WEIGHTS, *self.stage.training]
        words += ['--wordings', str(self.write_wordings())]
        words += ['--minutes', str(self.stage.minutes), '--cpu-time'] if self.stage.minutes else []
        words += ['--init-from', str(self.start)] if self.start else []
        words += ['--pieces', str(self.pieces), '--text-positions', '16'] if self.pieces else []
        words += ['--resume'] if (self.out / 'checkpoint.pt').exists() else []
        return subprocess.Popen(words)

    def write_wordings(self):
        """All wordings of the tasks: every sample is told in any that fits, so that few episodes of each are enough."""
        specs = [json.loads(command_line.armature('tasks', task, '--json')) for task in self.recipe.tasks]
        path = self.out / 'wordings.json'
        path.write_text(json.dumps(groups_of(specs, sorted(specs[0]['variation']['colours']), self.stage.strange_words)))
        return path

    def version(self):
        return self.policy.resolve() if self.policy.exists() else None

    def evaluate(self, policy, episodes, seed):
        return json.loads(self.cli('eval', '--policy', policy, '--tasks', ','.join(self.recipe.tasks), '--episodes', episodes,
                                   '--seed', seed, '--json'))

    def measure(self):
        """Success of the newest policy on the selection seeds; keeps the best policy under best/."""
        version = self.version()
        if version is None or version in self.measured:
            return
        result = self.evaluate(version, self.recipe.selection_episodes, SELECTION_SEED)
        self.measured[version] = result['meanSuccessRate']
        samples = json.loads((version / 'policy.json').read_text())['training']['samples']
        with open(self.out / 'success.jsonl', 'a', encoding='utf-8') as file:
            for task in result['tasks']:
                file.write(json.dumps({'samples': samples, 'task': task['task'], 'success': task['successRate']}) + '\n')
        print(f'{samples} samples: ' + ', '.join(f'{task["task"]} {100 * task["successRate"]:.0f} %' for task in result['tasks']), flush=True)
        draw(self.out)
        self.keep_if_best(version, result['meanSuccessRate'])

    def keep_if_best(self, version, success):
        mark = self.best / SUCCESS_FILE
        # Of equal ones the later: it has seen more.
        if mark.exists() and float(mark.read_text()) > success:
            return
        # Whole before it takes the place of the one before: the run may be stopped at any moment.
        fresh = self.best.with_name(self.best.name + '.partial')
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(version, fresh)
        (fresh / SUCCESS_FILE).write_text(f'{success}\n')
        shutil.rmtree(self.best, ignore_errors=True)
        fresh.rename(self.best)

    def run(self):
        if self.mark.exists():
            return
        self.collect_expert()
        self.collect_edges()
        trainer = self.start_training()
        try:
            self.accompany(trainer)
        except BaseException:
            # The trainer saves its checkpoint and leaves.
            trainer.send_signal(signal.SIGTERM)
            trainer.wait()
            raise
        if trainer.wait() != 0:
            raise SystemExit(f'training ended with status {trainer.returncode}; see above')
        self.measure()
        self.mark.touch()

    def accompany(self, trainer):
        """Measures and puts to use every policy that training exports, until it ends."""
        labelled = self.version()
        while trainer.poll() is None:
            version = self.version()
            if version == labelled:
                time.sleep(1)
                continue
            with paused(trainer):
                self.measure()
                if self.recipe.dagger_episodes:
                    self.collect_dagger(self.next_dagger())
            labelled = version


@contextlib.contextmanager
def paused(process):
    """Stops a process where there are too few cores for two."""
    if (os.cpu_count() or 1) >= CORES_TO_SHARE:
        yield
        return
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def install(source, target):
    """The policy's files into models/; a model card that lies there stays."""
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.suffix in ('.json', '.onnx', '.pt'):
            shutil.copy2(path, target / path.name)


def parser():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    size = p.add_mutually_exclusive_group()
    size.add_argument('--quick', action='store_const', dest='recipe', const='quick', help='ten minutes')
    size.add_argument('--smoke', action='store_const', dest='recipe', const='smoke', help='a minute')
    p.add_argument('--minutes', type=float, help='training time of each stage, instead of the recipe\'s')
    p.add_argument('--from', dest='start', default=None, metavar='WEIGHTS', help='start from the weights of an earlier policy, such as models/desk/weights.pt')
    p.add_argument('--pieces', default=None, metavar='FILE', help='SentencePiece vocabulary in place of the list of words, such as training/vocabularies/english/tokenizer.json')
    p.add_argument('--out', default=None, help='folder of the run; default runs/desk, runs/quick or runs/smoke')
    p.add_argument('--install', default=None, metavar='FOLDER', help='where the best policy goes; default models/desk for the full recipe, nowhere else')
    p.add_argument('--workers', type=int, default=os.cpu_count() or 1, help='worker threads for demonstrations and evaluation')
    p.set_defaults(recipe='full')
    return p


def main():
    arguments = parser().parse_args()
    recipe = RECIPES[arguments.recipe]
    if arguments.minutes is not None:
        recipe = replace(recipe, stages=tuple(replace(stage, minutes=arguments.minutes) for stage in recipe.stages))
    # Whoever ends this process ends training too, which saves its checkpoint.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    out = arguments.out or ROOT / 'runs' / {'full': 'desk'}.get(arguments.recipe, arguments.recipe)
    try:
        for number in range(len(recipe.stages)):
            desk = Desk(out, recipe, number, arguments.workers, arguments.start, arguments.pieces)
            desk.run()
    except command_line.VerbFailed as error:
        raise SystemExit(str(error)) from error
    target = arguments.install or (ROOT / 'models/desk' if arguments.recipe == 'full' else None)
    if target:
        install(desk.best, Path(target))
    print(f'best policy: {target or desk.best}')


if __name__ == '__main__':
    main()

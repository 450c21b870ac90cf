"""From nothing to a desk policy: demonstrations, training, DAgger, evaluation, in one command.

    npm run train:desk                      the full recipe, three hours on two cores
    npm run train:desk -- --quick           ten minutes: one task, enough to beat chance
    npm run train:desk -- --smoke           a minute: every step once, for tests

It may be stopped at any moment and started again with the same --out: finished datasets are kept, training
goes on from its checkpoint. Whenever training has exported a policy, it is measured, and then it acts while the
expert labels (DAgger); what it saw joins the training data. The best policy is kept.
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
from desk_recipes import DAGGER_SEED, EXPERT_SEED, RECIPES, SEEDS_PER_SET, SELECTION_SEED, SHORT_SEED, WEIGHTS
from plot import draw
from wordings import groups_of

POLICY = ROOT / 'training/policies/so101-desk.json'
# On fewer cores than this, training stands still while data is collected: threads that wait for each other at
# every matrix product lose far more to a competitor than its share of the time.
CORES_TO_SHARE = 6


class Desk:
    """One run: its folders and the steps that fill them."""

    def __init__(self, out, recipe, workers, start=None, pieces=None):
        self.out, self.recipe, self.workers, self.start, self.pieces = Path(out), recipe, workers, start, pieces
        self.data, self.policy = self.out / 'data', self.out / 'policy'
        self.data.mkdir(parents=True, exist_ok=True)
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

    def start_training(self, minutes):
        words = [sys.executable, str(ROOT / 'training/train.py'), '--policy', str(POLICY), '--out', str(self.out), '--watch', str(self.data),
                 '--export-dir', str(self.policy), '--export-every', str(self.recipe.export_minutes), '--weight', *WEIGHTS, *self.recipe.training]
        words += ['--wordings', str(self.write_wordings())]
        words += ['--minutes', str(minutes), '--cpu-time'] if minutes else []
        words += ['--init-from', str(self.start)] if self.start else []
        words += ['--pieces', str(self.pieces), '--text-positions', '16'] if self.pieces else []
        words += ['--resume'] if (self.out / 'checkpoint.pt').exists() else []
        return subprocess.Popen(words)

    def write_wordings(self):
        """All wordings of the tasks: every sample is told in any that fits, so that few episodes of each are enough."""
        specs = [json.loads(command_line.armature('tasks', task, '--json')) for task in self.recipe.tasks]
        path = self.out / 'wordings.json'
        path.write_text(json.dumps(groups_of(specs, sorted(specs[0]['variation']['colours']))))
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
        best = self.out / 'best'
        mark = best / 'success.txt'
        # Of equal ones the later: it has seen more.
        if mark.exists() and float(mark.read_text()) > success:
            return
        shutil.rmtree(best, ignore_errors=True)
        shutil.copytree(version, best)
        mark.write_text(f'{success}\n')

    def run(self):
        self.collect_expert()
        trainer = self.start_training(self.recipe.minutes)
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
    p.add_argument('--minutes', type=float, help='training time, instead of the recipe\'s')
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
        recipe = replace(recipe, minutes=arguments.minutes)
    # Whoever ends this process ends training too, which saves its checkpoint.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    desk = Desk(arguments.out or ROOT / 'runs' / {'full': 'desk'}.get(arguments.recipe, arguments.recipe), recipe, arguments.workers, arguments.start,
                arguments.pieces)
    try:
        desk.run()
    except command_line.VerbFailed as error:
        raise SystemExit(str(error)) from error
    target = arguments.install or (ROOT / 'models/desk' if arguments.recipe == 'full' else None)
    if target:
        install(desk.out / 'best', Path(target))
    print(f'best policy: {target or desk.out / "best"}')


if __name__ == '__main__':
    main()

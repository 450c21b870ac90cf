"""The levers of training, each tried in the same setting: collects data, trains, evaluates, writes the table of EXPERIMENTS.md.

    python3 training/levers.py --list                     the rows, and what any of them lacks
    python3 training/levers.py                            all rows that have no result yet
    python3 training/levers.py --only baseline exact --seeds 0 1 2

Every row trains for the same time on the same number of threads (or, where it says so, for as many steps as another
row). Time is processor time, so that other programs take nothing away from a row. It may be stopped at any moment and
started again: finished datasets are kept, rows with a result are skipped.
"""
import packages

packages.require()

import argparse
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import command_line
import levers_report
import train
from command_line import ROOT
from data import load_dataset
from levers_table import DATASETS, ROWS, TRAINING
from levers_variants import robot_folder, sim_folder
from plot import read_lines
from tokens import LayoutSpec

POLICY = ROOT / 'training/policies/so101-desk.json'
RESULTS = ROOT / 'training/experiments.jsonl'
TASKS = ('reach',)
EVALUATION_SEED = 450_000


@dataclass(frozen=True)
class Setting:
    """What rows share. Rows that run at once share the cores between them."""
    out: Path
    minutes: float = 4.0
    demonstrations: int = 800   # per task
    episodes: int = 200         # evaluated, per task
    tasks: tuple = TASKS
    parallel: int = os.cpu_count() or 1
    expert_policy: str = 'models/desk'  # acts in DAgger episodes
    training: tuple = TRAINING
    results: Path = RESULTS

    @property
    def threads(self):
        return max(1, (os.cpu_count() or 1) // self.parallel)


class Bench:
    def __init__(self, setting, log=print):
        self.setting, self.log, self.lock = setting, log, Lock()
        self.out = Path(setting.out)

    # ------------------------------------------------------------ data

    def robot(self, name):
        """Robot of a dataset: its name, or the folder of one that differs."""
        changes = DATASETS[name].robot
        return str(robot_folder(self.out / 'robots' / name, **changes).resolve()) if changes else 'so101'

    def collect(self, name):
        dataset, setting = DATASETS[name], self.setting
        target = self.out / 'data' / name
        if dataset.same_as:
            self.collect(dataset.same_as)
            if not target.exists():
                target.symlink_to(dataset.same_as, target_is_directory=True)
            return
        words = ['--episodes', max(1, round(setting.demonstrations * dataset.share)), '--seed', dataset.seed, '--perturbed', dataset.perturbed]
        words += ['--policy', setting.expert_policy] if dataset.policy else []
        data = sim_folder(self.out / 'sims' / name, dataset.sim) if dataset.sim else None
        command_line.collect(target, setting.tasks, *words, robot=self.robot(name), data=data and data.resolve())

    def prepare(self, rows):
        """Collects what the rows need and decodes its pictures, so that rows that run at once need not."""
        for row in rows:
            for name in row.data if not row.model_of else ():
                self.collect(name)
                load_dataset(self.out / 'data' / name, LayoutSpec.from_json(self.policy(row)['tokens']), log=self.log)

    # ------------------------------------------------------------ one row

    def policy(self, row):
        """policy.json before training."""
        policy = merged(json.loads(POLICY.read_text()), row.policy)
        policy['robot'] = self.robot(row.data[0])
        if row.absolute:
            limits = {joint['name']: joint['limits']['positionRad'] for joint in command_line.read_yaml(ROOT / 'robots/so101/robot.yaml')['joints']}
            policy['tokens']['actions'] = [{'joint': name, 'kind': 'position', 'lowRad': low, 'highRad': high} for name, (low, high) in limits.items()]
        return policy

    def train(self, row, seed, folder):
        """Trains and exports to folder/policy. Returns the last line of the training's log."""
        setting = self.setting
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / 'start.json').write_text(json.dumps(self.policy(row)))
        words = ['--policy', folder / 'start.json', '--out', folder, '--data', *(self.out / 'data' / name for name in row.data),
                 '--export-dir', folder / 'policy', '--precisions', 'fp32', '--threads', setting.threads, '--seed', seed, '--log-every', 30, *setting.training, *row.training]
        words += ['--steps', self.result(row.steps_of, seed)['steps']] if row.steps_of else ['--minutes', setting.minutes, '--cpu-time']
        if row.share < 1:
            words += ['--episodes', *(f'{name}={round(len(setting.tasks) * row.share * setting.demonstrations)}' for name in row.data)]
        environment = {**os.environ, 'OMP_NUM_THREADS': str(setting.threads)}
        with open(folder / 'log.txt', 'w', encoding='utf-8') as log:
            subprocess.run([sys.executable, str(ROOT / 'training/train.py'), *map(str, words)], check=True, stdout=log, stderr=log, env=environment)
        return read_lines(folder / 'loss.jsonl')[-1]

    def folder(self, name, seed):
        return self.out / 'rows' / f'{name}-{seed}'

    def reuse(self, row, seed, folder):
        """The model of another row with another policy.json. Returns what is known of its training."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder(row.model_of, seed) / 'policy', folder / 'policy')
        manifest = folder / 'policy/policy.json'
        manifest.write_text(json.dumps(merged(json.loads(manifest.read_text()), row.policy)))
        return read_lines(self.folder(row.model_of, seed) / 'loss.jsonl')[-1]

    def run(self, row, seed):
        """One row with one seed; appends its result."""
        folder = self.folder(row.name, seed)
        last = self.reuse(row, seed, folder) if row.model_of else self.train(row, seed, folder)
        words = ['eval', '--policy', folder / 'policy', '--tasks', ','.join(self.setting.tasks), '--episodes', self.setting.episodes, '--seed', EVALUATION_SEED,
                 '--workers', self.setting.threads, '--json', *row.evaluation]
        evaluation = json.loads(command_line.armature(*words))
        result = {
            'name': row.name, 'seed': seed, 'steps': last['step'], 'samples': last['samples'], 'minutes': last['minutes'],
            'threads': self.setting.threads, 'heldOutLoss': last.get('heldOutLoss'), 'heldOutErrorRad': last.get('heldOutErrorRad'),
            'tasks': {task['task']: {name: task.get(name) for name in ('episodes', 'successes', 'wrongObjects')} for task in evaluation['tasks']},
            'tickMs': evaluation['tick']['p50Ms'], 'training': [*self.setting.training, *row.training], 'data': list(row.data),
        }
        with self.lock:
            with open(self.setting.results, 'a', encoding='utf-8') as file:
                file.write(json.dumps(result) + '\n')
            self.write_table()
        rates = ', '.join(f'{name} {100 * task["successes"] / task["episodes"]:.0f} %' for name, task in result['tasks'].items())
        self.log(f'{row.name} seed {seed}: {result["samples"]} samples in {result["minutes"]:.1f} minutes, {rates}')

    def write_table(self):
        """Results kept elsewhere are somebody's trial and not the project's."""
        if self.setting.results == RESULTS:
            levers_report.write(read_lines(RESULTS))

    # ------------------------------------------------------------ all rows

    def result(self, name, seed):
        return next((line for line in read_lines(self.setting.results) if line['name'] == name and line['seed'] == seed), None)

    def run_all(self, rows, seeds):
        """Runs what has no result yet. Returns the names of rows that failed or cannot be run."""
        rows = [row for row in rows if any(self.result(row.name, seed) is None for seed in seeds)]
        failed = []
        for row in rows:
            lacking = missing(row)
            if lacking:
                self.log(f'{row.name}: skipped, {lacking}')
                failed.append(row.name)
        rows = [row for row in rows if row.name not in failed]
        self.prepare(rows)
        for wave in ([row for row in rows if not row.after], [row for row in rows if row.after]):
            jobs = [(row, seed) for seed in seeds for row in wave if self.result(row.name, seed) is None]
            with ThreadPoolExecutor(self.setting.parallel) as pool:
                failed += [name for name in pool.map(lambda job: self.attempt(*job), jobs) if name]
        return failed

    def attempt(self, row, seed):
        """The row's name where it failed."""
        if row.after and (self.result(row.after, seed) is None or (row.model_of and not self.folder(row.model_of, seed).exists())):
            self.log(f'{row.name} seed {seed}: skipped, it needs the row {row.after} of this seed in {self.out}')
            return row.name
        try:
            self.run(row, seed)
        except (command_line.VerbFailed, subprocess.CalledProcessError, OSError, ValueError, LookupError) as error:
            self.log(f'{row.name} seed {seed}: failed ({error}); see {self.folder(row.name, seed)}/log.txt')
            return row.name
        return None


def merged(value, change):
    """A dict with the changes in place, deeply; lists are replaced, and what becomes None is left out."""
    if not isinstance(value, dict) or not isinstance(change, dict):
        return change
    result = {**value, **{name: merged(value.get(name), part) for name, part in change.items()}}
    return {name: part for name, part in result.items() if part is not None}


def missing(row):
    """What train.py lacks to run a row, in words; '' where nothing is."""
    options = {name: action for action in train.parser()._actions for name in action.option_strings}
    for word, value in zip(row.training, (*row.training[1:], '')):
        if not word.startswith('--'):
            continue
        if word not in options:
            return f'training/train.py has no option {word}'
        if options[word].choices and value not in map(str, options[word].choices):
            return f'training/train.py does not know {word} {value}'
    return ''


def parser():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    add = p.add_argument
    add('--only', nargs='*', default=[], metavar='ROW', help='these rows, instead of all')
    add('--seeds', nargs='*', type=int, default=[0], help='of training; each gives one line per row')
    add('--minutes', type=float, default=Setting.minutes, help='training time of a row')
    add('--demonstrations', type=int, default=Setting.demonstrations, help='per task')
    add('--episodes', type=int, default=Setting.episodes, help='evaluated per task')
    add('--tasks', nargs='+', default=list(TASKS), help='learnt and evaluated together; each set of tasks needs an --out and --results of its own')
    add('--parallel', type=int, default=Setting.parallel, help='rows at once; they share the cores')
    add('--policy', default=Setting.expert_policy, help='acts in DAgger episodes')
    add('--out', default=str(ROOT / 'runs/levers'), help='datasets, models and logs')
    add('--results', default=str(RESULTS), help='a line for each row and seed; the table is written from the default file only')
    add('--list', action='store_true', help='only list the rows')
    add('--collect', action='store_true', help='only collect the data')
    add('--table', action='store_true', help='only write the table of EXPERIMENTS.md anew')
    return p


def main(argv=None):
    p = parser()
    arguments = p.parse_args(argv)
    unknown = sorted(set(arguments.only) - {row.name for row in ROWS})
    if unknown:
        p.error(f'no rows named {", ".join(unknown)}; --list shows them')
    rows = [row for row in ROWS if not arguments.only or row.name in arguments.only]
    setting = Setting(Path(arguments.out), minutes=arguments.minutes, demonstrations=arguments.demonstrations, episodes=arguments.episodes,
                      tasks=tuple(arguments.tasks), parallel=arguments.parallel, expert_policy=arguments.policy, results=Path(arguments.results))
    bench = Bench(setting, log=lambda text: print(text, flush=True))
    if arguments.list:
        for row in rows:
            done = [seed for seed in arguments.seeds if bench.result(row.name, seed)]
            print(f'{row.name:28} {row.lever}: {row.what}' + (f' [seeds done: {done}]' if done else '') + (f' [{missing(row)}]' if missing(row) else ''))
        return
    if arguments.table:
        bench.write_table()
        return
    if arguments.collect:
        bench.prepare([row for row in rows if not missing(row)])
        return
    failed = bench.run_all(rows, arguments.seeds)
    if failed:
        sys.exit(f'without a result: {", ".join(dict.fromkeys(failed))}')


if __name__ == '__main__':
    main()

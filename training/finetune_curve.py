"""Success against the number of demonstrations: how many a policy needs for a task it has not seen.

    python3 training/finetune_curve.py                 shelf and button from 0, 10, 100 and 1000 demonstrations; hours
    python3 training/finetune_curve.py --smoke         every step once, in a minute or two

For each task and number: demonstrations by `armature demos`, fine-tuning by `armature train`, success by
`armature eval`. Nothing else is learnt from: no policy acts while an expert labels. Of one task the smaller sets are
the first episodes of the largest; 0 is the policy as it is. For comparison, one set is also learnt from random
weights, with the same budget.
It may be stopped and started again with the same --out: what results.jsonl holds is not done again. At the end the
curve is drawn (--figure) and a table printed.
"""
import packages

packages.require()

import argparse
import functools
import json
import os
import sys
from pathlib import Path

import command_line
from command_line import ROOT
from desk_recipes import WORDS
from plot import read_lines
from tokens import UNKNOWN_WORD

# Between those of training and of its selection (desk_recipes.py).
DEMONSTRATION_SEED = 200_000
PERTURBED_SHARE = 0.8
START = {False: 'pretrained', True: 'from scratch'}


class Curve:
    """One measurement: its folders and the runs that fill them."""

    def __init__(self, arguments):
        self.options, self.out = arguments, Path(arguments.out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.results = self.out / 'results.jsonl'

    def demonstrations(self, task):
        """The dataset of a task, collected first where it is missing."""
        target, episodes = self.out / 'data' / task, max(self.options.demonstrations)
        command_line.collect(target, [task], '--episodes', episodes, '--seed', DEMONSTRATION_SEED,
                             '--perturbed', PERTURBED_SHARE, '--workers', self.options.workers)
        found = json.loads((target / 'meta/info.json').read_text())['total_episodes']
        if found < episodes:
            raise SystemExit(f'"{target}" holds {found} episodes, {episodes} are needed; move it away or name another --out')
        return target

    def runs(self):
        """(task, demonstrations, fresh) of every run, the cheap comparison after what it is compared with."""
        for task in self.options.tasks:
            for count in sorted(self.options.demonstrations):
                if count == 0 and not self.takes_any_words:
                    print(f'{task}: the policy as it is refuses words it never learnt; not measured', flush=True)
                    continue
                yield task, count, False
                if count and count == self.options.compare:
                    yield task, count, True

    def run(self):
        done = {(record['task'], record['demonstrations'], record['fresh']) for record in read_lines(self.results)}
        for task, count, fresh in self.runs():
            if (task, count, fresh) not in done:
                record = self.measure(task, count, fresh)
                with open(self.results, 'a', encoding='utf-8') as file:
                    file.write(json.dumps(record) + '\n')
                print(f'{task} from {count} demonstrations, {START[fresh]}: {100 * record["success"]:.0f} %', flush=True)

    @functools.cached_property
    def base(self):
        """policy.json of the policy to start from."""
        shipped, given = (folder / 'policy.json' for folder in (ROOT / 'models' / self.options.base, Path(self.options.base)))
        return json.loads((shipped if shipped.exists() else given).read_text())

    @property
    def takes_any_words(self):
        return UNKNOWN_WORD in self.base['tokens']['text']['vocabulary']

    def learn(self, task, count, fresh):
        """Folder of the policy that learnt from the first `count` demonstrations."""
        policy = self.out / 'policies' / f'{task}-{count}{"-fresh" if fresh else ""}'
        if not (policy / 'policy.json').exists():
            options, data = self.options, self.demonstrations(task)
            words = ['train', '--from', options.base, '--data', data, '--episodes', count, '--tasks', task, '--out', policy,
                     '--minutes', options.minutes, '--python', sys.executable]
            words += ['--steps', options.steps] if options.steps else []
            words += ['--rehearse', *options.rehearse] if options.rehearse and not fresh else []
            words += ['--fresh'] if fresh else []
            # Few demonstrations hold few of a task's wordings: the others must not lead astray.
            hidden = WORDS if self.takes_any_words else ()
            command_line.armature(*words, '--', *hidden, *options.training, stdout=sys.stderr)
        return policy

    def measure(self, task, count, fresh):
        """Fine-tunes and evaluates once; the dict that becomes a line of results.jsonl."""
        options, policy = self.options, self.learn(task, count, fresh) if count else self.options.base
        evaluation = json.loads(command_line.armature('eval', '--policy', policy, '--tasks', task, '--episodes', options.episodes,
                                                      '--seed', options.seed, '--workers', options.workers, '--json'))
        result = evaluation['tasks'][0]
        training = json.loads((policy / 'policy.json').read_text())['training'] if count else {'minutes': 0, 'samples': 0}
        return {'task': task, 'demonstrations': count, 'fresh': fresh, 'success': result['successRate'], 'ci95': result['ci95'],
                'episodes': result['episodes'], 'minutes': training['minutes'], 'samples': training['samples'],
                'from': self.base['weights']['sha256']}


def draw(records, path):
    """The curve as a PNG: one line a task with its 95 % intervals, crosses for random weights."""
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot
    figure, axis = pyplot.subplots(figsize=(6, 4))
    for number, task in enumerate(dict.fromkeys(record['task'] for record in records)):
        for fresh in (False, True):
            points = [record for record in records if (record['task'], record['fresh']) == (task, fresh)]
            points.sort(key=lambda point: point['demonstrations'])
            if points:
                success = [100 * point['success'] for point in points]
                interval = [[max(0, high - 100 * point['ci95'][0]) for point, high in zip(points, success)],
                            [max(0, 100 * point['ci95'][1] - low) for point, low in zip(points, success)]]
                axis.errorbar([point['demonstrations'] for point in points], success, yerr=interval, color=f'C{number}', capsize=3,
                              marker='x' if fresh else 'o', linestyle='none' if fresh else '-', label=f'{task}, {START[fresh]}')
    # Linear below 10, so that 0 has a place.
    axis.set_xscale('symlog', linthresh=10)
    axis.set(xlabel='demonstrations', ylabel='success, %', ylim=(-3, 103))
    axis.legend()
    figure.tight_layout()
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def table(records):
    """The results as a Markdown table."""
    rows = ['| task | demonstrations | starting from | success | 95 % interval | training |', '|---|---|---|---|---|---|']
    for record in records:
        low, high = (100 * bound for bound in record['ci95'])
        rows.append(f'| {record["task"]} | {record["demonstrations"]} | {"random weights" if record["fresh"] else "the policy"} | '
                    f'{round(record["success"] * record["episodes"])} of {record["episodes"]} | {low:.0f} to {high:.0f} % | '
                    f'{record["minutes"]:.1f} min, {record["samples"]} samples |')
    return '\n'.join(rows)


SMOKE = {'tasks': ['reach'], 'demonstrations': [0, 1, 2], 'compare': 2, 'steps': 3, 'episodes': 1, 'seed': 400_000,
         'training': ['--batch', '8', '--holdout', '0']}


def parser():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    add = p.add_argument
    add('--from', dest='base', default='desk', help='policy to start from, by name or folder')
    add('--tasks', nargs='+', default=['shelf', 'button'])
    add('--demonstrations', nargs='+', type=int, default=[0, 10, 100, 1000], help='0 = the policy as it is')
    add('--compare', type=int, default=100, help='the number of demonstrations that is also learnt from random weights; 0 = none')
    add('--minutes', type=float, default=10.0, help='training time of each run')
    add('--steps', type=int, default=0, help='end each training after so many steps, if that is sooner')
    add('--rehearse', nargs='*', default=[], help='datasets of the old tasks to mix in')
    add('--episodes', type=int, default=100, help='evaluation episodes of each run')
    add('--seed', type=int, default=500_000, help='of the first evaluation episode; what is published uses those from 500000 on')
    add('--workers', type=int, default=os.cpu_count() or 1, help='worker threads for demonstrations and evaluation')
    add('--out', default=None, help='folder of the measurement; default runs/finetuning, runs/finetuning-smoke')
    add('--figure', default=None, help='where the curve goes; default models/desk/finetuning.png, with --smoke the folder of the measurement')
    add('--smoke', action='store_true', help='tiny budgets: every step once')
    add('training', nargs='*', help='after --: further options of the training')
    return p


def main():
    arguments = parser().parse_args()
    if arguments.smoke:
        vars(arguments).update(SMOKE)
    arguments.out = arguments.out or ROOT / 'runs' / ('finetuning-smoke' if arguments.smoke else 'finetuning')
    curve = Curve(arguments)
    try:
        curve.run()
    except command_line.VerbFailed as error:
        raise SystemExit(str(error)) from error
    records = read_lines(curve.results)
    figure = arguments.figure or (curve.out / 'finetuning.png' if arguments.smoke else ROOT / 'models/desk/finetuning.png')
    draw(records, figure)
    print(table(records))


if __name__ == '__main__':
    main()

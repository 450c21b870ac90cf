"""The table of EXPERIMENTS.md, from the lines of experiments.jsonl."""
import math
from pathlib import Path

from command_line import ROOT
from levers_table import ROWS

REPORT = ROOT / 'training/EXPERIMENTS.md'
BEGIN, END = '<!-- results -->', '<!-- end of results -->'


def write(lines, path=None):
    """Replaces what stands between the marks. Raises ValueError where they are missing."""
    path = Path(path or REPORT)
    text = path.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f'{path} has no lines {BEGIN} and {END} to write between')
    before, rest = text.split(BEGIN, 1)
    path.write_text(f'{before}{BEGIN}\n{table(lines)}\n{END}{rest.split(END, 1)[1]}')


def table(lines):
    """Markdown; the seeds of a row are pooled."""
    tasks = list(dict.fromkeys(task for line in lines for task in line['tasks']))
    kinds = [(task, kind) for task in tasks for kind in ('successes', 'wrongObjects')]
    head = ['lever', 'what', 'seeds', 'samples', 'hours', *(task if kind == 'successes' else f'{task}, wrong thing' for task, kind in kinds)]
    out = [cells(head), cells(['---'] * len(head))]
    for row in ROWS:
        mine = [line for line in lines if line['name'] == row.name]
        if mine:
            samples = sum(line['samples'] for line in mine) / len(mine)
            hours = sum(line['minutes'] for line in mine) / len(mine) / 60
            out.append(cells([row.lever, f'{row.what} (`{row.name}`)', len(mine), f'{samples / 1000:.0f} k', f'{hours:.2f}',
                              *(share([line['tasks'][task] for line in mine if task in line['tasks']], kind) for task, kind in kinds)]))
    return '\n'.join(out)


def cells(values):
    return '| ' + ' | '.join(map(str, values)) + ' |'


def share(results, kind):
    episodes, count = (sum(result[name] or 0 for result in results) for name in ('episodes', kind))
    low, high = wilson_95(count, episodes)
    return f'{100 * count / episodes:.0f} % ({100 * low:.0f} to {100 * high:.0f})'


def wilson_95(successes, episodes):
    """95 % interval of a success rate (Wilson)."""
    z, rate = 1.959964, successes / episodes
    centre = rate + z * z / (2 * episodes)
    spread = z * math.sqrt(rate * (1 - rate) / episodes + z * z / (4 * episodes**2))
    return tuple(max(0.0, min(1.0, (centre + sign * spread) / (1 + z * z / episodes))) for sign in (-1, 1))

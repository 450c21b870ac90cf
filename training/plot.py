"""Loss and success over training, as curve.png beside the logs."""
import json
from pathlib import Path


def read_lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines() if line.strip()] if Path(path).exists() else []


def draw(folder):
    """Draws loss.jsonl, and success.jsonl where it exists: {"samples": n, "task": name, "success": share of 1} per line."""
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot
    folder = Path(folder)
    losses, successes = read_lines(folder / 'loss.jsonl'), read_lines(folder / 'success.jsonl')
    if not losses:
        return None
    figure, axes = pyplot.subplots(1, 2 if successes else 1, figsize=(11 if successes else 6, 4), squeeze=False)
    axis = axes[0][0]
    for name, label in (('loss', 'training'), ('heldOutLoss', 'held out, averaged weights')):
        points = [(record['samples'], record[name]) for record in losses if name in record]
        if points:
            axis.plot(*zip(*points), label=label, linewidth=1)
    axis.set(xlabel='samples', ylabel='cross entropy, nats')
    axis.legend()
    for task in sorted({record['task'] for record in successes}):
        points = [(record['samples'], 100 * record['success']) for record in successes if record['task'] == task]
        axes[0][1].plot(*zip(*points), marker='o', label=task)
    if successes:
        axes[0][1].set(xlabel='samples', ylabel='success, %', ylim=(-2, 102))
        axes[0][1].legend()
    figure.tight_layout()
    partial = folder / 'curve.partial.png'
    figure.savefig(partial, dpi=110)
    pyplot.close(figure)
    partial.replace(folder / 'curve.png')
    return folder / 'curve.png'

"""Everything a run needs to go on exactly where it stopped, in one file written atomically."""
import os
from pathlib import Path

import torch

FORMAT = 1


class Average:
    """Exponential moving average of the weights; the decay grows with the step, so that early weights are soon forgotten."""

    def __init__(self, model, decay):
        self.decay = decay
        self.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model, step):
        decay = min(self.decay, (1 + step) / (10 + step))
        current = model.state_dict()
        torch._foreach_lerp_(list(self.weights.values()), [current[name] for name in self.weights], 1 - decay)


def save(path, state):
    """Writes the dict; who is stopped meanwhile keeps what was there before."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + '.partial')
    torch.save({'format': FORMAT, **state}, partial)
    os.replace(partial, path)


def load(path):
    """The saved dict. Raises ValueError for another format."""
    if not Path(path).exists():
        raise FileNotFoundError(f'checkpoint "{path}" does not exist; check --resume or --init-from')
    state = torch.load(path, map_location='cpu', weights_only=False)
    if state.get('format') != FORMAT:
        raise ValueError(f'checkpoint "{path}" has format {state.get("format")}, expected {FORMAT}; train anew or use the code that wrote it')
    return state


def save_weights(path, family, config, weights):
    """What is needed to train on from, or to run, a policy in PyTorch: its shape as a dict, and tensors by name."""
    weights, shared = dict(weights), {}
    if 'table' in weights:
        # Of a large vocabulary most rows are alike: those that training never met.
        rows, row_of = torch.unique(weights['table'], dim=0, return_inverse=True)
        if 2 * len(rows) <= len(row_of):
            weights['table'], shared = rows, {'table_row_of': row_of.int()}
    save(path, {'family': family, 'config': config, 'average': weights, **shared})


def load_weights(path):
    """The dict of save_weights. Tensors and plain values only: a file from elsewhere cannot run code."""
    state = torch.load(path, map_location='cpu', weights_only=True)
    row_of = state.pop('table_row_of', None)
    if row_of is not None:
        state['average']['table'] = state['average']['table'][row_of]
    return state

"""The travelling salesman as a task of tokens: tours to learn from, and a small db1 that learns them.

    python3 training/tsp.py --out runs/tsp --minutes 5
    npx tsx bench/tsp.ts runs/tsp/policy

At every step the policy sees all cities, the nearest first: how far each lies to the east and to the north of the
present one, and whether it has been visited; then the first city, where the tour ends. Distances are in the side of the
square and become linear bins. The one action token says which to visit next, 0 for the nearest, and cities that were
visited are not allowed. The expert improves nearest-neighbour tours from every start by 2-opt and keeps the shortest.
"""
import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from data import model_config, to_rows
from export import load_averaged, write_policy
from families import build_model
from tokens import LayoutSpec, linear_ids

VISITED, OPEN = 1.0, -1.0
HELD_OUT = 500  # Instances that the result is measured on.


def policy_of(cities):
    """policy.json without model, context and files."""
    seen = [{'name': f'city-{rank}', 'codec': 'linear-values', 'low': [-1.0] * 3, 'high': [1.0] * 3} for rank in range(cities)]
    start = {'name': 'start', 'codec': 'linear-values', 'low': [-1.0] * 2, 'high': [1.0] * 2}
    return {'formatVersion': 1, 'name': f'tsp-{cities}', 'family': 'db1', 'description': f'Short tours of {cities} cities in a square',
            'robot': 'none', 'joints': [], 'suite': 'tsp', 'tasks': ['tour'], 'controlHz': 1, 'sampling': {'kind': 'greedy'},
            'tokens': {'layout': 'packed', 'codec': {}, 'patchSize': 16, 'leashRad': 1, 'text': {'vocabulary': ['', 'tour'], 'positions': 1},
                       'cameras': [], 'state': [*seen, start], 'actions': [], 'choice': {'name': 'next city', 'values': cities}}}


def distances(places):
    """[.., N, N] of places [.., N, 2]."""
    return np.linalg.norm(places[..., :, None, :] - places[..., None, :, :], axis=-1)


def nearest_neighbour(apart, start):
    """Tours [B, N] that always go to the nearest city left. apart [B, N, N], start [B]."""
    batch, cities = apart.shape[:2]
    every, tours = np.arange(batch), np.empty((batch, cities), np.int64)
    tours[:, 0] = start
    left = np.where(np.arange(cities) == np.asarray(start)[:, None], np.inf, 0.0)
    for step in range(1, cities):
        tours[:, step] = (apart[every, tours[:, step - 1]] + left).argmin(1)
        left[every, tours[:, step]] = np.inf
    return tours


def two_opt(apart, tours):
    """Turns the stretch of each tour [B, N] around whose turning shortens it most, until none does."""
    batch, cities = tours.shape
    tours, every = tours.copy(), np.arange(batch)
    position = np.arange(cities)
    is_stretch = (position[:, None] >= 1) & (position[None] > position[:, None])
    active = every
    while len(active):
        now = tours[active]
        between = apart[active[:, None, None], now[:, :, None], now[:, None, :]]           # by position
        edge = between[:, position, (position + 1) % cities]                               # position to the next
        before = np.roll(edge, 1, axis=1)
        joined = between[:, (position - 1) % cities, :]                                    # [first, last]: before first to last
        after = between[:, :, (position + 1) % cities]                                     # [first, last]: first to after last
        gain = np.where(is_stretch, before[:, :, None] + edge[:, None, :] - joined - after, -np.inf)
        best = gain.reshape(len(active), -1).argmax(1)
        first, last = best // cities, best % cities
        better = gain[np.arange(len(active)), first, last] > 1e-9
        inside = (position >= first[:, None]) & (position <= last[:, None])
        turned = np.where(inside, (first + last)[:, None] - position, position)
        tours[active[better]] = np.take_along_axis(now, turned, 1)[better]
        active = active[better]
    return tours


def lengths(apart, tours):
    """Of closed tours [B, N]."""
    return apart[np.arange(len(tours))[:, None], tours, np.roll(tours, -1, axis=1)].sum(1)


def expert_tours(places):
    """The shortest 2-opt tour [B, N] over all starts of places [B, N, 2]."""
    batch, cities = places.shape[:2]
    apart = np.repeat(distances(places), cities, axis=0)
    tours = two_opt(apart, nearest_neighbour(apart, np.tile(np.arange(cities), batch)))
    best = lengths(apart, tours).reshape(batch, cities).argmin(1)
    return tours.reshape(batch, cities, cities)[np.arange(batch), best]


def observe(places, current, start, visited):
    """Values [B, 3 N + 2] in [-1, 1] and the cities [B, N] by rank. current, start [B]; visited bool [B, N]."""
    every = np.arange(len(places))
    offset = places - places[every, current][:, None]
    ranked = np.argsort(np.linalg.norm(offset, axis=-1), axis=1, kind='stable')
    seen = np.take_along_axis(offset, ranked[..., None], 1)
    flags = np.where(np.take_along_axis(visited, ranked, 1), VISITED, OPEN)
    values = np.concatenate([seen, flags[..., None]], axis=-1).reshape(len(places), -1)
    return np.concatenate([values, offset[every, start]], axis=1), ranked


def draw_batch(places, tours, size, random):
    """Decisions of random tours, from a random start in a random direction, in a random one of the square's symmetries."""
    cities = tours.shape[1]
    chosen = random.integers(0, len(tours), size)
    order = np.where(random.integers(0, 2, size)[:, None] > 0, tours[chosen], tours[chosen, ::-1])
    order = np.take_along_axis(order, (random.integers(0, cities, size)[:, None] + np.arange(cities)) % cities, 1)
    where = (places[chosen] - 0.5) * random.choice([-1.0, 1.0], (size, 1, 2))
    where = np.where(random.integers(0, 2, size)[:, None, None] > 0, where, where[..., ::-1])
    step = random.integers(0, cities - 2, size)  # The last city is no choice.
    visited = np.zeros((size, cities), bool)
    np.put_along_axis(visited, order, np.arange(cities) <= step[:, None], 1)
    every = np.arange(size)
    values, ranked = observe(where, order[every, step], order[:, 0], visited)
    target = (ranked == order[every, step + 1][:, None]).argmax(1)
    return values, target, ~np.take_along_axis(visited, ranked, 1)


class Lesson:
    """Turns decisions into batches of a model."""

    def __init__(self, spec, config):
        self.spec, self.config = spec, config

    def batch(self, values):
        count = len(values)
        state = torch.from_numpy(to_rows(self.spec, linear_ids(values, self.spec.codec)))
        blank = torch.zeros(count, 1, 0, 3 * self.config.patch_size**2)
        return {'text': torch.ones(count, 1, 1, dtype=torch.long), 'patches': blank, 'state': state[:, None],
                'actions': torch.zeros(count, 1, 1, dtype=torch.long)}


def train(model, lesson, places, tours, options):
    """Cross entropy over the cities that are left; the rate falls to nothing within the budget."""
    random, begin = np.random.default_rng(options.seed + 1), time.monotonic()
    decayed = [weight for weight in model.parameters() if weight.ndim >= 2]
    plain = [weight for weight in model.parameters() if weight.ndim < 2]
    optimiser = torch.optim.AdamW([{'params': decayed, 'weight_decay': 0.01}, {'params': plain, 'weight_decay': 0}], lr=options.rate, betas=(0.9, 0.98))
    average = {name: value.clone() for name, value in model.state_dict().items()}
    step, logged, running = 0, begin, []
    while (share := max((time.monotonic() - begin) / (60 * options.minutes), step / options.steps if options.steps else 0)) < 1:
        for group in optimiser.param_groups:
            group['lr'] = options.rate * min(1, (step + 1) / 200) * min(1.0, (1 - share) / 0.5)
        values, target, allowed = draw_batch(places, tours, options.batch, random)
        logits = model(lesson.batch(values), dtype=torch.bfloat16)[0][:, 0, 0].float().masked_fill(~torch.from_numpy(allowed), -1e9)
        loss = F.cross_entropy(logits, torch.from_numpy(target))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        decay = min(0.998, (1 + step) / (10 + step))
        with torch.no_grad():
            for name, value in model.state_dict().items():
                average[name].lerp_(value, 1 - decay)
        running.append((float(loss.detach()), float((logits.detach().argmax(1).numpy() == target).mean())))
        if time.monotonic() - logged > 20:
            recent = np.mean(running[-400:], axis=0)
            print(f'step {step} loss {recent[0]:.3f} right {recent[1]:.3f} {step * options.batch / (time.monotonic() - begin):.0f} decisions/s', flush=True)
            logged = time.monotonic()
    model.load_state_dict(average)
    return {'steps': step, 'samples': step * options.batch, 'minutes': round((time.monotonic() - begin) / 60, 2)}


@torch.no_grad()
def policy_tours(model, lesson, places):
    """Greedy tours [B, N] from city 0."""
    batch, cities = places.shape[:2]
    tours, visited, every = np.zeros((batch, cities), np.int64), np.zeros((batch, cities), bool), np.arange(batch)
    visited[:, 0] = True
    for step in range(1, cities):
        values, ranked = observe(places, tours[:, step - 1], tours[:, 0], visited)
        allowed = torch.from_numpy(~np.take_along_axis(visited, ranked, 1))
        rank = model(lesson.batch(values))[0][:, 0, 0].masked_fill(~allowed, -1e9).argmax(1).numpy()
        tours[:, step] = ranked[every, rank]
        visited[every, tours[:, step]] = True
    return tours


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--cities', type=int, default=20)
    parser.add_argument('--tours', type=int, default=20_000)
    parser.add_argument('--minutes', type=float, default=5.0)
    parser.add_argument('--steps', type=int, default=0, help='fewer than the minutes would allow')
    parser.add_argument('--from', dest='start', default='', metavar='WEIGHTS', help='weights.pt of an earlier run of the same shape to go on from')
    parser.add_argument('--batch', type=int, default=64)
    parser.add_argument('--rate', type=float, default=1e-3)
    parser.add_argument('--width', type=int, default=128)
    parser.add_argument('--layers', type=int, default=3)
    parser.add_argument('--heads', type=int, default=8)
    parser.add_argument('--threads', type=int, default=0)
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args(argv)
    if options.threads:
        torch.set_num_threads(options.threads)
    policy = policy_of(options.cities)
    spec = LayoutSpec.from_json(policy['tokens'])
    # One step is all a decision needs, so that is what the memory holds.
    shape = dict(width=options.width, layers=options.layers, heads=options.heads, stem_channels=1, stem_groups=1)
    config = model_config(spec, 'db1', **shape)
    config = model_config(spec, 'db1', **shape, memory=config.step_positions)
    model, lesson = build_model(config, options.seed), Lesson(spec, config)
    if options.start:
        model.load_state_dict(load_averaged(options.start)[0].state_dict())
    random = np.random.default_rng(options.seed)
    places = random.random((options.tours, options.cities, 2))
    tours = np.concatenate([expert_tours(part) for part in np.array_split(places, max(1, options.tours // 500))])
    print(f'{options.tours} tours of {options.cities} cities, mean length {lengths(distances(places), tours).mean():.3f}', flush=True)
    training = train(model, lesson, places, tours, options)
    held_out = np.random.default_rng(options.seed + 1_000_000).random((HELD_OUT, options.cities, 2))
    apart = distances(held_out)
    nearest = nearest_neighbour(apart, np.zeros(HELD_OUT, np.int64))
    measured = {'instances': HELD_OUT, 'policy': float(lengths(apart, policy_tours(model.eval(), lesson, held_out)).mean()),
                'nearestNeighbour': float(lengths(apart, nearest).mean()), 'twoOpt': float(lengths(apart, two_opt(apart, nearest)).mean()),
                'expert': float(lengths(apart, expert_tours(held_out)).mean())}
    print(json.dumps(measured))
    folder = options.out / 'policy'
    folder.mkdir(parents=True, exist_ok=True)
    write_policy(model, policy, folder, ('int8', 'fp32'), {**training, 'pytorchMeanLength': measured})


if __name__ == '__main__':
    sys.exit(main())

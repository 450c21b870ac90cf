"""What one token costs in DB1 as released and with cached keys and values: counted for DB1's size, timed for a small one.

    python3 training/db1_cost.py [--time]
"""
import argparse
import sys
import time

import torch

from db1 import Db1, Db1Config, released_config
from db1_decode import Db1Decoder
from db1_reference import HiddenStateMemory

TIMED = Db1Config(width=256, layers=4, heads=4, vocabulary=1000, initial_memory='zeros')


def attention_cost(config, positions):
    """Scores by content, scores by distance, and the sum of values, of one new row in one layer."""
    return 3 * positions * config.width


def released_cost(config):
    """Multiply-adds of one token when the memory is full, by part: of all layers."""
    layers, width, positions = config.layers, config.width, config.memory + 1
    return {'queries, keys and values': layers * positions * 3 * width**2,
            'keys of relative positions': layers * positions * width**2,
            **shared_cost(config, positions)}


def cached_cost(config):
    """The same with cached keys and values: only the new row is projected, and distances were before the first token."""
    return {'queries, keys and values': config.layers * 3 * config.width**2, 'keys of relative positions': 0,
            **shared_cost(config, config.memory)}


def shared_cost(config, positions):
    layers, width = config.layers, config.width
    return {'attention': layers * attention_cost(config, positions), 'output of attention': layers * width**2,
            'feed-forward': layers * 3 * config.feed_forward * width, 'logits': config.rows * width}


def seconds_per_token(decoder, tokens, rounds):
    """Least time of a token with a full memory, s."""
    config = decoder.config
    rows = torch.randn(tokens, config.width, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for part in torch.zeros(config.memory, config.width).split(256):
            decoder.push(part)
        times = []
        for _ in range(rounds):
            for row in rows:
                start = time.perf_counter()
                decoder.push(row[None])
                times.append(time.perf_counter() - start)
    return min(times)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument('--time', action='store_true', help='also time a small model in PyTorch')
    parser.add_argument('--threads', type=int, default=1)
    arguments = parser.parse_args(argv)
    config = released_config()
    released, cached = released_cost(config), cached_cost(config)
    print(f'One token of DB1 ({config.layers} layers, width {config.width}, memory {config.memory}), million multiply-adds')
    print(f'{"part":<28}{"as released":>14}{"cached":>12}')
    for part in released:
        print(f'{part:<28}{released[part] / 1e6:>14,.1f}{cached[part] / 1e6:>12,.1f}')
    wasted = sum(released[part] for part in ('queries, keys and values', 'keys of relative positions'))
    print(f'{"all":<28}{sum(released.values()) / 1e6:>14,.1f}{sum(cached.values()) / 1e6:>12,.1f}')
    print(f'ratio of all multiply-adds: {sum(released.values()) / sum(cached.values()):.0f}')
    bare = sum(cached.values()) - cached['logits'] - config.layers * config.memory * config.width
    print(f'projections of the memory against the bare trunk (no logits, no scores by distance): {wasted / bare:.0f}')
    if arguments.time:
        torch.set_num_threads(arguments.threads)
        model = Db1(TIMED).eval()
        slow, fast = seconds_per_token(HiddenStateMemory(model), 4, 3), seconds_per_token(Db1Decoder(model), 20, 5)
        ours = sum(released_cost(TIMED).values()) / sum(cached_cost(TIMED).values())
        print(f'PyTorch, {arguments.threads} thread(s), {TIMED.layers} layers, width {TIMED.width}, memory {TIMED.memory}: '
              f'{slow * 1e3:.1f} ms as released, {fast * 1e3:.2f} ms cached, {slow / fast:.0f} times; multiply-adds {ours:.0f} times')


if __name__ == '__main__':
    sys.exit(main())

"""Tours to learn from: their expert, what a policy sees of them, and that a policy learns anything."""
import numpy as np

import tsp


def test_two_opt_keeps_all_cities_and_shortens_and_the_best_start_is_best():
    places = np.random.default_rng(0).random((40, 12, 2))
    apart = tsp.distances(places)
    nearest = tsp.nearest_neighbour(apart, np.zeros(40, np.int64))
    better = tsp.two_opt(apart, nearest)
    assert np.array_equal(np.sort(better, axis=1), np.tile(np.arange(12), (40, 1)))
    assert np.all(tsp.lengths(apart, better) <= tsp.lengths(apart, nearest) + 1e-9)
    assert np.all(tsp.lengths(apart, tsp.expert_tours(places)) <= tsp.lengths(apart, better) + 1e-9)
    again = tsp.two_opt(apart, better)
    assert np.array_equal(again, better)


def test_demonstrations_are_steps_of_the_tour_whatever_start_direction_and_symmetry():
    places = np.random.default_rng(1).random((5, 8, 2))
    tours = tsp.expert_tours(places)
    values, target, allowed = tsp.draw_batch(places, tours, 200, np.random.default_rng(2))
    assert values.shape == (200, 26)
    assert np.abs(values).max() <= 1
    assert np.all(allowed[np.arange(200), target])
    chosen = values[:, :24].reshape(200, 8, 3)[np.arange(200), target]
    edges = np.unique(np.round(np.concatenate([tsp.distances(some)[tour, np.roll(tour, -1)] for some, tour in zip(places, tours)]), 9))
    steps = np.linalg.norm(chosen[:, :2], axis=1)
    assert np.all(np.abs(edges[None] - steps[:, None]).min(1) < 1e-8)
    assert np.all(chosen[:, 2] == tsp.OPEN)


def test_the_command_makes_a_policy(tmp_path):
    tsp.main(['--out', str(tmp_path), '--cities', '5', '--tours', '20', '--steps', '2', '--batch', '8', '--width', '16', '--heads', '2', '--layers', '1', '--threads', '1'])
    assert (tmp_path / 'policy/policy.json').exists()

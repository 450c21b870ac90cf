import json
from pathlib import Path

import numpy as np
import pytest

import command_line
import helpers
import levers
import levers_report
from levers import Bench, Setting, merged, missing
from levers_table import DATASETS, ROWS, Row
from levers_variants import aim, robot_folder, sim_folder

TINY = ('--width', '32', '--layers', '1', '--heads', '2', '--kv-heads', '1', '--head-width', '16', '--feed-forward', '32', '--steps', '2',
        '--batch', '4', '--holdout', '0')
BY_NAME = {row.name: row for row in ROWS}


def test_every_row_names_what_exists_and_can_be_trained():
    assert len(BY_NAME) == len(ROWS)
    for row in ROWS:
        assert set(row.data) <= set(DATASETS)
        assert not row.after or row.after in BY_NAME
        # Rows run in two waves.
        assert not row.after or not BY_NAME[row.after].after
        assert missing(row) == ''
    assert missing(Row('x', '', '', ('--stem', 'fourier'))) == 'training/train.py does not know --stem fourier'
    assert missing(Row('x', '', '', ('--no-such',))) == 'training/train.py has no option --no-such'


def test_the_command_line_lists_rows_and_refuses_others(capsys):
    levers.main(['--list', '--only', 'baseline'])
    assert capsys.readouterr().out.startswith('baseline ')
    with pytest.raises(SystemExit):
        levers.main(['--only', 'no-such'])


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A tiny setting in which the command line is played: demonstrations are random, the third episode of ten succeeds."""
    (tmp_path / 'policy.json').write_text(json.dumps(helpers.policy()))
    (tmp_path / 'report.md').write_text('above\n<!-- results -->\nold\n<!-- end of results -->\nbelow\n')

    def armature(*words, data=None):
        if words[0] == 'demos':
            helpers.write_dataset(Path(words[words.index('--out') + 1]))
            return ''
        return json.dumps({'tick': {'p50Ms': 1}, 'tasks': [{'task': task, 'episodes': 10, 'successes': 3} for task in levers.TASKS]})

    monkeypatch.setattr(command_line, 'armature', armature)
    monkeypatch.setattr(levers, 'POLICY', tmp_path / 'policy.json')
    monkeypatch.setattr(levers, 'RESULTS', tmp_path / 'results.jsonl')
    monkeypatch.setattr(levers_report, 'REPORT', tmp_path / 'report.md')
    return Bench(Setting(tmp_path / 'run', minutes=0.1, demonstrations=2, parallel=2, training=TINY, results=tmp_path / 'results.jsonl'), log=lambda _: None)


def test_rows_are_trained_measured_and_listed_once(bench, tmp_path):
    rows = [BY_NAME['baseline'], BY_NAME['exact-steps'], BY_NAME['best-bin'], BY_NAME['half']]
    assert bench.run_all(rows, [0]) == []
    lines = [json.loads(line) for line in (tmp_path / 'results.jsonl').read_text().splitlines()]
    assert sorted(line['name'] for line in lines) == ['baseline', 'best-bin', 'exact-steps', 'half']
    assert all(line['samples'] == 8 for line in lines)
    assert json.loads((tmp_path / 'run/rows/best-bin-0/policy/policy.json').read_text())['sampling'] == {'kind': 'greedy'}
    report = (tmp_path / 'report.md').read_text()
    assert report.startswith('above\n') and report.endswith('below\n') and 'old' not in report
    assert '| layout | exact, as many steps as the baseline (`exact-steps`) | 1 | 0 k | 0.00 | 30 % (11 to 60) |' in report
    assert bench.run_all(rows, [0]) == []
    assert len((tmp_path / 'results.jsonl').read_text().splitlines()) == 4


def test_a_row_that_builds_on_a_missing_one_is_named(bench):
    assert bench.run_all([BY_NAME['best-bin']], [0]) == ['best-bin']


def test_changes_of_a_policy_reach_deep_and_replace_lists():
    assert merged({'a': {'b': 1, 'c': [1, 2]}}, {'a': {'c': [3]}}) == {'a': {'b': 1, 'c': [3]}}


def test_a_robot_differs_in_what_is_asked_for_only(tmp_path):
    folder = robot_folder(tmp_path / 'robot', size=32, mounts={'front': {'pos': (0.5, 0, 0.5), 'target': (0.2, 0, 0), 'fovy': 40}})
    robot, shipped = json.loads((folder / 'robot.yaml').read_text()), command_line.read_yaml(levers.ROOT / 'robots/so101/robot.yaml')
    assert [camera['width'] for camera in robot['cameras']] == [32, 32]
    assert robot['joints'] == shipped['joints']
    model = (folder / 'model.xml').read_text()
    assert 'pos="0.5 0 0.5"' in model and 'fovy="40"' in model and 'fovy="72"' in model


def test_a_camera_is_aimed_upright():
    right, up = aim((0.59, 0, 0.47), (0.19, 0, 0))
    np.testing.assert_allclose(right, [0, 1, 0], atol=1e-9)
    assert up[2] > 0 and abs(np.dot(up, [-0.4, 0, -0.47])) < 1e-9


def test_a_simulation_without_variation_still_has_all_its_files(tmp_path):
    sim = sim_folder(tmp_path / 'data', 'no-variation') / 'sim'
    variation = command_line.read_yaml(sim / 'variation.yaml')
    assert variation['colourJitter'] == 0 and all(low == high for low, high in variation['lighting'].values())
    assert (sim / 'scenes/desk.xml').exists()
    tasks = sim_folder(tmp_path / 'words', 'one-wording') / 'sim/tasks'
    assert all(len(command_line.read_yaml(path)['instructions']) == 1 for path in tasks.glob('*.yaml'))

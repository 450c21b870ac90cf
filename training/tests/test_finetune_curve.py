import json
from types import SimpleNamespace

import command_line
import finetune_curve
import helpers


def record(task='shelf', demonstrations=10, fresh=False, success=0.5):
    return {'task': task, 'demonstrations': demonstrations, 'fresh': fresh, 'success': success, 'ci95': [success - 0.1, success + 0.1],
            'episodes': 100, 'minutes': 10.0, 'samples': 1000}


def test_the_table_and_the_curve_show_every_run(tmp_path):
    records = [record(), record(demonstrations=100, success=0.8), record(demonstrations=100, fresh=True, success=0.2), record('button')]
    lines = finetune_curve.table(records).splitlines()
    assert len(lines) == 2 + len(records)
    assert lines[4] == '| shelf | 100 | random weights | 20 of 100 | 10 to 30 % | 10.0 min, 1000 samples |'
    finetune_curve.draw(records, tmp_path / 'figures/curve.png')
    assert (tmp_path / 'figures/curve.png').stat().st_size > 1000


def test_a_measurement_goes_on_where_it_stopped(tmp_path, monkeypatch):
    options = SimpleNamespace(out=tmp_path / 'curve', tasks=['shelf', 'button'], demonstrations=[100, 0, 10], compare=100)
    # Words it never learnt are refused, so that there is nothing to measure before it has learnt them.
    monkeypatch.setattr(finetune_curve.Curve, 'base', helpers.policy())
    measured = []

    def measure(self, *run):
        measured.append(run)
        if len(measured) == 4:
            raise KeyboardInterrupt
        return record(*run)

    monkeypatch.setattr(finetune_curve.Curve, 'measure', measure)
    try:
        finetune_curve.Curve(options).run()
    except KeyboardInterrupt:
        pass
    finetune_curve.Curve(options).run()
    assert measured == [('shelf', 10, False), ('shelf', 100, False), ('shelf', 100, True), ('button', 10, False),
                        ('button', 10, False), ('button', 100, False), ('button', 100, True)]
    assert len((tmp_path / 'curve/results.jsonl').read_text().splitlines()) == 6


def test_datasets_are_collected_once_and_with_the_seeds_of_fine_tuning(tmp_path, monkeypatch):
    called = []

    def armature(*words, data=None):
        called.append([str(word) for word in words])
        folder = tmp_path / 'curve/collecting/shelf/meta'
        folder.mkdir(parents=True)
        (folder / 'info.json').write_text(json.dumps({'total_episodes': 100}))

    monkeypatch.setattr(command_line, 'armature', armature)
    curve = finetune_curve.Curve(SimpleNamespace(out=tmp_path / 'curve', demonstrations=[10, 100], workers=1))
    assert curve.demonstrations('shelf') == curve.demonstrations('shelf') == tmp_path / 'curve/data/shelf'
    assert len(called) == 1
    assert [called[0][called[0].index(flag) + 1] for flag in ('--episodes', '--seed', '--perturbed')] == ['100', '200000', '0.8']

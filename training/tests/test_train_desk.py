import os
import signal
import subprocess
import sys

import pytest

import train_desk
from desk_recipes import RECIPES

TRAINER = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('ready', flush=True); time.sleep(60)"


def test_who_ends_the_recipe_ends_its_training(tmp_path, monkeypatch):
    trainers = []

    def start(_desk):
        trainers.append(subprocess.Popen([sys.executable, '-c', TRAINER], stdout=subprocess.PIPE))
        assert trainers[0].stdout.readline() == b'ready\n'
        return trainers[0]

    monkeypatch.setattr(train_desk.Desk, 'collect_expert', lambda _: None)
    monkeypatch.setattr(train_desk.Desk, 'start_training', start)
    monkeypatch.setattr(train_desk.Desk, 'version', lambda _: os.kill(os.getpid(), signal.SIGTERM))
    monkeypatch.setattr(sys, 'argv', ['train_desk.py', '--smoke', '--out', str(tmp_path)])
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            train_desk.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 128 + signal.SIGTERM
    # It was asked to leave, and could save: a killed one has a negative status.
    assert trainers[0].wait() == 7


def test_a_run_that_is_stopped_while_it_keeps_a_policy_has_the_one_before(tmp_path, monkeypatch):
    desk = train_desk.Desk(tmp_path / 'run', RECIPES['smoke'], 0, workers=1)
    for name in ('first', 'worse', 'better'):
        (tmp_path / name).mkdir()
        (tmp_path / name / 'policy.json').write_text(name)
    kept = lambda: (desk.best / 'policy.json').read_text()
    desk.keep_if_best(tmp_path / 'first', 0.5)
    desk.keep_if_best(tmp_path / 'worse', 0.4)
    assert kept() == 'first'

    copy = train_desk.shutil.copytree

    def stopped(source, target):
        copy(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(train_desk.shutil, 'copytree', stopped)
    with pytest.raises(KeyboardInterrupt):
        desk.keep_if_best(tmp_path / 'better', 0.6)
    assert kept() == 'first'
    monkeypatch.setattr(train_desk.shutil, 'copytree', copy)
    desk.keep_if_best(tmp_path / 'better', 0.6)
    assert kept() == 'better'

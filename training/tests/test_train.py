import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import checkpoint
import helpers
from export import load_averaged
from loop import Hooks, Trainer, train
from train import main, options_from, parser
from train_options import TrainOptions

TRAINING = Path(__file__).resolve().parents[1]


def options(tmp_path, out='run', **changes):
    if not (tmp_path / 'data').exists():
        helpers.write_dataset(tmp_path / 'data/a', episodes=6)
    values = {'out': tmp_path / out, 'policy': helpers.policy(), 'data': [tmp_path / 'data/a'], 'shape': helpers.SHAPE, 'batch': 8,
              'steps': 6, 'warmup': 2, 'holdout': 0.2, 'log_every': 1e9, 'threads': 1, **changes}
    return TrainOptions(**values)


def quiet(*_):
    pass


def test_a_resumed_run_ends_with_the_weights_of_an_unbroken_one(tmp_path):
    class StopAtThree(Hooks):
        def on_step(self, trainer):
            if trainer.step == 3:
                trainer.stop()

    whole = train(options(tmp_path, 'whole'), log=quiet)
    train(options(tmp_path, 'broken'), StopAtThree(), quiet)
    resumed = train(options(tmp_path, 'broken', resume=True), log=quiet)
    assert resumed.step == whole.step == 6
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
    for name, value in whole.average.weights.items():
        assert torch.equal(value, resumed.average.weights[name]), name


def test_training_lowers_the_loss(tmp_path):
    train(options(tmp_path, steps=60, rate=3e-3, log_every=0, pixel_noise=0.0), log=quiet)
    losses = [json.loads(line)['loss'] for line in (tmp_path / 'run/loss.jsonl').read_text().splitlines()]
    assert losses[-1] < losses[0] - 1


def test_a_dataset_that_appears_during_training_is_taken_up(tmp_path):
    class Late(Hooks):
        def on_step(self, trainer):
            if trainer.step == 2:
                helpers.write_dataset(tmp_path / 'data/late', seed=1)

    trainer = train(options(tmp_path, data=[], watch=[tmp_path / 'data'], watch_every=0), Late(), quiet)
    assert [frame_set.path.name for frame_set in trainer.sampler.frame_sets] == ['a', 'late']


def test_export_during_training_and_start_from_another_run(tmp_path):
    exported = []

    class Watch(Hooks):
        def on_export(self, trainer, folder):
            exported.append(folder.name)

    train(options(tmp_path, steps=3, log_every=0, export_dir=tmp_path / 'policy', export_every=1e-9), Watch(), quiet)
    assert len(exported) >= 2
    assert (tmp_path / 'policy/policy.json').exists()
    assert (tmp_path / 'run/curve.png').exists()
    start = Trainer(options(tmp_path, 'other', init_from=str(tmp_path / 'run/checkpoint.pt')), log=quiet)
    average = checkpoint.load(tmp_path / 'run/checkpoint.pt')['average']
    assert torch.equal(start.model.table, average['table'])


def test_a_checkpoint_of_another_shape_is_refused(tmp_path):
    train(options(tmp_path, steps=1), log=quiet)
    with pytest.raises(ValueError, match='pass the same shape'):
        train(options(tmp_path, resume=True, shape={**helpers.SHAPE, 'layers': 3}), log=quiet)


def test_unknown_flags_and_missing_budgets_are_errors(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(['--policy', 'p', '--out', 'o', '--learning-rate', '1'])
    assert caught.value.code == 2
    with pytest.raises(ValueError, match='no budget'):
        options_from(parser().parse_args(['--policy', 'p', '--out', 'o', '--data', 'd']))
    with pytest.raises(SystemExit):
        main(['--policy', str(tmp_path / 'none.json'), '--out', 'o', '--data', 'd', '--steps', '1'])
    assert 'none.json' in capsys.readouterr().err


def test_two_processes_train_one_model(tmp_path):
    options(tmp_path)
    (tmp_path / 'policy.json').write_text(json.dumps(helpers.policy()))
    command = [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', '2', str(TRAINING / 'train.py'),
               '--policy', 'policy.json', '--out', 'run', '--data', 'data/a', '--steps', '3', '--batch', '4', '--threads', '1',
               '--width', '32', '--layers', '2', '--heads', '4', '--head-width', '8', '--feed-forward', '48', '--holdout', '0.2']
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1'})
    assert done.returncode == 0, done.stderr[-3000:]
    state = checkpoint.load(tmp_path / 'run/checkpoint.pt')
    assert (state['step'], state['samples']) == (3, 24)


def test_the_command_line_trains_chunks_of_parallel_tokens(tmp_path):
    helpers.write_dataset(tmp_path / 'data/a')
    (tmp_path / 'policy.json').write_text(json.dumps(helpers.policy()))
    shape = [f'--{name.replace("_", "-")}={value}' for name, value in helpers.SHAPE.items()]
    main(['--policy', str(tmp_path / 'policy.json'), '--out', str(tmp_path / 'run'), '--data', str(tmp_path / 'data/a'), '--steps', '2', '--batch', '4',
          '--holdout', '0', '--threads', '1', '--fp32', '--action-tokens', 'parallel', '--chunk-steps', '4', '--execute-steps', '2',
          '--export-dir', str(tmp_path / 'policy'), *shape])
    manifest = json.loads((tmp_path / 'policy/policy.json').read_text())
    assert manifest['tokens']['chunk'] == {'steps': 4, 'execute': 2}
    assert manifest['model']['actionTokens'] == 'parallel'
    model, _ = load_averaged(tmp_path / 'run/checkpoint.pt')
    assert (model.config.actions, model.config.chunk_steps) == (12, 4)


def test_more_steps_than_a_chunk_has_cannot_be_executed(tmp_path):
    (tmp_path / 'policy.json').write_text(json.dumps(helpers.policy()))
    arguments = parser().parse_args(['--policy', str(tmp_path / 'policy.json'), '--out', 'x', '--data', 'y', '--steps', '1', '--execute-steps', '2'])
    with pytest.raises(ValueError, match='pass --execute-steps 1 to 1'):
        options_from(arguments)


def test_a_db1_is_trained_exported_and_read_again(tmp_path):
    helpers.write_dataset(tmp_path / 'data/a', episodes=6)
    (tmp_path / 'policy.json').write_text(json.dumps(helpers.policy()))
    main(['--policy', str(tmp_path / 'policy.json'), '--family', 'db1', '--layout', 'exact', '--memory', '40', '--context-steps', '2', '--data', str(tmp_path / 'data/a'),
          '--out', str(tmp_path / 'run'), '--steps', '3', '--batch', '4', '--width', '32', '--layers', '2', '--heads', '4',
          '--stem-channels', '8', '--fp32', '--threads', '1', '--device', 'cpu', '--export-dir', str(tmp_path / 'policy'), '--precisions', 'fp32'])
    manifest = json.loads((tmp_path / 'policy/policy.json').read_text())
    assert (manifest['family'], manifest['context']['ringPositions'], manifest['tokens']['layout']) == ('db1', 40, 'exact')
    for weights in (tmp_path / 'policy/weights.pt', tmp_path / 'run/checkpoint.pt'):
        assert load_averaged(weights)[0].config.memory == 40

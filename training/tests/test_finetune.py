import hashlib
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch

import checkpoint
import finetune
import helpers
import packages
from batches import Sampler
from data import load_dataset, model_config
from export import write_policy
from model import Gato
from tokens import LayoutSpec
from transfer import carry_rows, grown

TINY = ['--steps', '2', '--batch', '4', '--holdout', '0', '--threads', '1', '--log-every', '1e9', '--precisions', 'fp32']


def quiet(*_):
    pass


def base_policy(folder, words=None):
    """A policy with random weights that --from accepts, and its Gato."""
    policy = helpers.policy()
    if words:
        policy['tokens']['text']['vocabulary'] = words
    folder.mkdir()
    model = Gato(model_config(LayoutSpec.from_json(policy['tokens']), **helpers.SHAPE, privileged=2), seed=5)
    write_policy(model, policy, folder, ('fp32',))
    return model


def rename_tasks(dataset, texts):
    parquet.write_table(pa.table({'task_index': range(len(texts)), 'task': texts}), dataset / 'meta/tasks.parquet')


def run(*words):
    arguments, extra = finetune.parser().parse_known_args([str(word) for word in words])
    return finetune.finetune(arguments, extra, log=quiet)


def test_words_are_added_behind_those_in_use():
    assert grown(['', 'reach', 'the'], ['Press the button!', 'reach'], str.split) == ['', 'reach', 'the', 'Press', 'button!']


def test_rows_follow_their_words_and_bins_when_the_vocabulary_changes():
    config = model_config(LayoutSpec.from_json(helpers.policy()['tokens']), **helpers.SHAPE)
    changed = helpers.policy()
    changed['tokens']['text']['vocabulary'] = ['', 'button', 'cube', 'reach']
    own_config = model_config(LayoutSpec.from_json(changed['tokens']), **helpers.SHAPE)
    table, fresh = Gato(config, seed=1).table.detach(), Gato(own_config, seed=2).table.detach()
    rows, new = carry_rows(table, config, ['<pad>', 'reach', 'push', 'the', 'cube'], fresh, own_config, ['', 'button', 'cube', 'reach'])
    assert new == ['button']
    assert torch.equal(rows[[0, 2, 3]], table[[0, 4, 1]])
    assert torch.equal(rows[1], fresh[1])
    assert torch.equal(rows[4:], table[5:])


def test_a_new_word_begins_as_the_unknown_word():
    config = model_config(LayoutSpec.from_json(helpers.policy()['tokens']), **helpers.SHAPE)
    table = torch.randn(config.rows, config.width)
    rows, _ = carry_rows(table, config, ['', '<unknown>', 'push', 'the', 'cube'], torch.zeros_like(table), config, ['', '<unknown>', 'push', 'the', 'box'])
    assert torch.equal(rows[4], table[1])


def test_only_the_first_episodes_of_a_dataset_count(tmp_path):
    images = helpers.write_dataset(tmp_path / 'a', episodes=4, length=10)
    spec = LayoutSpec.from_json(helpers.policy()['tokens'])
    whole, first = (load_dataset(tmp_path / 'a', spec, log=quiet, episodes=count) for count in (0, 1))
    assert (whole.frames, first.frames) == (40, 10)
    np.testing.assert_array_equal(first.patches, whole.patches[:10])
    # The only episode asks for one of the two instructions.
    assert (whole.tasks, first.tasks) == (['reach the cube', 'push the cube'], ['reach the cube'])
    assert len(images['front']) == 40


def test_a_policy_learns_words_it_lacked_and_keeps_what_it_was(tmp_path):
    base = base_policy(tmp_path / 'base')
    helpers.write_dataset(tmp_path / 'press', episodes=4)
    rename_tasks(tmp_path / 'press', ['press the button', 'push the button'])
    helpers.write_dataset(tmp_path / 'old', episodes=2, seed=1)
    folder = run('--from', tmp_path / 'base', '--data', tmp_path / 'press', '--rehearse', tmp_path / 'old', '--out', tmp_path / 'new',
                 '--tasks', 'button', '--episodes', '2', '--rate', '1e-9', *TINY)
    policy, before = (json.loads((path / 'policy.json').read_text()) for path in (folder, tmp_path / 'base'))
    assert policy['tokens']['text']['vocabulary'] == ['<pad>', 'reach', 'push', 'the', 'cube', 'button', 'press']
    assert {**policy['tokens'], 'text': 0} == {**before['tokens'], 'text': 0}
    assert (policy['name'], policy['tasks'], policy['model']) == ('new', ['reach', 'button'], before['model'])
    assert policy['training']['from']['weights'] == hashlib.sha256((tmp_path / 'base/weights.pt').read_bytes()).hexdigest()
    assert policy['training']['data'] == [{'name': 'press', 'episodes': 2, 'frames': 20}]
    assert policy['training']['rehearsed'] == [{'name': 'old', 'episodes': 2, 'frames': 20}]
    assert policy['training']['samples'] == 8
    table = checkpoint.load_weights(folder / 'weights.pt')['average']['table']
    assert torch.allclose(table[:5], base.table[:5], atol=1e-6)
    assert torch.allclose(table[7:], base.table[5:], atol=1e-6)


def test_datasets_of_people_have_no_privileged_state(tmp_path):
    base_policy(tmp_path / 'base')
    helpers.write_dataset(tmp_path / 'a', episodes=2)
    info = json.loads((tmp_path / 'a/meta/info.json').read_text())
    del info['features']['observation.environment_state']
    (tmp_path / 'a/meta/info.json').write_text(json.dumps(info))
    folder = run('--from', tmp_path / 'base', '--data', tmp_path / 'a', '--out', tmp_path / 'new', *TINY)
    assert json.loads((folder / 'policy.json').read_text())['training']['config']['privileged'] == 0


def test_rehearsal_gets_its_share_of_the_samples(tmp_path):
    helpers.write_dataset(tmp_path / 'new', episodes=1)
    helpers.write_dataset(tmp_path / 'old', episodes=8)
    new, old = ([finetune.count_frames(tmp_path / name)] for name in ('new', 'old'))
    spec = LayoutSpec.from_json(helpers.policy()['tokens'])
    sampler = Sampler(model_config(spec, **helpers.SHAPE), weights=finetune.sampling_weights(new, old, 0.25))
    for name in ('new', 'old'):
        sampler.add(load_dataset(tmp_path / name, spec, log=quiet))
    mass = [len(frames) * weight for _, frames, weight in sampler.groups]
    assert mass[0] / sum(mass) == pytest.approx(0.75)


def test_mistakes_are_named_with_their_remedy(tmp_path):
    base_policy(tmp_path / 'base')
    helpers.write_dataset(tmp_path / 'a', episodes=1)
    words = ['--from', tmp_path / 'base', '--data', tmp_path / 'a', *TINY]
    with pytest.raises(ValueError, match='name another --out'):
        run(*words, '--out', tmp_path / 'base')
    with pytest.raises(ValueError, match='rename one'):
        run(*words, '--rehearse', tmp_path / 'a', '--out', tmp_path / 'new')
    with pytest.raises(ValueError, match='no dataset'):
        run('--from', tmp_path / 'base', '--data', tmp_path / 'none', '--out', tmp_path / 'new', *TINY)
    rename_tasks(tmp_path / 'a', ['push the cube onto the zone', 'reach'])
    with pytest.raises(ValueError, match='at most 4'):
        run(*words, '--out', tmp_path / 'new')
    (tmp_path / 'base/weights.pt').write_bytes(b'other')
    with pytest.raises(ValueError, match='fetch the policy again'):
        run(*words, '--out', tmp_path / 'new')


def test_missing_packages_are_named_with_the_command_that_installs_them():
    packages.require()
    with pytest.raises(SystemExit, match='no_such_package; run "pip install -r .*requirements.txt"'):
        packages.require(('torch', 'no_such_package'))

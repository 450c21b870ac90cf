import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import data
import helpers
from batches import Sampler
from data import DatasetError, find_datasets, load_dataset, model_config, to_rows
from tokens import UNKNOWN_WORD, LayoutSpec, TokenError, patches


def spec_of(**changes):
    return LayoutSpec.from_json(helpers.policy(**changes)['tokens'])


def quiet(_):
    pass


@pytest.mark.parametrize('few_frames', [0, 1000])
def test_pixels_come_back_as_the_tokens_module_cuts_them(tmp_path, monkeypatch, few_frames):
    monkeypatch.setattr(data, 'FEW_FRAMES', few_frames)
    images = helpers.write_dataset(tmp_path / 'a')
    frame_set = load_dataset(tmp_path / 'a', spec_of(), log=quiet)
    expected = np.concatenate([patches(images[name]) for name in ('front', 'wrist')], axis=1)
    np.testing.assert_allclose((frame_set.patches / 255 * 2 - 1) / 4, expected, atol=1e-6)


def test_ids_are_rows_of_the_table(tmp_path):
    helpers.write_dataset(tmp_path / 'a')
    spec = spec_of()
    frame_set = load_dataset(tmp_path / 'a', spec, log=quiet)
    assert frame_set.state.min() >= len(spec.words) and frame_set.state.max() < len(spec.words) + spec.codec.bins
    assert to_rows(spec, np.array([32000, 33023, 33024])).tolist() == [5, 1028, 1029]
    assert frame_set.texts.tolist() == [[1, 3, 4, 0], [2, 3, 4, 0]]
    assert frame_set.privileged_names == ['cube_x', 'cube_y']


def test_the_cache_is_used_until_the_dataset_changes(tmp_path):
    path = tmp_path / 'a'
    helpers.write_dataset(path)
    said = []
    for _ in range(2):
        load_dataset(path, spec_of(), log=said.append)
    assert len([line for line in said if 'decoding' in line]) == 1
    file = path / 'data/chunk-000/file-000.parquet'
    file.touch()
    load_dataset(path, spec_of(), log=said.append)
    assert len([line for line in said if 'decoding' in line]) == 2


def with_goal(**changes):
    tokens = helpers.policy()['tokens']
    goal = {'name': 'goal', 'width': 32, 'height': 16, 'goalOf': 'front', **changes}
    return LayoutSpec.from_json({**tokens, 'cameras': [tokens['cameras'][0], goal, tokens['cameras'][1]]})


def test_a_goal_is_what_its_camera_saw_last_in_the_episode(tmp_path):
    images = helpers.write_dataset(tmp_path / 'a', episodes=3, length=10)
    said = []
    load_dataset(tmp_path / 'a', spec_of(), log=said.append)
    spec = with_goal()
    frame_set = load_dataset(tmp_path / 'a', spec, log=said.append)
    assert len(said) == 1 and 'decoding' in said[0]
    sampler = Sampler(model_config(spec, **helpers.SHAPE))
    sampler.add(frame_set)
    frames = np.array([3, 10, 29])
    expected = np.concatenate([patches(images[name][chosen]) for name, chosen in (('front', frames), ('front', [9, 19, 29]), ('wrist', frames))], axis=1)
    np.testing.assert_allclose((sampler.gather(0, frames)['patches'] / 255 * 2 - 1) / 4, expected, atol=1e-6)


def test_a_goal_is_of_another_camera_of_the_layout_and_of_its_size():
    for changes in ({'goalOf': 'overhead'}, {'goalOf': 'goal'}, {'width': 16}):
        with pytest.raises(TokenError, match='goal "goal" is of no other camera'):
            with_goal(**changes)


def test_other_joints_are_refused_by_name(tmp_path):
    helpers.write_dataset(tmp_path / 'a', joints=['elbow', 'shoulder', 'gripper'])
    with pytest.raises(DatasetError, match='order counts'):
        load_dataset(tmp_path / 'a', spec_of(), log=quiet)
    helpers.write_dataset(tmp_path / 'b', joints=['elbow', 'shoulder'])
    with pytest.raises(DatasetError, match='3 joints'):
        load_dataset(tmp_path / 'b', spec_of(), log=quiet)


def test_a_missing_camera_is_refused_by_name(tmp_path):
    helpers.write_dataset(tmp_path / 'a')
    with pytest.raises(DatasetError, match='no camera "overhead"'):
        load_dataset(tmp_path / 'a', spec_of(cameras=('front', 'overhead')), log=quiet)


def test_an_instruction_of_unknown_words_is_refused(tmp_path):
    helpers.write_dataset(tmp_path / 'a')
    policy = helpers.policy()['tokens']
    policy['text']['vocabulary'] = ['<pad>', 'reach', 'the', 'cube']
    with pytest.raises(DatasetError, match='push'):
        load_dataset(tmp_path / 'a', LayoutSpec.from_json(policy), log=quiet)


def test_only_finished_datasets_are_found(tmp_path):
    helpers.write_dataset(tmp_path / 'done')
    helpers.write_dataset(tmp_path / 'running')
    info = json.loads((tmp_path / 'running/meta/info.json').read_text())
    (tmp_path / 'running/meta/info.json').write_text(json.dumps({**info, 'total_frames': 999}))
    (tmp_path / 'done.cache').mkdir()
    assert [path.name for path in find_datasets([tmp_path])] == ['done']


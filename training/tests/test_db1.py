"""DB1: our cached form, the exported graphs and the training pass, against decoding as the released code computes it."""
import dataclasses
import json

import numpy as np
import pytest
import torch

import helpers
import models
from check_export import OnnxDb1, random_frames
from db1 import Db1, Db1Config, released_config
from db1_cost import cached_cost, released_cost
from db1_decode import Db1Decoder
from db1_reference import HiddenStateMemory
from export import load_averaged, write_policy
from models import assert_graphs_decide_alike, assert_trained_as_decoded, trained_like

SHAPE = {'width': 32, 'layers': 3, 'heads': 4, 'stem_channels': 8, 'stem_groups': 4, 'memory': 40}


def tiny(layout='exact', **changes):
    return models.tiny(layout, 'db1', SHAPE, **changes)


def episode(config, steps, seed=0):
    return [{name: torch.from_numpy(value) for name, value in frame.items()} for frame in random_frames(config, steps, seed)]


@pytest.mark.parametrize('initial_memory', ['zeros', 'empty'])
@pytest.mark.parametrize('layout', ['exact', 'packed'])
def test_cached_keys_and_values_decode_as_the_released_code_does_far_beyond_the_memory(layout, initial_memory):
    config, _ = tiny(layout, initial_memory=initial_memory)
    model = trained_like(Db1(config))
    ours, released = Db1Decoder(model), HiddenStateMemory(model)
    steps = 6 * config.memory // config.step_positions
    for frame in episode(config, steps):
        rows, logits = ours.act(**frame)
        expected_rows, expected = released.act(**frame)
        assert torch.equal(rows, expected_rows)
        torch.testing.assert_close(logits, expected, atol=2e-5, rtol=1e-4)
    assert ours.position > 4 * config.memory


def test_rows_pushed_together_or_one_by_one_are_the_same():
    config, _ = tiny()
    model = trained_like(Db1(config))
    rows = torch.randn(90, config.width, generator=torch.Generator().manual_seed(1))
    for make in (Db1Decoder, HiddenStateMemory):
        together, apart = make(model), make(model)
        expected = torch.cat([apart.push(row[None]) for row in rows])
        found = torch.cat([together.push(part) for part in rows.split([7, 1, 25, 30, 27])])
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize('layout', ['exact', 'packed'])
def test_training_sees_what_decoding_sees(layout):
    config, _ = tiny(layout, steps=4)
    model = trained_like(Db1(config))
    assert_trained_as_decoded(model, HiddenStateMemory(model), 1e-5)


@pytest.mark.parametrize('initial_memory', ['zeros', 'empty'])
@pytest.mark.parametrize('layout', ['exact', 'packed'])
def test_graphs_give_the_tokens_of_pytorch_far_beyond_the_memory(tmp_path, layout, initial_memory):
    config, spec = tiny(layout, initial_memory=initial_memory)
    model = trained_like(Db1(config))
    manifest = write_policy(model, helpers.policy(layout), tmp_path, ['fp32', 'int8'])
    assert_graphs_decide_alike(model, spec, tmp_path, random_frames(config, 12))
    assert (manifest['family'], manifest['context']['ringPositions']) == ('db1', config.memory)
    assert json.loads((tmp_path / 'policy.json').read_text())['model']['feedForward'] == 2 * config.width
    again, _ = load_averaged(tmp_path / 'weights.pt')
    assert again.config == config


def test_the_order_of_slots_does_not_matter_only_their_positions(tmp_path):
    config, spec = tiny()
    write_policy(trained_like(Db1(config)), helpers.policy('exact'), tmp_path, ['fp32'])
    frames = random_frames(config, 6)
    policy = OnnxDb1(tmp_path, 'fp32', config, spec)
    for frame in frames[:-1]:
        policy.act(**frame)
    order = np.random.default_rng(0).permutation(config.memory)
    shuffled = OnnxDb1(tmp_path, 'fp32', config, spec)
    shuffled.keys, shuffled.values = policy.keys[:, :, order].copy(), policy.values[:, :, order].copy()
    shuffled.bias, shuffled.slot_positions = policy.bias[order].copy(), policy.slot_positions[order].copy()
    feeds = dict(embeddings=np.zeros((1, config.width), np.float32), tokens=[], positions=[policy.position])
    np.testing.assert_allclose(policy.push(**feeds), shuffled.push(**feeds), atol=1e-5)


def test_the_released_shape_has_the_weights_that_were_announced(monkeypatch):
    # Shapes without numbers: drawing 1.2 billion of them takes minutes.
    monkeypatch.setattr(Db1, 'initialise', lambda self, generator: None)
    monkeypatch.setattr(torch, 'randn', lambda *shape, **_: torch.empty(*shape))
    config = released_config()
    with torch.device('meta'):
        model = Db1(dataclasses.replace(config, patch_grids=()))
    assert config.rows == 32000 + 1024 + 1
    assert sum(weight.numel() for weight in model.parameters()) == 1_210_585_216


def test_the_ratio_of_multiply_adds_is_that_of_the_released_shape():
    released, cached = released_cost(released_config()), cached_cost(released_config())
    assert released['queries, keys and values'] == pytest.approx(309.5e9, rel=1e-3)
    assert released['keys of relative positions'] == pytest.approx(103.2e9, rel=1e-2)
    assert 250 < sum(released.values()) / sum(cached.values()) < 380


def test_a_shape_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match='kv_heads is 2'):
        Db1Config(width=32, heads=4, kv_heads=2)
    with pytest.raises(ValueError, match='choose zeros or empty'):
        Db1Config(initial_memory='none')
    with pytest.raises(ValueError, match='autoregressive'):
        Db1Config(action_tokens='parallel')

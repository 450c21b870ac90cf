"""RetNet: the form that runs, and the exported graphs, against the form that is trained."""
import json
import math

import pytest
import torch

import helpers
import models
from check_export import random_frames
from export import load_averaged, write_policy
from model import rotate
from models import assert_graphs_decide_alike, assert_trained_as_decoded, trained_like
from retnet import RetNet, RetNetConfig, Tables, remember
from retnet_decode import RetNetDecoder

SHAPE = {**{name: value for name, value in helpers.SHAPE.items() if name != 'kv_heads'}, 'layers': 3}


def tiny(layout='packed', **changes):
    return models.tiny(layout, 'retnet', SHAPE, **changes)


@pytest.mark.parametrize('seed', range(4))
def test_chunks_of_any_length_give_what_all_positions_at_once_do(seed):
    config, _ = tiny()
    model, generator = trained_like(RetNet(config)), torch.Generator().manual_seed(seed)
    length = 1500
    rows = torch.randn(2, length, config.width, generator=generator)
    with torch.no_grad():
        expected = model.trunk(rows, torch.arange(length))
        state, found, first = torch.zeros(config.layers, 2, *config.state_shape[1:]), [], 0
        while first < length:
            # As likely short as long: 1 to 256 by halves.
            count = int(2 ** (8 * torch.rand((), generator=generator)))
            hidden, state = model.advance(rows[:, first:first + count], state)
            found.append(hidden)
            first += count
    torch.testing.assert_close(torch.cat(found, dim=1), expected, atol=2e-5, rtol=1e-4)


def test_a_row_does_not_see_later_ones():
    config, _ = tiny()
    model, rows = trained_like(RetNet(config)), torch.randn(1, 20, 32, generator=torch.Generator().manual_seed(0))
    changed = rows.clone()
    changed[:, 12:] *= -1
    with torch.no_grad():
        one, other = (model.trunk(x, torch.arange(20)) for x in (rows, changed))
    assert torch.equal(one[:, :12], other[:, :12])
    assert not torch.allclose(one[:, 12], other[:, 12])


@pytest.mark.parametrize('layout', ['exact', 'packed'])
def test_training_sees_what_decoding_sees(layout):
    config, _ = tiny(layout, steps=4)
    model = trained_like(RetNet(config))
    assert_trained_as_decoded(model, RetNetDecoder(model), 2e-5)


def test_an_hour_of_ticks_neither_grows_nor_loses_precision():
    """72 000 ticks at 20 Hz, 47 positions each: 3.4 million positions, of which an angle in fp32 would be wrong by 0.1 rad."""
    config = RetNetConfig(heads=8, head_width=4)
    ticks, length, pool = 20 * 3600, 47, 61
    generator = torch.Generator().manual_seed(0)
    keys = torch.randn(pool, length, config.heads, config.head_width, generator=generator) * config.key_scales().float()[:, None]
    values = torch.randn(pool, config.heads, length, config.value_width, generator=generator)
    tables = Tables(config, length)
    turned = [rotate(key, tables.cosine, tables.sine).transpose(0, 1) for key in keys]
    state, sizes = torch.zeros(config.state_shape[1:]), []
    for tick in range(ticks):
        state = remember(state, turned[tick % pool], values[tick % pool], tables)
        if tick % 100 == 0:
            sizes.append(float(state.abs().max()))
    assert max(sizes) < 10
    assert max(sizes[len(sizes) // 2:]) < 1.2 * max(sizes[:len(sizes) // 2])
    # Afresh in double precision from all that still counts, by distance: 1 - 2^-12 to the power of 120 000 is 2e-13.
    count = 120_000
    seen = [tick % pool for tick in range(ticks - math.ceil(count / length), ticks)]
    key = keys[seen].flatten(0, 1).double()
    value = values[seen].transpose(1, 2).flatten(0, 1).double()
    away = torch.arange(len(key), 0, -1, dtype=torch.float64)
    angle = -away[:, None, None] * config.frequencies()
    weight = (config.log_decays() * away[:, None]).exp()[..., None]
    expected = torch.einsum('thd,thv->hdv', rotate(key, angle.cos(), angle.sin()) * weight, value)
    torch.testing.assert_close(state.double(), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize('layout', ['exact', 'packed'])
def test_graphs_give_the_tokens_of_pytorch_over_an_episode(tmp_path, layout):
    config, spec = tiny(layout, steps=4)
    model = trained_like(RetNet(config))
    manifest = write_policy(model, helpers.policy(layout), tmp_path, ['fp32', 'int8'])
    assert_graphs_decide_alike(model, spec, tmp_path, random_frames(config, 25))
    assert manifest['family'] == 'retnet'
    written = json.loads((tmp_path / 'policy.json').read_text())
    assert written['state'] == {'kind': 'recurrent', 'tensors': [{'name': f'retention_{layer}', 'shape': [4, 8, 16]} for layer in range(3)]}
    assert written['context'] == {'steps': 4, 'ringPositions': 0}
    assert load_averaged(tmp_path / 'weights.pt')[0].config == config


def test_a_shape_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match='kv_heads is 2'):
        RetNetConfig(heads=4, kv_heads=2)
    with pytest.raises(ValueError, match='autoregressive'):
        RetNetConfig(action_tokens='parallel')

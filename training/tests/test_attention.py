import numpy as np
import pytest
import torch

import helpers
from check_export import FORMS, OnnxPolicy, random_frames
from data import model_config
from db1 import Db1
from decode import Decoder
from export import write_graphs, write_policy
from families import family_of
from model import Block, Gato
from test_model import tiny, trained_like
from tokens import LayoutSpec


@pytest.fixture
def weighed(monkeypatch):
    """What each layer's rows attended to in PyTorch, [K, G, T, N] a layer and run."""
    found, weigh = [], Block.weigh
    monkeypatch.setattr(Block, 'weigh', lambda *arguments: found.append(weigh(*arguments)) or found[-1])
    return found


def expected_of(weighed, config):
    """[N] a run: the mean over layers, heads and the rows read out, slots of the ring first."""
    read = config.actions if config.parallel else 1
    runs = [weighed[first:first + config.layers] for first in range(0, len(weighed), config.layers)]
    return [torch.stack([layer[:, :, -read:].mean((0, 1, 2)) for layer in run]).mean(0) for run in runs]


@pytest.mark.parametrize('precision, tolerance', [('fp32', 1e-5), ('int8', 0.02)])
@pytest.mark.parametrize('kv_heads', [1, 4])
@pytest.mark.parametrize('action_tokens', ['autoregressive', 'parallel'])
def test_attention_is_that_of_pytorch(tmp_path, weighed, precision, tolerance, kv_heads, action_tokens):
    spec = LayoutSpec.from_json(helpers.policy()['tokens'])
    config = model_config(spec, **{**helpers.SHAPE, 'kv_heads': kv_heads}, action_tokens=action_tokens)
    model = trained_like(Gato(config))
    write_policy(model, helpers.policy(), tmp_path, [precision])
    policy, decoder = OnnxPolicy(tmp_path, precision, config, spec, attention=True), Decoder(model)
    for frame in random_frames(config, 3):
        weighed.clear()
        rows, _ = decoder.act(*(torch.from_numpy(frame[name]) for name in ('text', 'patches', 'state')))
        policy.act(**frame, forced=rows.numpy())
        expected = expected_of(weighed, config)
        assert len(policy.attention) == (1 if config.parallel else config.actions)
        for found, wanted in zip(policy.attention, expected):
            assert found.min() >= 0 and found.sum() == pytest.approx(1, abs=1e-4)
            np.testing.assert_allclose(found, wanted.numpy(), atol=tolerance)


@pytest.mark.parametrize('build', [
    lambda: (Gato(tiny()[0]), tiny()[1]),
    lambda: (Db1(model_config(tiny('exact')[1], 'db1', width=32, layers=2, heads=4, stem_channels=8, stem_groups=2, memory=40)), tiny('exact')[1]),
])
@pytest.mark.parametrize('precision', ['fp32', 'int8'])
def test_to_look_changes_no_logit(tmp_path, build, precision):
    model, spec = build()
    write_graphs(model, spec, tmp_path, precision)
    form = FORMS[family_of(model.config)][0]
    plain, looked_at = (form(tmp_path, precision, model.config, spec, attention=attention) for attention in (False, True))
    for frame in random_frames(model.config, 3):
        np.testing.assert_array_equal(plain.act(**frame)[1], looked_at.act(**frame)[1])
    assert plain.attention == []
    assert len(looked_at.attention) == model.config.actions
    assert all(run.sum() == pytest.approx(1, abs=1e-4) for run in looked_at.attention)

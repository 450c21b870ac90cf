import json

import numpy as np
import pytest
import torch

from bench_reference import CachedDecoder, load_model
from data import model_config
from model import Gato
from plain_export import export_plain
from sizes import SIZES, parameters_of, shape_of
from tokens import LayoutSpec
from untrained import main, untrained_policy

PAPER = {'79M': 79e6, '364M': 364e6, '1.18B': 1.18e9}


def config_of(size, kv_heads=None, **changes):
    shape, words = shape_of(size, kv_heads)
    return model_config(LayoutSpec.from_json(untrained_policy('x', words)['tokens']), **{**shape, **changes})


@pytest.mark.parametrize('size', SIZES)
def test_sizes_have_the_parameters_they_are_named_for(size):
    named = PAPER.get(size) or float(size[:-1]) * 1e6
    assert parameters_of(config_of(size)) == pytest.approx(named, rel=0.1)


@pytest.mark.parametrize('changes', [{}, {'stem': 'full'}, {'stem': 'linear'}, {'action_tokens': 'parallel'}])
def test_parameters_are_counted_as_pytorch_counts_them(changes):
    config = config_of('1M', 2, **changes)
    assert parameters_of(config) == sum(weight.numel() for weight in Gato(config).parameters())


def test_an_untrained_policy_is_made_again_from_its_seed(tmp_path):
    main([str(tmp_path), '--size', '1M', '--kv-heads', '2', '--context', '150', '--precisions', 'fp32', '--seed', '5'])
    manifest = json.loads((tmp_path / 'policy.json').read_text())
    assert (manifest['context']['steps'], manifest['context']['ringPositions']) == (3, 144)
    assert 'weights' not in manifest
    model, _ = load_model(tmp_path)
    torch.testing.assert_close(model.table, Gato(model.config, seed=5).table)


def test_the_plain_export_decides_as_the_cached_decoder(tmp_path):
    import onnxruntime
    config = config_of('1M', 2, steps=2, layers=2)
    model = Gato(config, seed=1).eval()
    with torch.no_grad():
        export_plain(model, tmp_path)
    observe, step = (onnxruntime.InferenceSession(tmp_path / f'{name}.onnx', providers=['CPUExecutionProvider']) for name in ('observe', 'step'))
    generator = np.random.default_rng(0)
    frame = {'text': generator.integers(0, config.vocabulary, (1, config.text_positions)),
             'patches': generator.uniform(-0.25, 0.25, (1, config.patches, 768)).astype(np.float32),
             'state': generator.integers(0, config.bins, (1, config.state_values)) + config.vocabulary}
    bins = CachedDecoder(model).decide(*(torch.from_numpy(frame[name][0]) for name in ('text', 'patches', 'state')))
    rows, tokens = observe.run(None, frame)[0], np.zeros((1, 0), np.int64)
    past = [np.zeros((1, config.kv_heads, config.step_positions, config.head_width), np.float32)] * (2 * config.layers)
    names, found = [entry.name for entry in step.get_inputs()], []
    for slot in range(config.actions):
        logits, *past = step.run(None, dict(zip(names, (rows, tokens, np.array([slot]), *past))))
        found.append(int(logits.argmax()))
        rows, tokens = rows[:, :0], np.array([[config.vocabulary + found[-1]]])
    assert found == bins

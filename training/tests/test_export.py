import json

import numpy as np
import onnx
import pytest
import torch

import checkpoint
import graphs
import helpers
from check_export import LEAST_COSINE, OnnxPolicy, check, random_frames
from data import model_config
from export import WEIGHTS, export_policy, main, write_graphs, write_policy
from model import Gato
from models import assert_graphs_decide_alike, tiny, trained_like
from tokens import LayoutSpec


@pytest.mark.parametrize('layout', ['packed', 'exact'])
@pytest.mark.parametrize('stem', ['stride4', 'full', 'linear'])
def test_fp32_graphs_give_the_tokens_of_pytorch(tmp_path, layout, stem):
    config, spec = tiny(layout, stem=stem)
    model = trained_like(Gato(config))
    write_policy(model, helpers.policy(layout), tmp_path, ['fp32'])
    result = check(model, spec, tmp_path, 'fp32', random_frames(config, 8))
    assert result['equal'] == 1.0
    assert result['largestDifference'] < 1e-3


@pytest.mark.parametrize('action_tokens, chunk_steps', [('parallel', 1), ('parallel', 3), ('autoregressive', 3)])
def test_parallel_tokens_and_chunks_are_those_of_pytorch(tmp_path, action_tokens, chunk_steps):
    policy = helpers.policy()
    policy['tokens']['chunk'] = {'steps': chunk_steps, 'execute': 1}
    spec = LayoutSpec.from_json(policy['tokens'])
    config = model_config(spec, **helpers.SHAPE, action_tokens=action_tokens)
    model = trained_like(Gato(config))
    manifest = write_policy(model, policy, tmp_path, ['fp32', 'int8'])
    result = assert_graphs_decide_alike(model, spec, tmp_path, random_frames(config, 4))
    assert result['tokens'] == 4 * 3 * chunk_steps
    assert manifest['model']['actionTokens'] == action_tokens
    assert manifest['tokens']['chunk']['steps'] == chunk_steps
    assert manifest['context']['ringPositions'] == config.observation_positions + 3 * chunk_steps - (action_tokens == 'parallel')


@pytest.mark.parametrize('precision', ['fp16', 'int8', 'int4'])
def test_graphs_of_smaller_weights_stay_close(tmp_path, precision):
    config, spec = tiny()
    model = trained_like(Gato(config))
    write_policy(model, helpers.policy(), tmp_path, [precision])
    assert check(model, spec, tmp_path, precision, random_frames(config, 8))['cosine'] > LEAST_COSINE[precision]


@pytest.mark.parametrize('precision', ['fp32', 'int8', 'int4'])
def test_weights_in_a_data_file_give_the_same_logits(tmp_path, precision):
    config, spec = tiny()
    model = trained_like(Gato(config))
    inside, outside = tmp_path / 'inside', tmp_path / 'outside'
    for folder in (inside, outside):
        folder.mkdir()
    write_graphs(model, spec, inside, precision)
    entry = write_graphs(model, spec, outside, precision, external_from=0)
    assert entry['trunk']['data'][0]['path'] == f'trunk.{precision}.onnx.data'
    assert (outside / f'trunk.{precision}.onnx').stat().st_size < (inside / f'trunk.{precision}.onnx').stat().st_size / 2
    frame = random_frames(config, 1)[0]
    found = [OnnxPolicy(folder, precision, config, spec).act(**frame)[1] for folder in (inside, outside)]
    np.testing.assert_array_equal(*found)


def test_full_attention_and_grouped_heads_are_those_of_pytorch(tmp_path):
    for kv_heads in (1, 4):
        config, spec = tiny(kv_heads=kv_heads)
        model = trained_like(Gato(config))
        write_policy(model, helpers.policy(), tmp_path, ['int8', 'fp32'])
        assert check(model, spec, tmp_path, 'fp32', random_frames(config, 4))['equal'] == 1.0
        assert check(model, spec, tmp_path, 'int8', random_frames(config, 4))['cosine'] > LEAST_COSINE['int8']


@pytest.mark.parametrize('kv_heads', [1, 4])
def test_one_row_attends_to_a_large_cache_without_a_copy_and_says_the_same(tmp_path, monkeypatch, kv_heads):
    config, spec = tiny(kv_heads=kv_heads)
    model, found = trained_like(Gato(config)), []
    for name, least in (('small', graphs.LARGE_CACHE), ('large', 0)):
        monkeypatch.setattr(graphs, 'LARGE_CACHE', least)
        folder = tmp_path / name
        folder.mkdir()
        write_graphs(model, spec, folder, 'int8')
        operators = [node.op_type for node in onnx.load(folder / 'trunk.int8.onnx').graph.node]
        assert operators.count('If') == (config.layers - 1 if least == 0 else 0)
        policy, forced = OnnxPolicy(folder, 'int8', config, spec, attention=True), np.arange(config.actions) + config.vocabulary
        found.append([policy.act(**frame, forced=forced)[1] for frame in random_frames(config, 4)])
        assert [row.sum() for row in policy.attention] == pytest.approx([1.0] * len(policy.attention), abs=1e-4)
    np.testing.assert_allclose(*found, atol=1e-3)


def test_the_order_of_rows_does_not_matter_only_their_positions(tmp_path):
    config, spec = tiny()
    write_policy(trained_like(Gato(config)), helpers.policy(), tmp_path, ['fp32'])
    embeddings = np.random.default_rng(0).normal(0, 0.3, (4, config.width)).astype(np.float32)
    one, other = (OnnxPolicy(tmp_path, 'fp32', config, spec) for _ in range(2))
    one.push(embeddings[:0], [32100], [0])
    apart = one.push(embeddings, [], [1, 2, 3, 4])
    together = other.push(embeddings, [32100], [1, 2, 3, 4, 0])
    np.testing.assert_allclose(apart, together, atol=1e-4)


def test_a_policy_is_exported_again_from_its_weights_onto_itself(tmp_path):
    config, _ = tiny()
    policy = {**helpers.policy(), 'sampling': {'kind': 'expected', 'windowBins': 8}}
    before = write_policy(trained_like(Gato(config)), policy, tmp_path, ['fp32'], {'step': 3})
    weights = checkpoint.load_weights(tmp_path / WEIGHTS)
    (tmp_path / 'policy.json').write_text(json.dumps({**before, 'measured': {'suite': 'desk'}}))
    assert main([str(tmp_path / WEIGHTS), str(tmp_path), '--precisions', 'fp32', '--check', '2']) is None
    after = json.loads((tmp_path / 'policy.json').read_text())
    assert after == {**json.loads(json.dumps(before)), 'weights': after['weights'], 'measured': {}}
    again = checkpoint.load_weights(tmp_path / WEIGHTS)
    assert all(torch.equal(again['average'][name], value) for name, value in weights['average'].items())
    (tmp_path / 'policy.json').unlink()
    with pytest.raises(FileNotFoundError, match='weights alone'):
        main([str(tmp_path / WEIGHTS), str(tmp_path / 'other')])


def test_the_link_always_names_a_whole_version(tmp_path):
    config, _ = tiny()
    model, link = Gato(config).eval(), tmp_path / 'policy'
    for _ in range(5):
        export_policy(model, helpers.policy(), link, ['fp32'])
        manifest = json.loads((link / 'policy.json').read_text())
        assert (link / manifest['files']['fp32']['trunk']['path']).exists()
    assert [child.name for child in sorted((tmp_path / 'policy.versions').iterdir())] == ['000003', '000004', '000005']
    (tmp_path / 'real').mkdir()
    with pytest.raises(ValueError, match='not a link'):
        export_policy(model, helpers.policy(), tmp_path / 'real', ['fp32'])

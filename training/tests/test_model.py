import numpy as np
import pytest
import torch
from torch.nn import functional as F

import helpers
from batches import Sampler
from data import model_config
from decode import Decoder
from learner import Learner, LossOptions, soft_targets
from model import Block, Gato, fourier_rows
from models import random_batch, tiny, trained_like
from stem import PatchStem
from tokens import LayoutSpec, step_layout


@pytest.mark.parametrize('layout', ['packed', 'exact'])
@pytest.mark.parametrize('stem', ['stride4', 'full'])
def test_logits_have_one_row_per_step_and_action(layout, stem):
    config, _ = tiny(layout, stem=stem, steps=2, privileged=5)
    logits, privileged = Gato(config)(random_batch(config), random_positions=True)
    assert logits.shape == (3, 2, config.actions, config.bins)
    assert privileged.shape == (3, 2, 5)


@pytest.mark.parametrize('layout', ['packed', 'exact'])
def test_the_layout_is_the_one_of_the_tokens_module(layout):
    config, spec = tiny(layout)
    table = step_layout(spec)
    assert config.observation_positions == table.observation_positions
    assert config.step_positions == table.positions_per_step
    model = Gato(config)
    assert model.fixed_patch_positions[:, 0].tolist() == table.row_indices.tolist()
    assert model.fixed_patch_positions[:, 1].tolist() == table.column_indices.tolist()


def test_later_action_tokens_do_not_influence_earlier_logits():
    config, _ = tiny(steps=2)
    model, batch = trained_like(Gato(config)), random_batch(config)
    before = model(batch)[0]
    for step in range(2):
        for slot in range(config.actions):
            changed = {name: value.clone() for name, value in batch.items()}
            changed['actions'][:, step, slot] = config.vocabulary + (changed['actions'][:, step, slot] - config.vocabulary + 500) % config.bins
            after = model(changed)[0]
            difference = (after - before).abs().amax((0, 3)).flatten()
            predicted = step * config.actions + slot
            assert torch.all(difference[:predicted + 1] < 1e-5)
            assert torch.all(difference[predicted + 1:] > 1e-5)


def test_parallel_action_tokens_need_no_action_and_tell_slots_apart():
    config, _ = tiny(steps=2, action_tokens='parallel')
    model, batch = trained_like(Gato(config)), random_batch(config)
    before = model(batch)[0]
    assert before.shape == (3, 2, config.actions, config.bins)
    torch.testing.assert_close(model({**batch, 'actions': batch['actions'].flip(0)})[0], before)
    assert (before[:, :, 1:] - before[:, :, :-1]).abs().max() > 0.01


@pytest.mark.parametrize('action_tokens', ['autoregressive', 'parallel'])
def test_a_chunk_has_one_slot_per_step_and_joint_and_trains_them_all(action_tokens):
    config, _ = tiny(action_tokens=action_tokens, actions=6, chunk_steps=2)
    learner = Learner(Gato(config), LossOptions(joint_weights=(1.0, 1.0, 4.0)), torch.float32)
    loss, parts = learner(random_batch(config))
    assert parts['error'].shape == (3,)
    assert learner.joint_weights.tolist() == [0.5, 0.5, 2.0] * 2
    loss.backward()
    assert torch.all(learner.model.action_gate.grad.abs().sum(1) > 0)


@pytest.mark.parametrize('action_tokens', ['autoregressive', 'parallel'])
def test_instructions_computed_once_give_the_same_logits(action_tokens):
    config, _ = tiny(action_tokens=action_tokens)
    model, batch = trained_like(Gato(config)), random_batch(config, size=4)
    texts = torch.randint(0, config.vocabulary, (3, config.text_positions))
    owner = torch.tensor([2, 0, 2, 1])
    batch['text'] = texts[owner][:, None]
    shared = model({**batch, 'texts': texts, 'owner': owner})[0]
    torch.testing.assert_close(shared, model(batch)[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize('layout', ['packed', 'exact'])
@pytest.mark.parametrize('action_tokens', ['autoregressive', 'parallel'])
@pytest.mark.parametrize('steps', [1, 3])
def test_decoding_with_a_cache_equals_the_full_forward(layout, steps, action_tokens):
    config, _ = tiny(layout, steps=steps, action_tokens=action_tokens)
    model, batch = trained_like(Gato(config)), random_batch(config, size=1)
    decoder = Decoder(model)
    for step in range(steps):
        rows, logits = decoder.act(batch['text'][0, step], batch['patches'][0, step], batch['state'][0, step], step)
        batch['actions'][0, step] = rows
        torch.testing.assert_close(logits, model(batch)[0][0, step], atol=1e-4, rtol=1e-4)


def test_the_continuous_rows_start_smooth():
    rows = F.normalize(fourier_rows(1024, 64, 0.05, torch.Generator().manual_seed(0)), dim=1)
    similarity = lambda distance: (rows[:-distance] * rows[distance:]).sum(1).mean()
    assert similarity(1) > 0.99
    assert similarity(1) > similarity(8) > similarity(64) > similarity(400)
    assert similarity(400) < 0.5


def test_the_matrices_of_the_small_stem_are_convolutions():
    config, _ = tiny()
    stem = Gato(config).stem
    patches = torch.rand(5, 3 * 16 * 16)
    image = patches.view(5, 16, 16, 3).permute(0, 3, 1, 2)
    torch.testing.assert_close(stem.convolve(patches, stem.enter), F.conv2d(image, stem.enter, stride=4, padding=2).flatten(1), atol=1e-5, rtol=1e-4)
    inner = torch.rand(5, config.stem_channels, 4, 4)
    expected = F.conv2d(inner, stem.conv1, padding=1).flatten(1)
    torch.testing.assert_close(stem.convolve(inner.flatten(1), stem.conv1), expected, atol=1e-5, rtol=1e-4)
    assert isinstance(stem, PatchStem)


def test_packing_tells_joints_apart():
    config, _ = tiny()
    model, batch = Gato(config).eval(), random_batch(config, size=1)
    swapped = {name: value.clone() for name, value in batch.items()}
    swapped['state'][..., [0, 1]] = batch['state'][..., [1, 0]]
    observe = lambda b: model.observe(b['text'][0], b['patches'][0], b['state'][0])
    assert (observe(batch) - observe(swapped)).abs().max() > 0.01


def test_soft_targets_are_distributions_around_their_bin():
    table = soft_targets(64, 3.0)
    assert torch.allclose(table.sum(1), torch.ones(64), atol=1e-5)
    assert torch.equal(table.argmax(1), torch.arange(64))
    assert torch.equal(soft_targets(8, 0), torch.eye(8))


def test_a_block_of_the_79m_shape_has_the_published_size():
    config, _ = tiny(width=768, layers=1, heads=24, kv_heads=24, head_width=32, feed_forward=3072)
    count = sum(weight.numel() for weight in Block(config).parameters())
    attention, gated, norms = 4 * 768 * 24 * 32, 3 * 768 * 3072, 2 * 2 * 768
    assert count == attention + gated + norms


def test_a_shape_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match='kv_heads'):
        tiny(heads=4, kv_heads=3)
    with pytest.raises(ValueError, match='choose autoregressive or parallel'):
        tiny(action_tokens='both')
    with pytest.raises(ValueError, match='not chunks of 2'):
        tiny(steps=2, chunk_steps=2)


def test_a_chunk_takes_the_following_frames_and_repeats_the_last_of_its_episode(tmp_path):
    from data import load_dataset
    helpers.write_dataset(tmp_path / 'a', episodes=2, length=4)
    tokens = {**helpers.policy()['tokens'], 'chunk': {'steps': 3, 'execute': 2}}
    spec = LayoutSpec.from_json(tokens)
    config = model_config(spec, **helpers.SHAPE)
    assert (config.actions, config.chunk_steps, config.joints) == (9, 3, 3)
    assert config.step_positions == step_layout(spec).positions_per_step
    frame_set = load_dataset(tmp_path / 'a', spec, log=lambda _: None)
    frame_set.usable[6] = False
    sampler = Sampler(config)
    sampler.add(frame_set)
    assert sorted(frame for _, frames, _ in sampler.groups for frame in frames) == [0, 1, 2, 3, 7]
    drawn = sampler.actions_of(frame_set, np.array([0, 2, 7])).reshape(3, 3, 3)
    for actions, frames in zip(drawn, ([0, 1, 2], [2, 3, 3], [7, 7, 7])):
        assert np.array_equal(actions, frame_set.actions[frames])


def test_sampling_weights_and_held_out_episodes_are_kept(tmp_path):
    from data import load_dataset
    helpers.write_dataset(tmp_path / 'a', episodes=6)
    config, spec = tiny()
    frame_set = load_dataset(tmp_path / 'a', spec, log=lambda _: None)
    sampler = Sampler(config, weights={'push the cube': 0.0}, holdout=0.5)
    sampler.add(frame_set)
    drawn = sampler.batch(64)
    assert torch.all(drawn['texts'][drawn['owner']] == drawn['text'][:, 0])
    assert torch.all(drawn['text'][:, 0, 0] == 1)  # "reach"
    kept = {episode for number, frames, _ in sampler.groups for episode in frame_set.episode[frames]}
    held = {episode for number, frames, _ in sampler.held_out for episode in frame_set.episode[frames]}
    assert not kept & held

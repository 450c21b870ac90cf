"""Tiny models of every family, and what the model of any family has to fulfil."""
import dataclasses

import torch

import helpers
from check_export import check
from data import model_config
from tokens import LayoutSpec


def tiny(layout='packed', family='gato', shape=helpers.SHAPE, **changes):
    """A shape of the family, and the layout it belongs to."""
    spec = LayoutSpec.from_json(helpers.policy(layout)['tokens'])
    return dataclasses.replace(model_config(spec, family, **shape), **changes), spec


def random_batch(config, size=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    rows = lambda *shape: torch.randint(config.vocabulary, config.vocabulary + config.bins, shape, generator=generator)
    steps = config.steps
    return {'text': torch.randint(0, config.vocabulary, (size, steps, config.text_positions), generator=generator),
            'patches': torch.rand(size, steps, config.patches, 3 * config.patch_size**2, generator=generator) * 0.5 - 0.25,
            'state': rows(size, steps, config.state_values), 'actions': rows(size, steps, config.actions)}


def trained_like(model, seed=0):
    """Moves weights that start as ones or zeros, so that nothing is tested by accident of its initial value."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * 0.05)
    return model.eval()


def assert_trained_as_decoded(model, decoder, tolerance):
    """Training on a window gives the logits that the decoder gives step by step, but for the tolerance."""
    config, batch = model.config, random_batch(model.config, size=1)
    for step in range(config.steps):
        rows, logits = decoder.act(*(batch[name][0, step] for name in ('text', 'patches', 'state')))
        batch['actions'][0, step] = rows
        torch.testing.assert_close(model(batch)[0][0, step], logits, atol=tolerance, rtol=1e-4)


def assert_graphs_decide_alike(model, spec, folder, frames):
    """The graphs in a folder decide what PyTorch does: to the token in fp32, nearly so in int8. Returns how fp32 compares."""
    result = check(model, spec, folder, 'fp32', frames)
    assert result['equal'] == 1.0
    assert result['largestDifference'] < 1e-3
    assert check(model, spec, folder, 'int8', frames)['cosine'] > 0.98
    return result

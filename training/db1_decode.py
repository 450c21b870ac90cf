"""Decoding with DB1: the form that runs, with keys and values cached.

A hidden state in the memory never changes, so neither do its keys and values; and the keys of relative positions
depend on nothing but the distance, so they are projected once. What is left per token is what a transformer with a
key-value cache costs. The ring's slots are in no order: each has its position beside it.
"""
import torch

from db1 import HIDDEN, sinusoids


class Db1Decoder:
    """Runs a model position by position; positions count from the start of the episode."""

    def __init__(self, model):
        config = model.config
        self.model, self.config = model, config
        distances = sinusoids(torch.arange(config.memory), config.width)
        with torch.no_grad():
            self.distance_keys = torch.stack([block.distance_keys(distances) for block in model.blocks])  # [L, H, M, D]
        shape = (config.layers, config.heads, config.memory, config.head_width)
        self.keys, self.values = torch.zeros(shape), torch.zeros(shape)
        self.reset()

    def reset(self):
        """Forgets; zeros before the first position are seen, unless the memory starts empty."""
        config = self.config
        self.keys.zero_()
        self.values.zero_()
        before = -config.memory if config.initial_memory == 'zeros' else -2 * config.memory
        self.slot_positions = before + torch.arange(config.memory)
        self.position = 0

    @torch.no_grad()
    def push(self, x):
        """New rows [T, W], T at most the memory -> rows [T, W] of the last layer; stores keys and values."""
        config, model, length = self.config, self.model, len(x)
        fresh = self.position + torch.arange(length)
        away = fresh[:, None] - torch.cat((self.slot_positions, fresh))
        hidden = (away < 0) | (away >= config.memory)
        index = away.clamp(0, config.memory - 1).expand(config.heads, -1, -1)
        slots = fresh % config.memory
        for number, block in enumerate(model.blocks):
            query, key, value = block.project(x)
            keys, values = (torch.cat(pair, dim=1) for pair in ((self.keys[number], key), (self.values[number], value)))
            content = (query + model.content_bias[:, None]) @ keys.transpose(1, 2)
            relative = (query + model.position_bias[:, None]) @ self.distance_keys[number].transpose(1, 2)
            scores = (content + relative.gather(2, index)).masked_fill(hidden, HIDDEN)
            x = block.finish(x, block.mix(scores, values))
            self.keys[number][:, slots], self.values[number][:, slots] = key, value
        self.slot_positions[slots] = fresh
        self.position += length
        return x

    def act(self, text, patches, state):
        """One control step on table rows -> action rows [A], logits [A, values]; the last action token is remembered too."""
        return act(self, text, patches, state)


@torch.no_grad()
def act(decoder, text, patches, state):
    """Greedy action rows [A] and logits [A, values] of one control step, by anything that can `push`."""
    model, config = decoder.model, decoder.model.config
    hidden = decoder.push(model.observe(text[None], patches[None], state[None])[0])[-1]
    rows, logits = [], []
    for _ in range(config.actions):
        logits.append(model.logits(hidden))
        rows.append(config.first_action_row + int(logits[-1].argmax()))
        hidden = decoder.push(model.embed_actions(torch.tensor(rows[-1:])))[-1]
    return torch.tensor(rows), torch.stack(logits)

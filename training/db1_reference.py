"""Decoding with DB1 as the released code computes it: what our form is compared with.

The memory holds hidden states. For every generated token it is joined with the new row, and queries, keys and values
of all of it are projected again, and so are the keys of all relative positions. It begins as zeros, which are no
tokens but are attended to.
"""
import torch

from db1 import HIDDEN, sinusoids, skew
from db1_decode import act


class HiddenStateMemory:
    """Runs a model position by position; all arithmetic of each call is that of the released forward pass."""

    def __init__(self, model):
        self.model, self.config = model, model.config
        self.reset()

    def reset(self):
        config = self.config
        rows = config.memory if config.initial_memory == 'zeros' else 0
        self.memory = [torch.zeros(rows, config.width) for _ in range(config.layers)]

    def hidden_keys(self, rows, earlier):
        """Mask [T, earlier + T]: what lies behind a position, and what lies before its window of `memory` positions."""
        everything = torch.ones(rows, earlier + rows, dtype=torch.bool)
        beyond = rows + earlier - self.config.memory
        first_hidden = rows - beyond if beyond > 0 else rows
        return everything.triu(1 + earlier) | everything.tril(-first_hidden)

    @torch.no_grad()
    def push(self, x):
        """New rows [T, W] -> rows [T, W] of the last layer; remembers the hidden states before each layer."""
        config, model, rows = self.config, self.model, len(x)
        earlier = len(self.memory[0])
        hidden = self.hidden_keys(rows, earlier)
        relative_positions = sinusoids(torch.arange(earlier + rows - 1, -1, -1), config.width)
        for number, block in enumerate(model.blocks):
            joined = torch.cat((self.memory[number], x))
            query, key, value = block.project(joined)
            query = query[:, -rows:]
            content = (query + model.content_bias[:, None]) @ key.transpose(1, 2)
            relative = (query + model.position_bias[:, None]) @ block.distance_keys(relative_positions).transpose(1, 2)
            scores = (content + skew(relative)).masked_fill(hidden, HIDDEN)
            x = block.finish(x, block.mix(scores, value))
            self.memory[number] = joined[-config.memory:]
        return x

    def act(self, text, patches, state):
        """As Db1Decoder.act."""
        return act(self, text, patches, state)

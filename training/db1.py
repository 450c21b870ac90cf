"""DB1's transformer (BDM-DB1, the released decoder of 1.21 billion weights) at any size, trained in parallel.

A TransformerXL decoder with PostNorm: relative sinusoidal positions with biases shared by all layers, a window of
`memory` positions of equal length for every position, a gated feed-forward of width 4 W -> 2 W -> W, no normalisation
behind the last layer, and one table for input and output. Letters in shape comments as in model.py; M positions of
memory. How it decodes is in db1_decode.py; how the released code decodes in db1_reference.py.
"""
import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from layers import LayerNorm, Linear
from model import ModelConfig, fourier_rows
from stem import PATCH_POSITIONS

LOCAL_POSITIONS = 512  # Positions of one observation that can be told apart; row 0 of their table is all actions'.
PIXEL_RANGE = 510.0    # From normalised pixels in [-0.25, 0.25] back to the range of 8-bit ones.
DEVIATION_FLOOR = 1e-6
HIDDEN = -1e30


@dataclass(frozen=True)
class Db1Config(ModelConfig):
    """Of the shape only width, layers, heads and the patch embedding are free; 0 stands for what follows from them."""
    layout: str = 'exact'
    kv_heads: int = 0
    head_width: int = 0
    feed_forward: int = 0
    stem: str = 'full'
    stem_channels: int = 64
    stem_groups: int = 32
    memory: int = 1024
    # What a position sees before the first: nothing, as in training; or zeros, which take their share of the attention,
    # as the released code decodes.
    initial_memory: str = 'empty'

    def __post_init__(self):
        following = {'kv_heads': self.heads, 'head_width': self.width // self.heads, 'feed_forward': 2 * self.width}
        for name, value in following.items():
            if getattr(self, name) not in (0, value):
                raise ValueError(f'{name} is {getattr(self, name)}, but a db1 of width {self.width} with {self.heads} heads has {value}')
            object.__setattr__(self, name, value)
        super().__post_init__()
        if self.width % (2 * self.heads):
            raise ValueError(f'width {self.width} is no even multiple of heads {self.heads}')
        if self.initial_memory not in ('zeros', 'empty'):
            raise ValueError(f'initial_memory is "{self.initial_memory}"; choose zeros or empty')
        if self.parallel or self.chunk_steps > 1:
            raise ValueError('db1 decides one action token after another, of one step; choose autoregressive and chunks of 1')
        if self.observation_positions > LOCAL_POSITIONS + 1:
            raise ValueError(f'{self.observation_positions} positions per observation; db1 tells {LOCAL_POSITIONS} apart')


def released_config():
    """The shape of the released checkpoint."""
    return Db1Config(width=2048, layers=24, heads=16, vocabulary=32000, bins=1024, initial_memory='zeros')


def sinusoids(distances, width):
    """Rows [N, W] of relative positions: sines of all frequencies, then cosines."""
    frequency = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angle = distances.double()[:, None] * frequency
    return torch.cat((angle.sin(), angle.cos()), dim=1).float()


def skew(x):
    """[.., T, K] by falling distance (K - 1 .. 0) to [.., T, K] by key; the queries are the last T of the K positions.

    Entries of keys behind their query are of no distance and meaningless.
    """
    *lead, rows, columns = x.shape
    return F.pad(x, (1, 0)).reshape(*lead, columns + 1, rows)[..., 1:, :].reshape(x.shape)


class PatchEmbedding(nn.Module):
    """[N, 3 size^2], HWC, -> [N, W]: each patch standardised per colour, a residual block, one projection of the whole."""

    def __init__(self, config):
        super().__init__()
        channels, groups, self.size = config.stem_channels, config.stem_groups, config.patch_size
        self.enter = nn.Conv2d(3, channels, 3, padding=1)
        self.norm1, self.norm2 = nn.GroupNorm(groups, channels), nn.GroupNorm(groups, channels)
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.leave = nn.Conv2d(channels, config.width, self.size, stride=self.size)

    def forward(self, patches):
        image = patches.view(-1, self.size, self.size, 3).permute(0, 3, 1, 2).float() * PIXEL_RANGE
        mean, deviation = image.mean((2, 3), keepdim=True), image.std((2, 3), keepdim=True)
        image = (image - mean) / (DEVIATION_FLOOR + deviation) / math.sqrt(self.size)
        x = self.convolve(image.to(patches.dtype), self.enter)
        y = self.convolve(self.activate(x, self.norm1), self.conv1)
        y = self.convolve(self.activate(y, self.norm2), self.conv2)
        leave = self.leave.weight.flatten(1).to(x.dtype)
        return F.linear((x + y).flatten(1), leave, self.leave.bias.to(x.dtype))

    def convolve(self, x, layer):
        return F.conv2d(x, layer.weight.to(x.dtype), layer.bias.to(x.dtype), padding=1)

    def activate(self, x, norm):
        return F.gelu(F.group_norm(x, norm.num_groups, norm.weight.to(x.dtype), norm.bias.to(x.dtype), norm.eps))


def patch_intervals(grids):
    """Low and high quantised row and column of every patch: [patches, 2] each, rounded down as in the released code."""
    edge = lambda part, count: int(part / count * PATCH_POSITIONS)
    pairs = [((edge(row, rows), edge(column, columns)), (edge(row + 1, rows), edge(column + 1, columns)))
             for rows, columns in grids for row in range(rows) for column in range(columns)]
    low, high = torch.tensor(pairs, dtype=torch.long).view(-1, 2, 2).unbind(1)
    return low, high


class Block(nn.Module):
    """One layer; `model` lends the biases that all layers share."""

    def __init__(self, config):
        super().__init__()
        width, self.config = config.width, config
        self.qkv, self.out = Linear(width, 3 * width, bias=False), Linear(width, width, bias=False)
        self.relative = Linear(width, width, bias=False)
        self.up, self.down = Linear(width, 2 * config.feed_forward), Linear(config.feed_forward, width)
        self.norm1, self.norm2 = LayerNorm(width), LayerNorm(width)

    def heads(self, x):
        """[.., T, W] -> [.., H, T, D]."""
        return x.unflatten(-1, (self.config.heads, self.config.head_width)).transpose(-3, -2)

    def project(self, x):
        """Queries, keys and values [.., H, T, D] of rows [.., T, W]."""
        return [self.heads(part) for part in self.qkv(x).chunk(3, dim=-1)]

    def distance_keys(self, rows):
        """Keys [H, N, D] of relative positions given as sinusoids [N, W]."""
        return self.heads(self.relative(rows))

    def mix(self, scores, values):
        """[.., T, W] of scores [.., H, T, K] before their scale, hidden ones at HIDDEN, and values [.., H, K, D]."""
        weights = (scores.float() * self.config.head_width**-0.5).softmax(-1).to(values.dtype)
        return self.out((weights @ values).transpose(-3, -2).flatten(-2))

    def finish(self, x, mixed):
        """What follows the attention: two sums, each normalised. x [.., T, W]."""
        x = self.norm1(x + mixed)
        value, gate = self.up(x).chunk(2, dim=-1)
        return self.norm2(x + self.down(value * F.gelu(gate)))


class Db1(nn.Module):
    """Token ids here are rows of the table: text and discrete ids, `vocabulary` + bin, and the separator last."""

    def __init__(self, config, seed=0):
        super().__init__()
        self.config, width = config, config.width
        generator = torch.Generator().manual_seed(seed)
        draw = lambda *shape: nn.Parameter(torch.randn(shape, generator=generator) * 0.05)
        self.table = draw(config.rows, width)
        self.row_positions, self.column_positions = draw(PATCH_POSITIONS, width), draw(PATCH_POSITIONS, width)
        self.local_positions = draw(LOCAL_POSITIONS + 1, width)
        self.content_bias, self.position_bias = (nn.Parameter(torch.zeros(config.heads, config.head_width)) for _ in range(2))
        # Not DB1's: it tells apart the values that a packed layout sums into one position.
        self.slot_gate = nn.Parameter(torch.randint(0, 2, (config.state_values, width), generator=generator) * 2.0 - 1) \
            if config.layout == 'packed' else None
        self.stem = PatchEmbedding(config)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.privileged = Linear(width, config.privileged) if config.privileged else None
        self.initialise(generator)
        low, high = patch_intervals(config.patch_grids)
        self.register_buffer('fixed_patch_positions', (low + high) // 2, persistent=False)

    @torch.no_grad()
    def initialise(self, generator):
        config = self.config
        if config.token_table == 'smooth':
            self.table[config.vocabulary:-1] = fourier_rows(config.bins, config.width, 0.05, generator)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d)):
                inputs = module.weight[0].numel()
                module.weight.copy_(torch.randn(module.weight.shape, generator=generator) * inputs**-0.5)
                if module.bias is not None:
                    module.bias.zero_()

    def observe(self, text, patches, state, random_positions=False, dtype=torch.float32):
        """Embeddings of observations: text [N, text], patches [N, patches, 3 size^2], state [N, values] -> [N, P, W]."""
        config, count = self.config, text.shape[0]
        table = self.table.to(dtype)
        parts = [F.embedding(text, table)]
        if config.patches:
            low, high = patch_intervals(config.patch_grids)
            index = low + (torch.rand(low.shape) * (high - low)).long() if random_positions else self.fixed_patch_positions
            where = self.row_positions[index[:, 0]] + self.column_positions[index[:, 1]]
            images = self.stem(patches.reshape(count * config.patches, -1).to(dtype)).view(count, config.patches, config.width)
            parts.append(images + where.to(dtype))
        values = F.embedding(state, table)
        if config.layout == 'packed':
            values = values * self.slot_gate.to(dtype)
            values = torch.stack([part.sum(1) * part.shape[1]**-0.5 for part in values.split(config.state_widths, dim=1)], dim=1)
        rows = torch.cat((*parts, values, table[-1].expand(count, 1, config.width)), dim=1)
        return rows + self.local_positions[1:1 + config.observation_positions].to(dtype)

    def embed_actions(self, rows, dtype=torch.float32):
        """[..] table rows -> [.., W]: all action tokens have the same local position."""
        return F.embedding(rows, self.table.to(dtype)) + self.local_positions[0].to(dtype)

    def hidden(self, batch, random_positions, dtype):
        """Rows [B, S * A, W] of the last layer that predict the action tokens."""
        config, (count, steps) = self.config, batch['text'].shape[:2]
        flat = {name: batch[name].flatten(0, 1) for name in ('text', 'patches', 'state')}
        observations = self.observe(**flat, random_positions=random_positions, dtype=dtype)
        whole = torch.cat((observations, self.embed_actions(batch['actions'].flatten(0, 1), dtype)), dim=1)
        x = self.trunk(whole.view(count, steps * config.step_positions, config.width)[:, :-1])
        first = torch.arange(steps, device=x.device) * config.step_positions + config.observation_positions - 1
        return x[:, (first[:, None] + torch.arange(config.actions, device=x.device)).flatten()]

    def trunk(self, x):
        """[B, T, W] of positions 0.. -> [B, T, W], nothing before them."""
        config, length = self.config, x.shape[1]
        distance = torch.arange(length, device=x.device)
        rows = sinusoids(distance.flip(0), config.width).to(x)
        away = distance[:, None] - distance
        hidden = (away < 0) | (away >= config.memory)
        drop = lambda y: F.dropout(y, config.dropout, self.training)
        for block in self.blocks:
            query, key, value = block.project(x)
            content = (query + self.content_bias[:, None].to(x.dtype)) @ key.transpose(-2, -1)
            relative = (query + self.position_bias[:, None].to(x.dtype)) @ block.distance_keys(rows).transpose(-2, -1)
            scores = (content + skew(relative)).masked_fill(hidden, HIDDEN)
            x = block.finish(x, drop(block.mix(scores, value)))
        return x

    def logits(self, hidden):
        """Scores [.., values of an action] of rows [.., W]."""
        return F.linear(hidden, self.action_rows.to(hidden.dtype))

    @property
    def action_rows(self):
        """The rows of the table that action tokens are."""
        first = self.config.first_action_row
        return self.table[first:first + self.config.action_values]

    def forward(self, batch, random_positions=False, dtype=torch.float32):
        """Logits [B, S, A, values] under teacher forcing, and the privileged regression [B, S, columns] or None; as Gato.forward."""
        config, (count, steps) = self.config, batch['text'].shape[:2]
        hidden = self.hidden(batch, random_positions, dtype).view(count, steps, config.actions, config.width)
        privileged = self.privileged(hidden[:, :, 0]) if self.privileged is not None else None
        return self.logits(hidden), privileged

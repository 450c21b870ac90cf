"""RetNet's transformer (arXiv 2307.08621) over Gato's sequence: embedding, patch stem and read-out are those of model.py.

Retention replaces attention: every earlier position counts, by gamma per position less, gamma = 1 - 2^(-5 - h) for head
h. So the past of a head is one matrix of fixed size. Two forms that give the same numbers: `forward`, all positions at
once, for training; `chunk`, some new positions and the state that the earlier ones left, for running.

* Rotation (xPos; its decay is gamma). Angles grow without end with the position, and fp32 cannot hold them after
  minutes. So nothing here has an absolute position: the state is kept in the frame of the position to come, and is
  turned by the length of a chunk after it. Turned often it gathers rounding errors, but forgets them as it forgets all.
* Normalisation. The paper divides scores by the root of the sum of a row's decays, and by the sum of the row. Behind
  it the group norm takes out any factor a head's row has, so neither changes what the layer gives, apart from the norm's
  epsilon. One constant per head is left, sqrt(1 - gamma) on the keys: the state then stays of the size of its entries
  however long it gathers them, and has no counter beside it. Gain and offset of the group norm are left out as well.

Letters in shape comments as in model.py; V value width of a head, twice D as in the paper.
"""
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from layers import NORM_EPSILON, LayerNorm, Linear
from model import Gato, ModelConfig, rotate


@dataclass(frozen=True)
class RetNetConfig(ModelConfig):
    """`steps` is the length of the sequences it is trained on; running, it has no window."""
    kv_heads: int = 0  # as many as heads: 0 stands for it

    def __post_init__(self):
        if self.kv_heads not in (0, self.heads):
            raise ValueError(f'kv_heads is {self.kv_heads}, but each of the {self.heads} heads of a retnet has its own keys; leave it out')
        object.__setattr__(self, 'kv_heads', self.heads)
        super().__post_init__()
        if self.parallel or self.chunk_steps > 1:
            raise ValueError('retnet decides one action token after another, of one step; choose autoregressive and chunks of 1')

    @property
    def value_width(self):
        return 2 * self.head_width

    @property
    def state_shape(self):
        """Of all that is remembered."""
        return self.layers, self.heads, self.head_width, self.value_width

    def log_decays(self):
        """log gamma per head, float64 [H]."""
        return torch.log1p(-2.0 ** (-5 - torch.arange(self.heads, dtype=torch.float64)))

    def key_scales(self):
        """Factor of a head's keys, float64 [H]: of their width, and of how many positions its state gathers."""
        return (-torch.expm1(self.log_decays()) / self.head_width).sqrt()

    def frequencies(self):
        """Angle per position of each pair of key entries, rad, float64 [D / 2]."""
        return self.rope_base ** (-torch.arange(0, self.head_width, 2, dtype=torch.float64) / self.head_width)


class Tables:
    """What all layers need for T new positions; everything counts from the first of them."""

    def __init__(self, config, length, device=None):
        place = torch.arange(length, dtype=torch.float64)
        logs = config.log_decays()[:, None, None]
        away = place[:, None] - place
        give = lambda x: x.float().to(device)
        angle = place[:, None, None] * config.frequencies()
        self.cosine, self.sine = give(angle.cos()), give(angle.sin())                       # [T, 1, D/2]
        self.key_scales = give(config.key_scales()[:, None])                                # [H, 1]
        self.decay = give((logs * away.clamp(min=0)).exp() * (away >= 0))                   # [H, T, T]
        self.since = give((logs * place[:, None]).exp())                                    # [H, T, 1]: of the state, in each row
        self.until = give((logs * (length - place[:, None])).exp())                         # [H, T, 1]: of each row, in the next state
        self.whole = give((logs * length).exp())                                            # [H, 1, 1]
        turn = length * config.frequencies()
        self.turn = give(turn.cos()[:, None]), give(turn.sin()[:, None])                    # [D/2, 1]


def remember(state, key, value, tables):
    """The state [.., H, D, V] behind new positions of keys (turned) [.., H, T, D] and values [.., H, T, V]."""
    gathered = tables.whole * state + (key * tables.until).transpose(-2, -1) @ value
    first, second = gathered.chunk(2, dim=-2)
    cosine, sine = tables.turn
    return torch.cat((first * cosine + second * sine, second * cosine - first * sine), dim=-2)


class Block(nn.Module):
    """One layer: retention, gate and group norm; then the feed-forward."""

    def __init__(self, config):
        super().__init__()
        self.config, width, heads = config, config.width, config.heads
        both = heads * (config.head_width + config.value_width)
        self.norm1, self.norm2 = LayerNorm(width), LayerNorm(width)
        self.query_gate, self.key_value = Linear(width, both, bias=False), Linear(width, both, bias=False)
        self.out = Linear(heads * config.value_width, width, bias=False)
        self.up, self.down = Linear(width, config.feed_forward, bias=False), Linear(config.feed_forward, width, bias=False)

    def split(self, x):
        """[B, T, H (D + V)] -> [B, T, H, D] and [B, T, H, V]."""
        config = self.config
        narrow, wide = x.split((config.heads * config.head_width, config.heads * config.value_width), dim=-1)
        return narrow.unflatten(-1, (config.heads, -1)), wide.unflatten(-1, (config.heads, -1))

    def project(self, normal, tables):
        """Keys (turned) [B, H, T, D] and values [B, H, T, V] of normalised rows [B, T, W]."""
        key, value = self.split(self.key_value(normal))
        key = rotate(key * tables.key_scales.to(key.dtype), tables.cosine.to(key.dtype), tables.sine.to(key.dtype))
        return key.transpose(1, 2), value.transpose(1, 2)

    def ask(self, normal, tables, read):
        """Queries (turned) [B, H, N, D] and gates [B, N, H V] of normalised rows [B, N, W], which are the rows `read`."""
        query, gate = self.split(self.query_gate(normal))
        query = rotate(query, tables.cosine[read].to(query.dtype), tables.sine[read].to(query.dtype))
        return query.transpose(1, 2), gate.flatten(2)

    def finish(self, x, mixed, gate):
        """What follows retention: the group norm of each head's row [B, H, N, V], gate, projection; and the feed-forward."""
        drop = lambda y: F.dropout(y, self.config.dropout, self.training)
        normal = F.layer_norm(mixed, (self.config.value_width,), eps=NORM_EPSILON).transpose(1, 2).flatten(2)
        x = x + drop(self.out(F.silu(gate) * normal))
        return x + drop(self.down(F.gelu(self.up(self.norm2(x)))))

    def forward(self, x, tables, read=slice(None)):
        """[B, T, W] from position 0 -> [B, T, W]; with `read` (positions) only those rows are computed and returned."""
        normal = self.norm1(x)
        key, value = self.project(normal, tables)
        query, gate = self.ask(normal[:, read], tables, read)
        scores = query @ key.transpose(-2, -1) * tables.decay[:, read].to(x.dtype)
        return self.finish(x[:, read], scores @ value, gate)

    def chunk(self, x, state, tables):
        """New rows [B, T, W] and the state [B, H, D, V] before them -> rows [B, T, W] and the state behind them."""
        normal = self.norm1(x)
        key, value = self.project(normal, tables)
        query, gate = self.ask(normal, tables, slice(None))
        mixed = (query @ key.transpose(-2, -1) * tables.decay) @ value + (query * tables.since) @ state
        return self.finish(x, mixed, gate), remember(state, key, value, tables)


class RetNet(Gato):
    """As Gato, but for the layers; what comes before and after them is the same."""
    layer = Block

    def prepare(self):
        """Nothing: the tables of a sequence are made when its length is seen."""
        self.tables = {}

    def tables_of(self, length, device):
        """Tables of so many positions; kept, since every batch has the same length."""
        if (length, device) not in self.tables:
            self.tables = {(length, device): Tables(self.config, length, device)}
        return self.tables[length, device]

    def hidden(self, batch, random_positions, dtype):
        """As Gato's; instructions are not shared between samples, a state would have to be taken apart for it."""
        text = batch['text']
        x = self.sequence(batch, random_positions, dtype)
        return self.trunk(x, self.readout_positions(text.shape[1]).to(text.device))

    def trunk(self, x, read):
        """[B, T, W] from position 0 -> normalised hidden rows [B, len(read), W]."""
        tables = self.tables_of(x.shape[1], x.device)
        for block in self.blocks[:-1]:
            x = block(x, tables)
        return self.norm(self.blocks[-1](x, tables, read))

    def advance(self, x, state):
        """New rows [B, T, W] and the state [L, B, H, D, V] before them -> normalised hidden rows [B, T, W], and the next state."""
        tables, after = Tables(self.config, x.shape[1], x.device), []
        for block, before in zip(self.blocks, state):
            x, fresh = block.chunk(x, before, tables)
            after.append(fresh)
        return self.norm(x), torch.stack(after)

"""Gato's transformer (arXiv 2205.06175) at any size.

One position per text word, image patch, state value (`exact`) or state modality (`packed`), the
separator, then one position per action token. With `action_tokens` parallel the inputs behind the
separator are learned queries in place of action tokens, so that one pass predicts all of them. Letters
in shape comments: B samples, S steps of context, P observation positions per step (separator
included), A action tokens per step (joints times chunk steps), Q positions behind the separator,
T positions, W width, H heads, K key-value heads, D head width, C stem channels.
"""
import math
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as F

from layers import LayerNorm, Linear
from stem import PATCH_POSITIONS, PatchStem, patch_positions, random_patch_positions


@dataclass(frozen=True)
class ModelConfig:
    """Transformer shape and sequence layout. Lengths count positions; `patch_grids` is one (rows, columns) per camera."""
    width: int = 256
    layers: int = 4
    heads: int = 8
    kv_heads: int = 2
    head_width: int = 32
    feed_forward: int = 512
    activation: str = 'geglu'  # geglu (Gato) or reglu (cheaper)
    stem: str = 'stride4'  # stride4; full: a convolution at full resolution, as Gato has it; or linear
    stem_channels: int = 32  # Gato: 64 channels in 32 groups
    stem_groups: int = 4
    dropout: float = 0.0
    token_table: str = 'smooth'  # how rows of neighbouring bins start: smooth, or random
    steps: int = 1
    layout: str = 'packed'  # packed or exact
    vocabulary: int = 64
    bins: int = 1024
    text_positions: int = 10
    patch_size: int = 16
    patch_grids: tuple = ((4, 4), (4, 4))
    state_widths: tuple = (6, 6, 6)  # values per state modality
    actions: int = 6  # action tokens per step: chunk_steps times the joints
    choices: int = 0  # values of an action token that is a choice; 0: actions are bins
    chunk_steps: int = 1  # control steps whose actions one decision holds
    action_tokens: str = 'autoregressive'  # or parallel
    privileged: int = 0  # columns of the training-only regression head
    rope_base: float = 10000.0

    def __post_init__(self):
        object.__setattr__(self, 'patch_grids', tuple(tuple(grid) for grid in self.patch_grids))
        object.__setattr__(self, 'state_widths', tuple(self.state_widths))
        if self.choices and type(self) is ModelConfig:
            raise ValueError('a gato chooses bins; train a db1 for a task whose actions are choices')
        if self.heads % self.kv_heads:
            raise ValueError(f'heads {self.heads} is no multiple of kv_heads {self.kv_heads}; choose kv_heads that divides it')
        if self.stem_channels % self.stem_groups:
            raise ValueError(f'stem_channels {self.stem_channels} is no multiple of stem_groups {self.stem_groups}')
        if self.action_tokens not in ('autoregressive', 'parallel'):
            raise ValueError(f'action_tokens is "{self.action_tokens}"; choose autoregressive or parallel')
        if self.steps > 1 and self.chunk_steps > 1:
            raise ValueError(f'a context of {self.steps} steps takes one step of actions each, not chunks of {self.chunk_steps}; '
                             'choose steps or chunk_steps 1')

    @property
    def patches(self):
        return sum(rows * columns for rows, columns in self.patch_grids)

    @property
    def state_values(self):
        return sum(self.state_widths)

    @property
    def state_positions(self):
        return len(self.state_widths) if self.layout == 'packed' else self.state_values

    @property
    def observation_positions(self):
        """Positions of one step up to and with the separator."""
        return self.text_positions + self.patches + self.state_positions + 1

    @property
    def joints(self):
        return self.actions // self.chunk_steps

    @property
    def parallel(self):
        return self.action_tokens == 'parallel'

    @property
    def action_positions(self):
        """Positions of one step behind the separator. The separator itself predicts the first action token."""
        return self.actions - 1 if self.parallel else self.actions

    @property
    def step_positions(self):
        return self.observation_positions + self.action_positions

    @property
    def action_values(self):
        """Values one action token can take."""
        return self.choices or self.bins

    @property
    def first_action_row(self):
        """Row of the table that stands for an action token's first value; the others follow."""
        return 0 if self.choices else self.vocabulary

    @property
    def rows(self):
        """Rows of the token table: vocabulary, then continuous bins, then the separator."""
        return self.vocabulary + self.bins + 1

    def to_dict(self):
        return asdict(self)


def fourier_rows(count, width, std, generator=None, octaves=8, decay=0.7):
    """Table [count, width], smooth in the row index: a random projection of Fourier features of the row's centre in [-1, 1].

    Octave k has wavelength 4 / 2^k of the half range and amplitude decay^k, so neighbours are close and distant rows are not.
    """
    centre = (torch.arange(count, dtype=torch.float64) + 0.5) / count * 2 - 1
    features = [centre]
    for octave in range(octaves):
        angle = centre * (math.pi / 2) * 2**octave
        features += [decay**octave * torch.sin(angle), decay**octave * torch.cos(angle)]
    features = torch.stack(features, dim=1)
    projection = torch.randn(features.shape[1], width, generator=generator, dtype=torch.float64)
    rows = features @ projection
    return (rows * (std / rows.std())).float()


def rope_table(length, head_width, base):
    """Cosine and sine [length, head_width / 2] of the rotary angles of positions 0.. length-1."""
    frequency = base ** (-torch.arange(0, head_width, 2, dtype=torch.float64) / head_width)
    angle = torch.arange(length, dtype=torch.float64)[:, None] * frequency
    return angle.cos().float(), angle.sin().float()


def rotate(x, cosine, sine):
    """Rotary embedding of [..., T, heads, D], pairs (i, i + D/2); cosine and sine are [T, 1, D/2]."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        heads, kv_heads, head = config.heads, config.kv_heads, config.head_width
        self.norm1, self.norm2 = LayerNorm(config.width), LayerNorm(config.width)
        self.query = Linear(config.width, heads * head, bias=False)
        self.key_value = Linear(config.width, 2 * kv_heads * head, bias=False)
        self.out = Linear(heads * head, config.width, bias=False)
        self.up = Linear(config.width, 2 * config.feed_forward, bias=False)
        self.down = Linear(config.feed_forward, config.width, bias=False)

    def project(self, x, rope):
        """Keys (rotated) and values [B, K, T, D] of normalised rows [B, T, W]."""
        config, (batch, length, _) = self.config, x.shape
        key, value = self.key_value(x).view(batch, length, 2, config.kv_heads, config.head_width).unbind(2)
        return rotate(key, *rope).transpose(1, 2), value.transpose(1, 2)

    def attend(self, x, rope, key, value, bias):
        """Attention of normalised rows [B, T, W] to keys and values [B, K, N, D]; bias [T, N] is added to the scores."""
        config, (batch, length, _) = self.config, x.shape
        kv_heads, group, head = config.kv_heads, config.heads // config.kv_heads, config.head_width
        query = rotate(self.query(x).view(batch, length, config.heads, head), *rope)
        query = query.view(batch, length, kv_heads, group, head).permute(0, 2, 3, 1, 4)
        query = query.reshape(batch * kv_heads, group * length, head) * head**-0.5
        count = key.shape[2]
        weights = self.weigh(query, key.reshape(batch * kv_heads, count, head), bias).view(-1, group * length, count)
        mixed = weights @ value.reshape(batch * kv_heads, count, head)
        mixed = mixed.view(batch, kv_heads, group, length, head).permute(0, 3, 1, 2, 4)
        return self.out(mixed.reshape(batch, length, config.heads * head))

    def weigh(self, query, key, bias):
        """What queries [B K, G T, D] attend to of keys [B K, N, D], as [B K, G, T, N]; bias [T, N]."""
        scores = query @ key.transpose(1, 2)
        return (scores.view(len(scores), -1, *bias.shape) + bias).softmax(-1)

    def feed(self, x):
        gate, value = self.up(self.norm2(x)).chunk(2, dim=-1)
        gate = F.gelu(gate) if self.config.activation == 'geglu' else F.relu(gate)
        return self.down(gate * value)

    def forward(self, x, rope, bias, read=None, prefix=None):
        """[B, T, W] -> [B, T, W]; with `read` (positions) only those rows are computed and returned.

        prefix: keys and values [B, K, N, D] of positions before x; bias is then [T, N + T].
        """
        normal = self.norm1(x)
        key, value = self.project(normal, rope)
        if prefix is not None:
            key, value = torch.cat((prefix[0], key), dim=2), torch.cat((prefix[1], value), dim=2)
        if read is not None:
            x, normal, bias = x[:, read], normal[:, read], bias[read]
            rope = (rope[0][read], rope[1][read])
        drop = lambda y: F.dropout(y, self.config.dropout, self.training)
        x = x + drop(self.attend(normal, rope, key, value, bias))
        return x + drop(self.feed(x))


class Gato(nn.Module):
    """Token ids here are rows of the table: text id, `vocabulary` + bin, and the separator last.

    Families that differ in their layers only (retnet.py) replace `layer`, `prepare` and `hidden`.
    """
    layer = Block

    def __init__(self, config, seed=0):
        super().__init__()
        self.config = config
        generator = torch.Generator().manual_seed(seed)
        width = config.width
        self.table = nn.Parameter(torch.randn(config.rows, width, generator=generator) * 0.05)
        self.row_positions = nn.Parameter(fourier_rows(PATCH_POSITIONS, width, 0.05, generator, octaves=4))
        self.column_positions = nn.Parameter(fourier_rows(PATCH_POSITIONS, width, 0.05, generator, octaves=4))
        self.local_positions = nn.Parameter(torch.randn(config.observation_positions, width, generator=generator) * 0.05)
        self.slot_gate = nn.Parameter(torch.randint(0, 2, (config.state_values, width), generator=generator) * 2.0 - 1)
        self.action_gate = nn.Parameter(torch.ones(config.actions, width))
        self.action_shift = nn.Parameter(torch.zeros(config.actions, width))
        if config.parallel:
            self.action_queries = nn.Parameter(torch.randn(config.action_positions, width, generator=generator) * 0.05)
        self.stem = PatchStem(config)
        self.blocks = nn.ModuleList(self.layer(config) for _ in range(config.layers))
        self.norm = LayerNorm(width)
        self.privileged = Linear(width, config.privileged) if config.privileged else None
        self.initialise(generator)
        self.prepare()
        self.register_buffer('fixed_patch_positions', patch_positions(config.patch_grids), persistent=False)

    def prepare(self):
        """What the layers look up: rotary angles and the causal bias of whole sequences."""
        config = self.config
        length = config.steps * config.step_positions
        cosine, sine = rope_table(length, config.head_width, config.rope_base)
        self.register_buffer('cosine', cosine[:, None], persistent=False)
        self.register_buffer('sine', sine[:, None], persistent=False)
        causal = torch.full((length, length), -1e9).triu(1)
        self.register_buffer('causal', causal, persistent=False)

    @torch.no_grad()
    def initialise(self, generator):
        config = self.config
        bins = slice(config.vocabulary, config.vocabulary + config.bins)
        if config.token_table == 'smooth':
            self.table[bins] = fourier_rows(config.bins, config.width, 0.05, generator)
        for name, module in self.named_modules():
            if isinstance(module, PatchStem) and not module.linear:
                for weight in (module.enter, module.conv1, module.conv2):
                    weight.copy_(torch.randn(weight.shape, generator=generator) * weight[0].numel()**-0.5)
            if isinstance(module, nn.Linear):
                scale = (2 * config.layers) ** -0.5 if name.endswith(('.out', '.down')) else 1.0
                module.weight.copy_(torch.randn(module.weight.shape, generator=generator) * module.in_features**-0.5 * scale)
                if module.bias is not None:
                    module.bias.zero_()

    def observe(self, text, patches, state, random_positions=False, dtype=torch.float32):
        """Embeddings of observations: text [N, text], patches [N, patches, 3 size^2], state [N, values] -> [N, P, W]."""
        config, count = self.config, text.shape[0]
        table = self.table.to(dtype)
        words = F.embedding(text, table)
        index = random_patch_positions(config.patch_grids) if random_positions else self.fixed_patch_positions
        where = self.row_positions[index[:, 0]] + self.column_positions[index[:, 1]]
        images = self.stem(patches.reshape(count * config.patches, -1).to(dtype)).view(count, config.patches, config.width)
        images = images + where.to(dtype)
        values = F.embedding(state, table)
        if config.layout == 'packed':
            values = values * self.slot_gate.to(dtype)
            parts = values.split(config.state_widths, dim=1)
            values = torch.stack([part.sum(1) * part.shape[1] ** -0.5 for part in parts], dim=1)
        separator = table[-1].expand(count, 1, config.width)
        return torch.cat((words, images, values, separator), dim=1) + self.local_positions.to(dtype)

    def sequence(self, batch, random_positions=False, dtype=torch.float32):
        """Embeddings [B, S (P + Q), W] of whole steps; of action tokens the very last is left out: it predicts nothing."""
        config = self.config
        batch_size, steps = batch['text'].shape[:2]
        flat = {name: batch[name].flatten(0, 1) for name in ('text', 'patches', 'state')}
        observations = self.observe(**flat, random_positions=random_positions, dtype=dtype)
        if config.parallel:
            actions = self.action_queries.to(dtype).expand(batch_size * steps, -1, -1)
        else:
            actions = F.embedding(batch['actions'].flatten(0, 1), self.table.to(dtype))
        whole = torch.cat((observations, actions), dim=1)                 # [B S, P + Q, W]
        whole = whole.view(batch_size, steps * config.step_positions, config.width)
        return whole if config.parallel else whole[:, :-1]

    def readout_positions(self, steps):
        """Positions that predict an action token: per step the separator and all but the last action token, or all queries."""
        config = self.config
        return torch.cat([torch.arange(config.actions) + config.observation_positions - 1 + step * config.step_positions
                          for step in range(steps)])

    def trunk(self, x, read):
        """[B, T, W] from position 0 -> normalised hidden rows [B, len(read), W]."""
        length = x.shape[1]
        rope, bias = self.angles(0, length, x.dtype), self.causal[:length, :length].to(x.dtype)
        for block in self.blocks[:-1]:
            x = block(x, rope, bias)
        return self.norm(self.blocks[-1](x, rope, bias, read))

    def shared_trunk(self, words, owner, x, read):
        """As `trunk`, with the instruction's rows computed once per distinct instruction: they attend to nothing else.

        words [U, text, W], owner [B] (which of the U), x [B, T, W] from the position after the text; read counts from there.
        """
        count = words.shape[1]
        length = count + x.shape[1]
        bias = self.causal[:length, :length].to(x.dtype)
        before, after = self.angles(0, count, x.dtype), self.angles(count, length, x.dtype)
        for block in self.blocks:
            last = block is self.blocks[-1]
            prefix = [part.index_select(0, owner) for part in block.project(block.norm1(words), before)]
            x = block(x, after, bias[count:], read if last else None, prefix)
            words = words if last else block(words, before, bias[:count, :count])
        return self.norm(x)

    def angles(self, first, end, dtype):
        return self.cosine[first:end].to(dtype), self.sine[first:end].to(dtype)

    def logits(self, hidden, slots):
        """Scores [..., bins] of hidden rows [..., W] that predict action slots [...]."""
        config = self.config
        bins = self.table[config.vocabulary:config.vocabulary + config.bins]
        shaped = hidden * self.action_gate[slots].to(hidden.dtype) + self.action_shift[slots].to(hidden.dtype)
        return F.linear(shaped, bins.to(hidden.dtype))

    def hidden(self, batch, random_positions, dtype):
        """Normalised rows [B, S * A, W] that predict the action tokens."""
        text = batch['text']
        read = self.readout_positions(text.shape[1]).to(text.device)
        if 'texts' not in batch:
            return self.trunk(self.sequence(batch, random_positions, dtype), read)
        count = self.config.text_positions
        words = F.embedding(batch['texts'], self.table.to(dtype)) + self.local_positions[:count].to(dtype)
        rest = self.sequence(batch, random_positions, dtype)[:, count:]
        return self.shared_trunk(words, batch['owner'], rest, read - count)

    def forward(self, batch, random_positions=False, dtype=torch.float32):
        """Logits [B, S, A, bins] under teacher forcing, and the privileged regression [B, S, columns] or None.

        batch: text [B, S, text], patches [B, S, patches, 3 size^2], state [B, S, values], actions [B, S, A] (table rows);
        for S = 1 optionally texts [U, text] (distinct instructions) and owner [B] with text[b, 0] = texts[owner[b]].
        """
        config, (batch_size, steps) = self.config, batch['text'].shape[:2]
        hidden = self.hidden(batch, random_positions, dtype).view(batch_size, steps, config.actions, config.width)
        logits = self.logits(hidden, torch.arange(config.actions, device=hidden.device))
        privileged = self.privileged(hidden[:, :, 0]) if self.privileged is not None else None
        return logits, privileged

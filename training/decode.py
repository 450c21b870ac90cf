"""Greedy decoding with a key-value ring in PyTorch: the reference for exported graphs and for speed."""
import torch

HIDDEN = -1e9


class Decoder:
    """Runs a model position by position, keeping keys (after RoPE) and values in a ring of `slots` positions.

    Positions count from the start of the episode, or of the step when the context is one step; the
    predicted action slot follows from them.
    """

    def __init__(self, model, slots=None):
        config = model.config
        self.model, self.config = model, config
        self.slots = slots or config.steps * config.step_positions
        shape = (config.layers, config.kv_heads, self.slots, config.head_width)
        self.keys, self.values = torch.zeros(shape), torch.zeros(shape)
        self.bias = torch.full((self.slots,), HIDDEN)
        frequency = config.rope_base ** (-torch.arange(0, config.head_width, 2, dtype=torch.float64) / config.head_width)
        self.frequency = frequency

    def reset(self):
        self.bias.fill_(HIDDEN)

    @torch.no_grad()
    def push(self, x, positions, read=1):
        """Rows [T, W] at positions [T] (int64, increasing) -> logits [read, bins] after the last `read` rows; stores keys and values."""
        model, config = self.model, self.config
        length = len(positions)
        angle = positions.double()[:, None] * self.frequency
        rope = (angle.cos().float()[:, None], angle.sin().float()[:, None])
        causal = torch.full((length, length), HIDDEN).triu(1)
        bias = torch.cat((self.bias.expand(length, -1), causal), dim=1)
        slots = positions % self.slots
        x = x[None]
        for index, block in enumerate(model.blocks):
            last = index == config.layers - 1
            normal = block.norm1(x)
            key, value = block.project(normal, rope)                         # [1, K, T, D]
            keys = torch.cat((self.keys[index][None], key), dim=2)
            values = torch.cat((self.values[index][None], value), dim=2)
            if last:
                x, normal, bias = x[:, -read:], normal[:, -read:], bias[-read:]
                rope = (rope[0][-read:], rope[1][-read:])
            x = x + block.attend(normal, rope, keys, values, bias)
            x = x + block.feed(x)
            self.keys[index][:, slots], self.values[index][:, slots] = key[0], value[0]
        self.bias[slots] = 0.0
        slots = positions[-read:] % config.step_positions - config.observation_positions + 1
        return model.logits(model.norm(x)[0], slots.clamp(0, config.actions - 1))

    @torch.no_grad()
    def act(self, text, patches, state, step=0):
        """One control step: text [words], patches [N, 3 size^2], state [values] (table rows) -> action rows [A], logits [A, bins]."""
        config, model = self.config, self.model
        if config.steps == 1:
            self.reset()
        x = model.observe(text[None], patches[None], state[None])[0]
        start = step * config.step_positions
        if config.parallel:
            logits = self.push(torch.cat((x, model.action_queries)), start + torch.arange(config.step_positions), config.actions)
            return logits.argmax(1) + config.vocabulary, logits
        logits = [self.push(x, start + torch.arange(config.observation_positions))[0]]
        rows = [int(logits[0].argmax()) + config.vocabulary]
        last_needed = config.actions if config.steps > 1 else config.actions - 1
        for index in range(last_needed):
            position = torch.tensor([start + config.observation_positions + index])
            scores = self.push(model.table[rows[index]][None], position)[0]
            if index < config.actions - 1:
                logits.append(scores)
                rows.append(int(scores.argmax()) + config.vocabulary)
        return torch.tensor(rows), torch.stack(logits)

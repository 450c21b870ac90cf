"""Greedy decoding with a RetNet in PyTorch, chunk by chunk: the reference for exported graphs."""
import torch


class RetNetDecoder:
    """Runs a model in chunks of rows; all it remembers is `state` [L, H, D, V]. Positions count from the start of the episode."""

    def __init__(self, model):
        self.model, self.config = model, model.config
        self.reset()

    def reset(self):
        self.state = torch.zeros(self.config.state_shape)
        self.position = 0

    @torch.no_grad()
    def push(self, x):
        """Rows [T, W] -> logits [bins] after the last of them."""
        config, model = self.config, self.model
        hidden, state = model.advance(x[None], self.state[:, None])
        self.state = state[:, 0]
        self.position += len(x)
        slot = (self.position - 1) % config.step_positions - config.observation_positions + 1
        return model.logits(hidden[0, -1], min(max(slot, 0), config.actions - 1))

    @torch.no_grad()
    def act(self, text, patches, state):
        """One control step on table rows -> action rows [A], logits [A, bins]; the last action token is remembered too."""
        model, config = self.model, self.config
        if config.steps == 1:
            self.reset()
        scores = self.push(model.observe(text[None], patches[None], state[None])[0])
        rows, logits = [], []
        for _ in range(config.actions):
            logits.append(scores)
            rows.append(config.vocabulary + int(scores.argmax()))
            scores = self.push(model.table[rows[-1]][None])
        return torch.tensor(rows), torch.stack(logits)

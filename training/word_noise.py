"""Instructions nobody has said yet, made from those that were: words left out, replaced and added."""
import torch

from tokens import PADDING_ID, UNKNOWN_WORD

ADDED_WORD_SHARE = 0.3  # Of samples, at full share.
# Of hidden and added words. Else a small word that only one task's instructions have would mean that task.
OTHER_WORD_SHARE = 0.4


class WordNoise:
    """Hides words that tell nothing apart and puts strange ones between the others."""

    def __init__(self, words, kept_words, share, random, strange_ids=()):
        """words: the vocabulary. share: largest part of an instruction that is hidden. strange_ids: the ids that known
        strange words are drawn from; default all. Raises ValueError where it has no unknown word."""
        if UNKNOWN_WORD not in words:
            raise ValueError(f'--word-dropout needs "{UNKNOWN_WORD}" in tokens.text.vocabulary; add it, or leave the option out')
        self.share, self.random, self.device = share, random, random.device
        self.unknown_row = words.index(UNKNOWN_WORD)
        kept = {words[PADDING_ID], UNKNOWN_WORD, *kept_words}
        self.may_hide = torch.tensor([word not in kept for word in words], device=self.device)
        self.other_rows = self.may_hide.nonzero()[:, 0]
        if len(strange_ids):
            self.other_rows = torch.tensor([row for row in strange_ids if self.may_hide[row]] or [self.unknown_row], device=self.device)

    def __call__(self, text):
        """Rows [B, S, text] as other people might say them; each sample draws its own share, all its steps say the same."""
        return self.add(self.hide(text))

    def uniform(self, *shape):
        return torch.rand(shape, generator=self.random, device=self.device)

    def strange(self, *shape):
        """Rows that say nothing of the task: the unknown word, or any known one that may be hidden."""
        other = self.other_rows[torch.randint(len(self.other_rows), shape, generator=self.random, device=self.device)]
        return torch.where(self.uniform(*shape) < OTHER_WORD_SHARE, other, self.unknown_row)

    def hide(self, text):
        batch, _, positions = text.shape
        hidden = self.uniform(batch, 1, positions) < self.uniform(batch, 1, 1) * self.share
        return torch.where(hidden & self.may_hide[text], self.strange(batch, 1, positions), text)

    def add(self, text):
        """Twice at most per sample, and only where there is room."""
        batch, _, positions = text.shape
        at = torch.arange(positions, device=self.device)
        for _ in range(2):
            length = (text != PADDING_ID).sum(-1, keepdim=True)
            place = (self.uniform(batch, 1, 1) * (length + 1)).long()
            added = (self.uniform(batch, 1, 1) < ADDED_WORD_SHARE * self.share) & (length < positions)
            longer = torch.where(at < place, text, torch.where(at == place, self.strange(batch, 1, 1), text.roll(1, dims=-1)))
            text = torch.where(added, longer, text)
        return text

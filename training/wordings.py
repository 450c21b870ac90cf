"""Other words for the same instruction: what an episode shows does not depend on how it was asked for."""
import json
from itertools import permutations
from pathlib import Path

import numpy as np
import torch

import tokens as token_module
from tokens import UNKNOWN_WORD


class Wordings:
    """Instructions in groups that mean the same, as table rows [text]."""

    def __init__(self, spec, groups):
        """groups: lists of instructions. Raises TokenError for one that the layout cannot hold."""
        self.group_of, self.groups = {}, []
        for group in groups:
            rows = np.stack([token_module.encode_text(spec, text) for text in group])
            self.group_of.update({tuple(row): len(self.groups) for row in rows})
            self.groups.append(rows)

    def reword(self, text, random):
        """text [B, S, words] with each sample told in any wording of its group; what is in no group stays."""
        out = text.clone()
        for sample, row in enumerate(text[:, 0].tolist()):
            group = self.group_of.get(tuple(row))
            if group is not None:
                rows = self.groups[group]
                out[sample] = torch.from_numpy(rows[random.integers(len(rows))])
        return out


def groups_of(tasks, colours, strange_words=()):
    """All instructions of tasks (as `armature tasks --json` prints them), in groups that name the same colours in the same roles.

    strange_words: with them the groups have more wordings, in which a word nobody knows stands for each of these. Only those
    that name what is moved before where it goes: the order alone tells that, as English has it.
    """
    groups = []
    for task in tasks:
        roles = ('source', 'destination') if any('{destination}' in template for template in task['instructions']) else ('source',)
        templates = task['instructions']
        if strange_words and len(roles) == 2:
            ordered = [template for template in templates if 0 <= template.find('{source}') < template.find('{destination}')]
            templates = templates + [in_strange_words(template, strange_words) for template in ordered]
        # Things of two groups may have one colour, things of one group never.
        pairs = list(permutations(colours, len(roles)))
        if len(roles) == 2 and task['source'] != task.get('destination'):
            pairs += [(colour, colour) for colour in colours]
        groups += [[template.format(**dict(zip(roles, pair))) for template in templates] for pair in pairs]
    return groups


def in_strange_words(template, words):
    """A template with UNKNOWN_WORD in place of each of `words`."""
    return ' '.join(UNKNOWN_WORD if word in words else word for word in template.split())


def read_wordings(path, spec):
    """Wordings of a file: JSON, a list of lists of instructions that mean the same."""
    return Wordings(spec, json.loads(Path(path).read_text()))

import numpy as np
import torch

import helpers
from tokens import UNKNOWN_WORD, LayoutSpec, encode_text
from wordings import Wordings, groups_of

STACK = {'source': 'cubes', 'destination': 'cubes', 'instructions': ['put {source} on {destination}', 'on {destination} put {source}']}
PUSH = {'source': 'cubes', 'destination': 'zones', 'instructions': ['push {source} to {destination}']}
LIFT = {'source': 'cubes', 'instructions': ['lift {source}', 'raise {source}']}


def test_groups_name_the_same_colours_in_the_same_roles():
    groups = groups_of([STACK, PUSH, LIFT], ['blue', 'red'])
    assert ['put blue on red', 'on red put blue'] in groups
    assert ['push red to red'] in groups
    assert ['lift blue', 'raise blue'] in groups
    assert len(groups) == 2 + 4 + 2


def test_strange_words_stand_only_where_the_order_tells_what_goes_where():
    groups = groups_of([STACK, LIFT], ['blue', 'red'], ['on'])
    assert ['put blue on red', 'on red put blue', f'put blue {UNKNOWN_WORD} red'] in groups
    assert ['lift blue', 'raise blue'] in groups


def test_samples_are_told_in_any_wording_of_their_group():
    spec = LayoutSpec.from_json(helpers.policy()['tokens'])
    said = [word for word in spec.words if word.isalpha()][:4]
    wordings = Wordings(spec, [said[:2], said[2:3]])
    rows = [torch.as_tensor(encode_text(spec, text)) for text in said]
    text = torch.stack([rows[0], rows[2], rows[3]] * 32)[:, None].expand(-1, 2, -1)
    out = wordings.reword(text, np.random.default_rng(0))
    first = {tuple(row) for row in out[0::3].flatten(0, 1).tolist()}
    assert first == {tuple(rows[0].tolist()), tuple(rows[1].tolist())}
    assert (out[:, 0] == out[:, 1]).all()
    assert (out[1::3, 0] == rows[2]).all() and (out[2::3, 0] == rows[3]).all()

"""Instructions as pieces of a SentencePiece unigram vocabulary: the twin of src/tokens/pieces.ts.

The file is a tokenizer.json, as the Hugging Face tokenizers libraries read it. Both sides normalise alike and find
the most likely pieces in the same order of additions, so that even ties fall alike; tests/golden/pieces.json holds them
together.
"""
from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

PADDING_PIECE, UNKNOWN_PIECE = '<PAD>', '<UNK>'  # Instructions are lower case: nobody can spell these.
UNKNOWN_ID = 1
SPACE = '▁'
MAXIMUM_CHARACTERS = 4096
UNKNOWN_PENALTY = 10.0  # Below the least likely piece, as every implementation of SentencePiece has it.
# Letters, marks, digits, punctuation and symbols stay; every run of anything else is one space.
KEPT = 'LMNPS'
NORMALIZER = {'type': 'Sequence', 'normalizers': [
    {'type': 'NFKC'}, {'type': 'Lowercase'}, {'type': 'NFKC'},
    {'type': 'Replace', 'pattern': {'Regex': r'[^\p{L}\p{M}\p{N}\p{P}\p{S}]+'}, 'content': ' '},
    {'type': 'Strip', 'strip_left': True, 'strip_right': True},
]}
PRE_TOKENIZER = {'type': 'Metaspace', 'replacement': SPACE, 'prepend_scheme': 'always', 'split': False}


class PiecesError(ValueError):
    """A vocabulary file that cannot be used: what was expected, what was found, what to do."""


def normalise(text: str) -> str:
    """Compatibility forms and capitals folded; words and punctuation with single spaces between them."""
    folded = unicodedata.normalize('NFKC', unicodedata.normalize('NFKC', text).lower())
    return re.sub(' +', ' ', ''.join(character if unicodedata.category(character)[0] in KEPT else ' ' for character in folded)).strip(' ')


class Pieces:
    """A vocabulary: piece i has `names[i]` and log probability `scores[i]`."""

    def __init__(self, names: list[str], scores: list[float]):
        self.names, self.scores = names, scores
        self.index_of = {name: index for index, name in enumerate(names)}
        self.longest = max(map(len, names))
        self.unknown_score = min(scores) - UNKNOWN_PENALTY

    def encode(self, instruction: str) -> list[int]:
        """Ids of the most likely pieces; neighbours that are not in the vocabulary share one unknown id."""
        text = normalise(instruction).replace(' ', SPACE)
        if not text:
            return []
        text = text if text.startswith(SPACE) else SPACE + text
        # Of each prefix: its best score, and the start and id of its last piece. Earlier starts win ties.
        best: list[tuple[float, int, int] | None] = [None] * (len(text) + 1)
        best[0] = (0.0, 0, UNKNOWN_ID)
        for start in range(len(text)):
            before = best[start][0]
            alone = False
            for end in range(start + 1, min(len(text), start + self.longest) + 1):
                index = self.index_of.get(text[start:end])
                if index is None:
                    continue
                alone = alone or end == start + 1
                score = before + (self.unknown_score if index == UNKNOWN_ID else self.scores[index])
                if best[end] is None or score > best[end][0]:
                    best[end] = (score, start, index)
            score = before + self.unknown_score
            if not alone and (best[start + 1] is None or score > best[start + 1][0]):
                best[start + 1] = (score, start, UNKNOWN_ID)
        ids, end = [], len(text)
        while end > 0:
            _, end, index = best[end]
            ids.append(index)
        ids.reverse()
        return [index for place, index in enumerate(ids) if not (index == UNKNOWN_ID and place and ids[place - 1] == UNKNOWN_ID)]


def tokenizer_json(names: list[str], scores: list[float]) -> str:
    """The file of a vocabulary."""
    return json.dumps({
        'version': '1.0', 'truncation': None, 'padding': None, 'added_tokens': [],
        'normalizer': NORMALIZER, 'pre_tokenizer': PRE_TOKENIZER, 'post_processor': None,
        'decoder': {'type': 'Metaspace', 'replacement': SPACE, 'prepend_scheme': 'always', 'split': False},
        'model': {'type': 'Unigram', 'unk_id': UNKNOWN_ID, 'vocab': [list(pair) for pair in zip(names, scores)], 'byte_fallback': False},
    }, ensure_ascii=False, separators=(',', ':')).replace('],[', '],\n[') + '\n'


@lru_cache(maxsize=4)
def load(path: str, sha256: str) -> Pieces:
    """A vocabulary file, checked. Raises PiecesError for one that is missing, damaged, or of another kind."""
    if not Path(path).exists():
        raise PiecesError(f'the vocabulary "{path}" is missing; keep it beside policy.json')
    content = Path(path).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise PiecesError(f'the vocabulary "{path}" is not the file the policy was made with: expected sha256 {sha256}, found {found}; fetch it again')
    return parse(content, path)


def parse(content: bytes, path: str) -> Pieces:
    """The vocabulary of a file's content; `path` is for messages. Raises PiecesError for one of another kind."""
    try:
        document = json.loads(content)
        model = document['model']
        known = document['normalizer'] == NORMALIZER and document['pre_tokenizer'] == PRE_TOKENIZER and not document['added_tokens']
        known = known and model['type'] == 'Unigram' and model['unk_id'] == UNKNOWN_ID and not model['byte_fallback']
        names, scores = [name for name, _ in model['vocab']], [float(score) for _, score in model['vocab']]
    except (KeyError, TypeError, ValueError) as error:
        raise PiecesError(f'the vocabulary "{path}" is no tokenizer.json of a unigram model ({error}); train it again with training/vocabulary.py') from error
    if not known or names[:2] != [PADDING_PIECE, UNKNOWN_PIECE] or len(set(names)) != len(names):
        raise PiecesError(f'the vocabulary "{path}" normalises or splits otherwise than Armature does; train it with training/vocabulary.py')
    return Pieces(names, scores)

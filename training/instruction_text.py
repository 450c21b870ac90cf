"""Instructions as ids: the twin of src/tokens/text.ts. A policy has a list of words, or a SentencePiece vocabulary."""
from __future__ import annotations

import hashlib
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import pieces

PADDING_ID = 0
UNKNOWN_WORD = '<unknown>'  # Entry of a list of words that stands for every word it does not hold.


class TokenError(ValueError):
    """Input that has no token: an unknown word, a value that is not finite, a wrong shape."""


@dataclass(frozen=True)
class PieceFile:
    """A SentencePiece vocabulary, see pieces.py: where it lies, and how many pieces it has."""
    path: str
    sha256: str
    pieces: int

    def load(self):
        """Raises PiecesError for a file that is missing, damaged, or has another number of pieces."""
        found = pieces.load(self.path, self.sha256)
        if len(found.names) != self.pieces:
            raise pieces.PiecesError(f'the vocabulary "{self.path}" has {len(found.names)} pieces, policy.json says {self.pieces}')
        return found


def split_words(instruction: str) -> list[str]:
    """Lower-case words: punctuation and symbols are dropped, letters, marks and digits kept, all else separates."""
    characters = []
    for character in instruction.lower():
        category = unicodedata.category(character)[0]
        if category in "LMN":
            characters.append(character)
        elif category not in "PS":
            characters.append(" ")
    return "".join(characters).split()


def encode_text(spec, instruction: str) -> np.ndarray:
    """
    Padded with 0: int64, shape (text.positions). Of a list of words one id per word, where unknown words share the entry
    UNKNOWN_WORD, if there is one; of a SentencePiece vocabulary the likeliest pieces.
    """
    listed = _word_ids(spec, instruction) if spec.vocabulary is None else _piece_ids(spec.vocabulary, instruction)
    if len(listed) > spec.text_positions:
        unit = "words" if spec.vocabulary is None else "pieces"
        raise TokenError(f"{instruction!r} has {len(listed)} {unit}; the policy takes at most {spec.text_positions}")
    ids = np.full(spec.text_positions, PADDING_ID, dtype=np.int64)
    ids[: len(listed)] = listed
    return ids


def _piece_ids(file: PieceFile, instruction: str) -> list[int]:
    if len(instruction) > pieces.MAXIMUM_CHARACTERS:
        raise TokenError(f"{instruction[:60]!r}... has {len(instruction)} characters; at most {pieces.MAXIMUM_CHARACTERS} are read")
    return file.load().encode(instruction)


def _word_ids(spec, instruction: str) -> list[int]:
    # Index 0 is padding and no word; of a word listed twice the first index counts, as in TypeScript.
    index_of = {word: index for index, word in reversed(list(enumerate(spec.words))) if index > 0}
    words = split_words(instruction)
    unknown = [word for word in words if word not in index_of]
    if unknown and UNKNOWN_WORD not in index_of:
        known = ", ".join(sorted(index_of))
        raise TokenError(f"unknown words {unknown} in the instruction {instruction!r}; the policy knows: {known}")
    return [index_of.get(word, index_of.get(UNKNOWN_WORD)) for word in words]


def text_with(path, positions):
    """tokens.text of policy.json for a vocabulary file. Raises PiecesError."""
    path = Path(path).resolve()
    if not path.exists():
        raise pieces.PiecesError(f'the vocabulary "{path}" does not exist; training/vocabulary.py makes one')
    content = path.read_bytes()
    count = len(pieces.parse(content, str(path)).names)
    return {'kind': 'sentencepiece', 'file': str(path), 'sha256': hashlib.sha256(content).hexdigest(), 'pieces': count, 'positions': positions}


def located(policy, folder):
    """policy.json's content with the path of its vocabulary made absolute; `folder` is that of policy.json."""
    text = policy['tokens']['text']
    if 'file' not in text:
        return policy
    return {**policy, 'tokens': {**policy['tokens'], 'text': {**text, 'file': str((Path(folder) / text['file']).resolve())}}}


def shipped(policy, folder):
    """policy.json's content for `folder`, where the vocabulary is copied to. Raises PiecesError for a damaged vocabulary."""
    text = policy['tokens']['text']
    if 'file' not in text:
        return policy
    source = Path(text['file'])
    pieces.load(str(source), text['sha256'])
    if source.resolve() != (Path(folder) / source.name).resolve():
        shutil.copyfile(source, Path(folder) / source.name)
    return {**policy, 'tokens': {**policy['tokens'], 'text': {**text, 'file': source.name}}}

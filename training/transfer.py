"""What a policy knows, carried over to one of another vocabulary."""
import json
from pathlib import Path

from instruction_text import UNKNOWN_WORD, located
from pieces import SPACE, UNKNOWN_ID
from tokens import LayoutSpec


def words_of(path, state):
    """Vocabulary of a checkpoint, or of weights.pt through the policy.json beside it. `state` is what the file holds."""
    policy = state.get('policy')
    if policy is None:
        manifest = Path(path).with_name('policy.json')
        if not manifest.exists():
            raise FileNotFoundError(f'"{manifest}" does not exist; keep the weights beside the policy.json they were written with')
        policy = json.loads(manifest.read_text())
        policy = located(policy, manifest.parent)
    return names_of(LayoutSpec.from_json(policy['tokens']))


def names_of(spec):
    """What the text ids of a layout stand for, by id, so that lists of words and pieces can be compared: whole words by themselves."""
    if spec.vocabulary is None:
        return list(spec.words)
    return ['', UNKNOWN_WORD, *(name[1:] if len(name) > 1 and name.startswith(SPACE) else f'within {name}' for name in spec.vocabulary.load().names[2:])]


def grown(words, instructions, split):
    """`words`, and behind them the words of `instructions` that are not among them: ids that are in use stay what they are."""
    new = {word for instruction in instructions for word in split(instruction)} - set(words[1:])
    return [*words, *sorted(new)]


def carry_rows(table, config, words, own_table, own_config, own_words):
    """Rows [own rows, W] for `own_words` from the table [rows, W] of `words`, and the words that are new.

    A new word begins as the source's unknown word, which was trained to stand for it, else with its row of `own_table`.
    Bins and separator follow their words, as the table's order has it. A table of other bins or width is not carried.
    """
    if (config.bins, config.width) != (own_config.bins, own_config.width):
        return own_table, list(own_words)
    index_of = {word: index for index, word in reversed(list(enumerate(words)))}
    rows = own_table.clone()
    new = []
    for index, word in enumerate(own_words):
        source = index_of.get(word, index_of.get(UNKNOWN_WORD)) if index else 0
        if source is not None:
            rows[index] = table[source]
        if index and word not in index_of:
            new.append(word)
    rows[own_config.vocabulary:] = table[config.vocabulary:]
    return rows, new


def carried_ids(table, names, fresh):
    """Text ids whose rows [rows, W] a run brought along: not those of `fresh` names, and none that only share the unknown word's."""
    if UNKNOWN_WORD not in names:
        return [index for index, name in enumerate(names) if name not in fresh]
    differs = (table[:len(names)] != table[names.index(UNKNOWN_WORD)]).any(1).tolist()
    return [index for index, name in enumerate(names) if differs[index] and name not in fresh]


def share_unmet_rows(table, met, count):
    """Gives the first `count` rows of the table [rows, W] that training has not met the unknown piece's row, in place."""
    unmet = sorted(set(range(count)) - set(met))
    table[unmet] = table[UNKNOWN_ID].clone()

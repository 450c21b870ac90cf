"""A SentencePiece vocabulary: the same ids as in TypeScript, damaged files, and a policy that is trained with it."""
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

import helpers
import pieces
from check_export import OnnxPolicy, check, frames_of
from export import load_averaged
from instruction_text import text_with
from loop import train
from tokens import LayoutSpec, TokenError, encode_text
from train import options_from, parser
from train_options import TrainOptions

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((ROOT / 'tests/golden/pieces.json').read_text())
VOCABULARY = ROOT / GOLDEN['vocabulary']


def vocabulary():
    return pieces.parse(VOCABULARY.read_bytes(), 'tokenizer.json')


def spec_of(positions=8, **changes):
    return LayoutSpec.from_json({**helpers.policy()['tokens'], 'text': {**text_with(VOCABULARY, positions), **changes}})


def test_every_sentence_has_the_ids_of_the_golden_file():
    known = vocabulary()
    assert len(GOLDEN['sentences']) >= 400
    assert [known.encode(sentence['text']) for sentence in GOLDEN['sentences']] == [sentence['ids'] for sentence in GOLDEN['sentences']]


def test_it_has_gatos_32000_pieces_and_a_piece_for_every_word_of_the_desk():
    known = vocabulary()
    assert len(known.names) == 32_000
    words = json.loads((ROOT / 'models/desk/policy.json').read_text())['tokens']['text']['vocabulary'][2:]
    assert [word for word in words if len(known.encode(word)) != 1] == []


def test_an_instruction_is_padded_and_has_its_limits():
    spec = spec_of()
    ids = encode_text(spec, 'Lift the red cube!')
    assert ids.dtype == np.int64 and ids.tolist()[5:] == [0, 0, 0]
    with pytest.raises(TokenError, match='has 11 pieces; the policy takes at most 8'):
        encode_text(spec, 'push ' * 11)
    with pytest.raises(TokenError, match='5000 characters; at most 4096'):
        encode_text(spec, 'x' * 5000)


def damaged(change):
    document = json.loads(VOCABULARY.read_text())
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize('content, message', [
    (VOCABULARY.read_bytes()[:5000], 'is no tokenizer.json of a unigram model'),
    (b'[]', 'is no tokenizer.json of a unigram model'),
    (damaged(lambda document: document['model']['vocab'].reverse()), 'normalises or splits otherwise'),
    (damaged(lambda document: document['normalizer']['normalizers'].pop()), 'normalises or splits otherwise'),
    (damaged(lambda document: document['model'].update(byte_fallback=True)), 'normalises or splits otherwise'),
])
def test_a_damaged_vocabulary_is_refused(content, message):
    with pytest.raises(pieces.PiecesError, match=message):
        pieces.parse(content, 'tokenizer.json')


def test_a_vocabulary_must_be_the_one_that_policy_json_lists(tmp_path):
    with pytest.raises(pieces.PiecesError, match='expected sha256 0000'):
        encode_text(spec_of(sha256='0' * 64), 'lift')
    with pytest.raises(pieces.PiecesError, match='has 32000 pieces, policy.json says 31999'):
        encode_text(spec_of(pieces=31_999), 'lift')
    with pytest.raises(pieces.PiecesError, match='is missing; keep it beside policy.json'):
        encode_text(spec_of(file=str(tmp_path / 'none.json')), 'lift')


def test_a_policy_of_32000_pieces_trains_exports_and_stays_small(tmp_path):
    helpers.write_dataset(tmp_path / 'data/a', episodes=6)
    (tmp_path / 'policy.json').write_text(json.dumps(helpers.policy()))
    arguments = parser().parse_args([
        '--policy', str(tmp_path / 'policy.json'), '--out', str(tmp_path / 'run'), '--data', str(tmp_path / 'data/a'), '--steps', '3', '--batch', '8',
        '--pieces', str(VOCABULARY), '--text-positions', '6', '--export-dir', str(tmp_path / 'policy'), '--threads', '1', '--width', '32', '--heads', '4',
        '--kv-heads', '2', '--head-width', '8', '--feed-forward', '48', '--layers', '1', '--stem-channels', '8', '--stem-groups', '2', '--holdout', '0'])
    trainer = train(options_from(arguments), log=lambda *_: None)
    # All ids fit: bins come behind the 32000 pieces.
    assert trainer.config.rows == 32_000 + 1024 + 1
    frames = trainer.sampler.frame_sets[0]
    assert frames.state.min() >= 32_000 and frames.state.max() < 33_024
    text = json.loads((tmp_path / 'policy/policy.json').read_text())['tokens']['text']
    assert (text['kind'], text['file'], text['pieces'], text['positions']) == ('sentencepiece', 'tokenizer.json', 32_000, 6)
    words = vocabulary().encode('reach the cube push')
    assert text['trainedIds'] == sorted({0, 1, *words})
    # The rows of the words it met, and one for all others.
    tables = [tensor for tensor in onnx.load(tmp_path / 'policy/embed.fp32.onnx').graph.initializer if tensor.name.startswith('words')]
    assert [list(tensor.dims) for tensor in tables] == [[len(words) + 2, 32]]
    assert (tmp_path / 'policy/weights.pt').stat().st_size < 2e6
    model, state = load_averaged(tmp_path / 'policy/weights.pt')
    assert torch.equal(model.table, trainer.averaged_model().table)
    spec = LayoutSpec.load(tmp_path / 'policy/policy.json')
    assert check(model, spec, tmp_path / 'policy', 'fp32', frames_of(tmp_path / 'data/a', spec, 4))['equal'] == 1
    written, _ = load_averaged(tmp_path / 'run/checkpoint.pt')
    assert torch.equal(written.table, model.table)


def test_what_was_met_is_carried_into_a_run_that_starts_from_it(tmp_path):
    helpers.write_dataset(tmp_path / 'data/a', episodes=2)
    policy = helpers.policy()
    policy['tokens']['text'] = text_with(VOCABULARY, 6)
    values = {'policy': policy, 'shape': helpers.SHAPE, 'batch': 4, 'steps': 1, 'holdout': 0, 'log_every': 1e9, 'threads': 1, 'data': [tmp_path / 'data/a']}
    first = train(TrainOptions(out=tmp_path / 'first', export_dir=str(tmp_path / 'policy'), **values), log=lambda *_: None)
    logged = []
    second = train(TrainOptions(out=tmp_path / 'second', init_from=str(tmp_path / 'policy/weights.pt'), **values), log=logged.append)
    assert set(first.trained_ids()) - {0, 1} <= set(second.carried)
    assert not any('new words' in line for line in logged)
    # From a list of words: whole words keep their rows.
    values['policy'] = helpers.policy()
    listed = train(TrainOptions(out=tmp_path / 'listed', export_dir=str(tmp_path / 'listed-policy'), **values), log=lambda *_: None)
    values['policy'] = policy
    third = train(TrainOptions(out=tmp_path / 'third', init_from=str(tmp_path / 'listed-policy/weights.pt'), **{**values, 'steps': 0, 'minutes': 1e-9}),
                  log=logged.append)
    assert third.carried == sorted([0, *vocabulary().encode('reach push the cube')])
    assert any(line.startswith('new words: ') and line.endswith('more') for line in logged)
    assert listed.config.vocabulary == 5

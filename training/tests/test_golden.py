"""training/tokens.py makes of the golden inputs what src/tokens and src/actions make of them."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import tokens

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden"
NAMES = ("packed-centre.json", "exact-lower.json")


def read(name):
    return json.loads((GOLDEN / name).read_text())


def column(golden, key):
    """One input of all frames, (F, J)."""
    return np.array([frame["input"][key] for frame in golden["frames"]], dtype=np.float64)


def pixels(seed, length):
    """Byte i is the top byte of (i + seed) * 2654435761 mod 2^32."""
    return (((np.arange(length, dtype=np.uint64) + seed) * 2654435761 & 0xFFFFFFFF) >> 24).astype(np.uint8)


@pytest.fixture(params=NAMES)
def golden(request):
    return read(request.param)


def test_published_values():
    published = read("value-codec.json")
    values, ids = np.array(published["muLaw"]).T
    assert tokens.mu_law_ids(values).tolist() == ids.tolist()
    values, ids = np.array(published["linear"]).T
    assert tokens.linear_ids(values).tolist() == ids.tolist()


def test_text_ids(golden):
    spec = tokens.LayoutSpec.from_json(golden["tokens"])
    for frame in golden["frames"]:
        assert tokens.encode_text(spec, frame["input"]["instruction"]).tolist() == frame["textIds"]


def test_state_ids(golden):
    spec = tokens.LayoutSpec.from_json(golden["tokens"])
    ids = tokens.encode_state(
        spec, column(golden, "positionsRad"), column(golden, "velocitiesRadPerS"), column(golden, "effortsNm")
    )
    assert ids.dtype == np.int64
    assert ids.tolist() == [frame["stateIds"] for frame in golden["frames"]]


def test_patches(golden):
    spec = tokens.LayoutSpec.from_json(golden["tokens"])
    for frame in golden["frames"]:
        parts = []
        for index, camera in enumerate(spec.cameras):
            seed = frame["input"]["imageSeed"] + index * 1000
            image = pixels(seed, camera.width * camera.height * 3).reshape(1, camera.height, camera.width, 3)
            parts.append(tokens.patches(image, spec.patch_size)[0])
        values = np.concatenate(parts)
        assert values.dtype == np.float32
        assert values.ravel()[:6].tolist() == frame["firstPatchValues"]
        assert hashlib.sha256(values.astype("<f4").tobytes()).hexdigest() == frame["patchesSha256"]


def test_actions(golden):
    spec = tokens.LayoutSpec.from_json(golden["tokens"])
    target, command, measured = (column(golden, key) for key in ("targetRad", "commandRad", "positionsRad"))
    ids = tokens.encode_actions(spec, target, command)
    assert ids.tolist() == [frame["actionIds"] for frame in golden["frames"]]
    clips = tokens.count_action_clips(spec, target, command)
    assert clips.shape == (spec.joints,)
    assert clips.sum() == sum(frame["actionClips"] for frame in golden["frames"])
    decoded = tokens.decode_actions(spec, ids, command, measured)
    expected = np.array([frame["decodedRad"] for frame in golden["frames"]])
    np.testing.assert_allclose(decoded, expected, rtol=0, atol=1e-12)


def test_layout(golden):
    layout = tokens.step_layout(tokens.LayoutSpec.from_json(golden["tokens"]))
    expected = golden["layout"]
    segments = [
        {
            "kind": segment.kind,
            "name": segment.name,
            "positions": segment.positions,
            "tokensPerPosition": segment.tokens_per_position,
            "firstPosition": segment.first_position,
            "firstToken": segment.first_token,
            "firstInFrame": segment.first_in_frame,
        }
        for segment in layout.segments
    ]
    assert segments == expected["segments"]
    assert layout.text_tokens == expected["textTokens"]
    assert layout.patches == expected["patches"]
    assert layout.state_tokens == expected["stateTokens"]
    assert layout.observation_positions == expected["observationPositions"]
    assert layout.action_tokens == expected["actionTokens"]
    assert layout.positions_per_step == expected["positionsPerStep"]
    assert layout.tokens_per_step == expected["tokensPerStep"]
    assert layout.token_positions.tolist() == expected["tokenPositions"]
    assert layout.local_positions.tolist() == expected["localPositions"]
    positions = expected["patchPositions"]
    assert layout.row_intervals.tolist() == [list(pair) for pair in zip(positions["rowLow"], positions["rowHigh"])]
    assert layout.column_intervals.tolist() == [
        list(pair) for pair in zip(positions["columnLow"], positions["columnHigh"])
    ]
    assert layout.row_indices.tolist() == positions["rowIndex"]
    assert layout.column_indices.tolist() == positions["columnIndex"]


def test_what_has_no_token_is_refused():
    spec = tokens.LayoutSpec.from_json(read(NAMES[0])["tokens"])
    zeros = np.zeros((2, spec.joints))
    for value in (np.nan, np.inf, -np.inf):
        broken = zeros.copy()
        broken[1, 2] = value
        with pytest.raises(tokens.TokenError, match="NaN or infinite"):
            tokens.encode_state(spec, zeros, broken, zeros)
        with pytest.raises(tokens.TokenError, match="NaN or infinite"):
            tokens.encode_actions(spec, broken, zeros)
    with pytest.raises(tokens.TokenError, match="juggle"):
        tokens.encode_text(spec, "Juggle the cube")
    with pytest.raises(tokens.TokenError, match="at most 10"):
        tokens.encode_text(spec, "push " * 11)
    with pytest.raises(tokens.TokenError, match="outside"):
        tokens.decode_actions(spec, np.full((2, spec.joints), spec.codec.separator_id), zeros, zeros)
    with pytest.raises(tokens.TokenError, match="patch size"):
        tokens.patches(np.zeros((1, 60, 64, 3), dtype=np.uint8))

"""Observations and actions as token ids and patches: the twin of src/tokens and src/actions.

Pure numpy, vectorised over frames (F). Every constant comes from the `tokens` object of policy.json
(src/tokens/layout-spec.ts); golden files in tests/golden hold both sides together. Codecs after
"A Generalist Agent" (arXiv 2205.06175), section 2.1.

Joint order: `actions` of the spec names every joint once, in the robot's order, and all (F, J) arrays
follow it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from instruction_text import PADDING_ID, UNKNOWN_WORD, PieceFile, TokenError, encode_text, split_words  # noqa: F401: part of this module

PATCH_POSITIONS = 128  # Indices of the row and column tables that patch positions are quantised to (Gato, appendix C).
NO_POSITION = -1  # Action tokens carry no local position (Gato, figure 18).
STATE_NAMES = ("positions", "velocities", "efforts")

# Value of an 8-bit pixel inside a patch: scaled to [-1, 1] and divided by sqrt(16), shape (256,).
PIXEL_VALUES = ((np.arange(256) / 255 * 2 - 1) / 4).astype(np.float32)


@dataclass(frozen=True)
class Codec:
    bins: int = 1024
    mu: float = 100.0
    maximum: float = 256.0
    text_vocabulary: int = 32000
    decode: str = "centre"
    deadband_bins: float = 1.0

    @property
    def separator_id(self) -> int:
        return self.text_vocabulary + self.bins

    @property
    def vocabulary_size(self) -> int:
        """Rows of the embedding table: text, continuous values, separator."""
        return self.text_vocabulary + self.bins + 1


@dataclass(frozen=True)
class Camera:
    name: str
    width: int
    height: int
    goal_of: str | None = None  # A goal: what this other camera of the layout sees when the task is finished.


@dataclass(frozen=True)
class StateModality:
    """`linear` maps [low, high] per joint to [-1, 1], `linear-values` any number of values; `mulaw` compands the SI value."""

    name: str
    codec: str
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class ActionSpec:
    joint: str
    kind: str
    low_rad: float
    high_rad: float


@dataclass(frozen=True)
class Choice:
    """One token per step that is one of so many things: ids from 0 on, which text shares."""

    name: str
    values: int


@dataclass(frozen=True)
class LayoutSpec:
    layout: str
    codec: Codec
    # Of a list of words; empty where `vocabulary` names a file of pieces.
    words: tuple[str, ...]
    text_positions: int
    cameras: tuple[Camera, ...]
    patch_size: int
    state: tuple[StateModality, ...]
    actions: tuple[ActionSpec, ...]
    leash_rad: float
    # Control steps whose actions one decision holds.
    chunk_steps: int = 1
    # In the place of actions, for a task that is no arm's.
    choice: Choice | None = None
    vocabulary: PieceFile | None = None

    @property
    def joints(self) -> int:
        return len(self.actions)

    @property
    def first_action_id(self) -> int:
        """Id of an action token's first value; the others follow."""
        return self.codec.text_vocabulary if self.choice is None else 0

    @property
    def action_tokens(self) -> int:
        """Of one decision."""
        return self.joints * self.chunk_steps if self.choice is None else 1

    @property
    def text_rows(self) -> int:
        """Text and discrete ids are [0, text_rows)."""
        words = self.vocabulary.pieces if self.vocabulary else len(self.words)
        return max(words, self.choice.values if self.choice else 0)

    def state_width(self, modality: StateModality) -> int:
        """Values of one modality."""
        return len(modality.low) if modality.codec == "linear-values" else self.joints

    @staticmethod
    def from_json(tokens: dict, folder: str | Path = ".") -> LayoutSpec:
        """
        From the `tokens` object of policy.json; absent fields take the schema's defaults. `folder` is that of
        policy.json, where the vocabulary lies that it may name; it is read when text is encoded.
        """
        text = tokens["text"]
        is_words = text.get("kind", "words") == "words"
        codec = tokens["codec"]
        default = Codec()
        spec = LayoutSpec(
            layout=tokens["layout"],
            codec=Codec(
                bins=codec.get("bins", default.bins),
                mu=codec.get("mu", default.mu),
                maximum=codec.get("maximum", default.maximum),
                text_vocabulary=codec.get("textVocabulary", default.text_vocabulary),
                decode=codec.get("decode", default.decode),
                deadband_bins=codec.get("deadbandBins", default.deadband_bins),
            ),
            words=tuple(text["vocabulary"]) if is_words else (),
            text_positions=text["positions"],
            vocabulary=None if is_words else PieceFile(str(Path(folder) / text["file"]), text["sha256"], text["pieces"]),
            cameras=tuple(Camera(c["name"], c["width"], c["height"], c.get("goalOf")) for c in tokens["cameras"]),
            patch_size=tokens.get("patchSize", 16),
            state=tuple(
                StateModality(m["name"], m["codec"], tuple(m.get("low", ())), tuple(m.get("high", ())))
                for m in tokens["state"]
            ),
            actions=tuple(ActionSpec(a["joint"], a["kind"], a["lowRad"], a["highRad"]) for a in tokens["actions"]),
            leash_rad=tokens["leashRad"],
            chunk_steps=tokens.get("chunk", {}).get("steps", 1),
            choice=Choice(**tokens["choice"]) if "choice" in tokens else None,
        )
        _check(spec)
        return spec

    @staticmethod
    def load(policy_json: str | Path) -> LayoutSpec:
        return LayoutSpec.from_json(json.loads(Path(policy_json).read_text())["tokens"], Path(policy_json).parent)


def _check(spec: LayoutSpec) -> None:
    if spec.text_rows > spec.codec.text_vocabulary:
        raise TokenError("text.vocabulary has more words, or text more pieces, than codec.textVocabulary")
    for camera in spec.cameras:
        if camera.width % spec.patch_size or camera.height % spec.patch_size:
            raise TokenError(f'the size of camera "{camera.name}" is no multiple of patchSize {spec.patch_size}')
        if camera.goal_of is not None and Camera(camera.goal_of, camera.width, camera.height) not in spec.cameras:
            raise TokenError(f'goal "{camera.name}" is of no other camera "{camera.goal_of}" of the layout of the same size')
    for modality in spec.state:
        if modality.codec == "linear" and not len(modality.low) == len(modality.high) == spec.joints:
            raise TokenError(f'state "{modality.name}" needs a low and a high for each of {spec.joints} joints')
        if any(low >= high for low, high in zip(modality.low, modality.high)):
            raise TokenError(f'state "{modality.name}" has a low that is not below its high')
    for action in spec.actions:
        if action.low_rad >= action.high_rad:
            raise TokenError(f'action of joint "{action.joint}" has a lowRad that is not below its highRad')


def mu_law(values: np.ndarray, mu: float = 100.0, maximum: float = 256.0) -> np.ndarray:
    """F(x) = sgn(x) ln(|x| mu + 1) / ln(M mu + 1), not clipped."""
    values = np.asarray(values, dtype=np.float64)
    return np.sign(values) * np.log(np.abs(values) * mu + 1) / np.log(maximum * mu + 1)


def to_unit(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """[low, high] to [-1, 1], linear, not clipped."""
    low = np.asarray(low, dtype=np.float64)
    high = np.asarray(high, dtype=np.float64)
    return 2 * (np.asarray(values, dtype=np.float64) - low) / (high - low) - 1


def to_bins(unit: np.ndarray, bins: int = 1024) -> np.ndarray:
    """Clips to [-1, 1]; floor((y + 1) / 2 bins), the top edge in the last bin. int64, same shape."""
    if not np.all(np.isfinite(unit)):
        raise TokenError("a value is NaN or infinite: it has no token; leave such frames out of the data")
    clipped = np.clip(unit, -1.0, 1.0)
    return np.minimum(np.floor((clipped + 1) / 2 * bins), bins - 1).astype(np.int64)


def mu_law_ids(values: np.ndarray, codec: Codec = Codec()) -> np.ndarray:
    """SI values to continuous ids [textVocabulary, textVocabulary + bins)."""
    return to_bins(mu_law(values, codec.mu, codec.maximum), codec.bins) + codec.text_vocabulary


def linear_ids(unit: np.ndarray, codec: Codec = Codec()) -> np.ndarray:
    """Values of [-1, 1] to continuous ids."""
    return to_bins(np.asarray(unit, dtype=np.float64), codec.bins) + codec.text_vocabulary


def encode_state(
    spec: LayoutSpec, positions_rad: np.ndarray, velocities_rad_per_s: np.ndarray, efforts_nm: np.ndarray
) -> np.ndarray:
    """
    (F, J) rad, rad/s and Nm to int64 ids, shape (F, modalities * J): modalities in the spec's order,
    joints in the robot's. Modalities the spec leaves out are not looked at.
    """
    values = dict(zip(STATE_NAMES, (positions_rad, velocities_rad_per_s, efforts_nm)))
    columns = []
    for modality in spec.state:
        value = np.asarray(values[modality.name], dtype=np.float64)
        if value.ndim != 2 or value.shape[1] != spec.joints:
            raise TokenError(f'state "{modality.name}" has shape {value.shape}; expected (frames, {spec.joints})')
        if modality.codec == "linear":
            columns.append(linear_ids(to_unit(value, modality.low, modality.high), spec.codec))
        else:
            columns.append(mu_law_ids(value, spec.codec))
    return np.concatenate(columns, axis=1)


def patches(images: np.ndarray, patch_size: int = 16) -> np.ndarray:
    """
    uint8 RGB (F, H, W, 3) to float32 (F, H/size * W/size, size * size * 3): patches in raster order, inside
    a patch row, column, channel; values in [-0.25, 0.25].
    """
    if images.ndim != 4 or images.dtype != np.uint8:
        raise TokenError(f"images are {images.dtype} {images.shape}; expected uint8 (frames, height, width, 3)")
    frames, height, width, channels = images.shape
    if height % patch_size or width % patch_size:
        raise TokenError(f"images of {width}x{height} are not a whole multiple of the patch size {patch_size}")
    grid = images.reshape(frames, height // patch_size, patch_size, width // patch_size, patch_size, channels)
    return PIXEL_VALUES[grid.transpose(0, 1, 3, 2, 4, 5)].reshape(frames, -1, patch_size * patch_size * channels)


def _action_ranges(spec: LayoutSpec) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    low = np.array([action.low_rad for action in spec.actions])
    high = np.array([action.high_rad for action in spec.actions])
    is_delta = np.array([action.kind == "delta" for action in spec.actions])
    return low, high, is_delta


def action_units(spec: LayoutSpec, target_rad: np.ndarray, command_rad: np.ndarray) -> np.ndarray:
    """Targets (F, J) rad as values of the action range, [-1, 1] when reachable, not clipped."""
    low, high, is_delta = _action_ranges(spec)
    target = np.asarray(target_rad, dtype=np.float64)
    return to_unit(np.where(is_delta, target - np.asarray(command_rad, dtype=np.float64), target), low, high)


def encode_actions(spec: LayoutSpec, target_rad: np.ndarray, command_rad: np.ndarray) -> np.ndarray:
    """
    Targets to int64 ids (F, J). command_rad (F, J) is the last command sent before each decision
    (`commandRad` of its observation). Unreachable targets saturate: see count_action_clips.
    """
    return linear_ids(action_units(spec, target_rad, command_rad), spec.codec)


def count_action_clips(spec: LayoutSpec, target_rad: np.ndarray, command_rad: np.ndarray) -> np.ndarray:
    """How many targets per joint lie outside the action range and saturate, int64 (J)."""
    return np.sum(np.abs(action_units(spec, target_rad, command_rad)) > 1, axis=0)


def decode_actions(
    spec: LayoutSpec, ids: np.ndarray, command_rad: np.ndarray, measured_rad: np.ndarray
) -> np.ndarray:
    """Ids (F, J) to targets (F, J) rad: `delta` adds to the command, then the leash around the measured position."""
    low, high, is_delta = _action_ranges(spec)
    codec = spec.codec
    bins = np.asarray(ids, dtype=np.int64) - codec.text_vocabulary
    if np.any((bins < 0) | (bins >= codec.bins)):
        raise TokenError(f"an action id is outside [{codec.text_vocabulary}, {codec.separator_id})")
    # Compared in bins, not rad: exact at the edge of the dead band.
    coordinate = bins + (0.5 if codec.decode == "centre" else 0.0)
    values = low + coordinate / codec.bins * (high - low)
    zero_bin = -low / (high - low) * codec.bins
    at_rest = is_delta & (np.abs(coordinate - zero_bin) < codec.deadband_bins)
    target = np.where(is_delta, np.asarray(command_rad, dtype=np.float64) + np.where(at_rest, 0.0, values), values)
    measured = np.asarray(measured_rad, dtype=np.float64)
    return np.minimum(np.maximum(target, measured - spec.leash_rad), measured + spec.leash_rad)


@dataclass(frozen=True)
class Segment:
    """
    A run of positions of one control step.

    first_position counts positions of the step, first_token its tokens (one per word, patch, value,
    separator, action), first_in_frame within the array that holds the kind: text ids, patches, state ids.
    """

    kind: str
    name: str
    first_position: int
    positions: int
    tokens_per_position: int
    first_token: int
    first_in_frame: int

    @property
    def tokens(self) -> int:
        return self.positions * self.tokens_per_position


@dataclass(frozen=True)
class StepLayout:
    """
    The sequence of one control step: text, patches camera by camera, state, separator, actions.

    `exact` gives each state value a position. `packed` gives a modality one position, where the embeddings
    of its values are summed: a sum cannot tell joints apart by itself, so each value of a position needs
    its own table or projection.
    """

    segments: tuple[Segment, ...]
    text_tokens: int
    patches: int
    state_tokens: int
    # Separator included.
    observation_positions: int
    action_tokens: int
    positions_per_step: int
    tokens_per_step: int
    # (tokens_per_step): the position of each token.
    token_positions: np.ndarray
    # (positions_per_step): index of the local position table, NO_POSITION for actions.
    local_positions: np.ndarray
    # (patches, 2): rows and columns, [low, high) of 0..PATCH_POSITIONS; training draws from it.
    row_intervals: np.ndarray
    column_intervals: np.ndarray
    # (patches): the rounded mean of the interval; evaluation uses it.
    row_indices: np.ndarray
    column_indices: np.ndarray


def _round_half_up(values: np.ndarray) -> np.ndarray:
    return np.floor(values + 0.5).astype(np.int64)


def _patch_intervals(count: int) -> np.ndarray:
    edges = _round_half_up(np.arange(count + 1) / count * PATCH_POSITIONS)
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _interval_indices(intervals: np.ndarray) -> np.ndarray:
    return np.minimum(_round_half_up((intervals[:, 0] + intervals[:, 1]) / 2), PATCH_POSITIONS - 1)


def step_layout(spec: LayoutSpec) -> StepLayout:
    """The layout table of one control step; the twin of createLayout in src/tokens/layout.ts."""
    size, action_tokens = spec.patch_size, spec.action_tokens
    packed = spec.layout == "packed"
    rows = [("text", "instruction", spec.text_positions, 1)]
    rows += [("image", c.name, (c.height // size) * (c.width // size), 1) for c in spec.cameras]
    widths = [(m.name, spec.state_width(m)) for m in spec.state]
    rows += [("state", name, 1 if packed else width, width if packed else 1) for name, width in widths]
    rows += [("separator", "separator", 1, 1), ("action", "actions", action_tokens, 1)]

    segments: list[Segment] = []
    position = token = 0
    in_frame = {"text": 0, "image": 0, "state": 0, "separator": 0, "action": 0}
    for kind, name, positions, tokens_per_position in rows:
        segment = Segment(kind, name, position, positions, tokens_per_position, token, in_frame[kind])
        segments.append(segment)
        position += positions
        token += segment.tokens
        in_frame[kind] += segment.tokens

    local_positions = np.arange(position)
    local_positions[position - action_tokens :] = NO_POSITION
    row_intervals, column_intervals = [np.zeros((0, 2), dtype=np.int64)], [np.zeros((0, 2), dtype=np.int64)]
    for camera in spec.cameras:
        grid_rows, grid_columns = camera.height // size, camera.width // size
        row_intervals.append(np.repeat(_patch_intervals(grid_rows), grid_columns, axis=0))
        column_intervals.append(np.tile(_patch_intervals(grid_columns), (grid_rows, 1)))
    row_table, column_table = np.concatenate(row_intervals), np.concatenate(column_intervals)
    return StepLayout(
        segments=tuple(segments),
        text_tokens=in_frame["text"],
        patches=in_frame["image"],
        state_tokens=in_frame["state"],
        observation_positions=position - action_tokens,
        action_tokens=action_tokens,
        positions_per_step=position,
        tokens_per_step=token,
        token_positions=np.concatenate(
            [s.first_position + np.arange(s.tokens) // s.tokens_per_position for s in segments]
        ),
        local_positions=local_positions,
        row_intervals=row_table,
        column_intervals=column_table,
        row_indices=_interval_indices(row_table),
        column_indices=_interval_indices(column_table),
    )

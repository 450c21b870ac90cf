import pytest
import torch

from patch_warp import PatchWarp, patch_starts
from tokens import UNKNOWN_WORD
from word_noise import WordNoise

WORDS = ('', UNKNOWN_WORD, 'blue', 'cube', 'lift', 'the')
UNKNOWN, BLUE, CUBE, LIFT, THE = range(1, 6)


def noise(kept=('blue',), share=1.0):
    return WordNoise(WORDS, kept, share, torch.Generator().manual_seed(0))


def test_words_are_hidden_but_for_those_that_tell_things_apart():
    text = torch.tensor([LIFT, THE, BLUE, CUBE, 0]).expand(512, 2, 5)
    hidden = noise().hide(text)
    assert (hidden[:, 0] == hidden[:, 1]).all()
    assert (hidden[..., 2] == BLUE).all() and (hidden[..., 4] == 0).all()
    said = hidden[..., [0, 1, 3]]
    assert set(said.unique().tolist()) == {UNKNOWN, CUBE, LIFT, THE}
    # Half of them, of which one in three of the others replaces a word by itself.
    assert 0.35 < (said != text[..., [0, 1, 3]]).float().mean() < 0.5


def test_strange_words_are_put_between_the_others_which_stay_in_order():
    text = torch.tensor([[[LIFT, THE, BLUE, CUBE, 0, 0]], [[LIFT, THE, BLUE, CUBE, THE, BLUE]]]).repeat(128, 2, 1)
    longer = noise().add(text)
    assert (longer[:, 0] == longer[:, 1]).all()
    lengths = set()
    for before, after in zip(text[:, 0].tolist(), longer[:, 0].tolist()):
        rest = iter(row for row in after if row)
        assert all(row in rest for row in before if row)
        assert after.count(BLUE) == before.count(BLUE)
        lengths.add(sum(row > 0 for row in after))
    assert lengths == {4, 5, 6}


def test_hiding_words_needs_an_entry_for_them():
    with pytest.raises(ValueError, match='<unknown>'):
        WordNoise(('', 'lift'), (), 0.5, torch.Generator())


def pictures(batch=2, steps=2):
    """Two cameras of 64 x 64 and 32 x 64 pixels, as patches of 16."""
    grids = ((4, 4), (2, 4))
    patches = torch.randint(0, 256, (batch, steps, 24, 768), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    return patches, [PatchWarp(grid, 16, first) for grid, first in zip(grids, patch_starts(grids))]


def picture(patches, grid):
    """[rows, columns, 3] of the first sample and step."""
    rows, columns = grid
    return patches[0, 0].reshape(rows, columns, 16, 16, 3).permute(0, 2, 1, 3, 4).reshape(16 * rows, 16 * columns, 3)


def moved(warp, patches, right=0.0, down=0.0, turn=0.0, scale=1.0):
    one = torch.ones(len(patches))
    return warp(patches, torch.stack([right * one, down * one], 1), turn * one, scale * one)


def test_a_camera_that_does_not_move_shows_the_same():
    patches, warps = pictures()
    for warp, (first, last) in zip(warps, ((0, 16), (16, 24))):
        assert torch.allclose(moved(warp, patches), patches[:, :, first:last].float(), atol=0.01)


def test_a_shift_moves_the_picture_right_and_down_by_pixels():
    patches, (_, warp) = pictures()
    before = picture(patches[:, :, 16:].float(), (2, 4))
    after = picture(moved(warp, patches, right=3.0, down=2.0), (2, 4))
    assert torch.allclose(after[2:, 3:], before[:-2, :-3], atol=0.05)
    assert torch.allclose(after[:2, 3:], before[:1, :-3].expand(2, -1, -1), atol=0.05)


def test_a_quarter_turn_and_half_the_scale_are_what_they_say():
    patches, (warp, _) = pictures()
    before = picture(patches[:, :, :16].float(), (4, 4))
    turned = picture(moved(warp, patches, turn=torch.pi / 2), (4, 4))
    assert torch.allclose(turned, before.rot90(-1), atol=0.1) or torch.allclose(turned, before.rot90(1), atol=0.1)
    double = picture(moved(warp, patches, scale=2.0), (4, 4))
    # Twice as large: the middle half fills the picture.
    assert torch.allclose(double[1::2, 1::2][1:-1, 1:-1].mean(), before[16:48, 16:48].mean(), atol=4)

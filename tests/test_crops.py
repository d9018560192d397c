"""Crops of packed masks: what rle.pack and rle.unpack say of the whole image is the measure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truemask import rle
from truemask.crops import Crop, crop, pack


@st.composite
def masks(draw):
    height, width = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    mask = rng.random((height, width)) < draw(st.sampled_from([0.0, 0.02, 0.5, 0.98, 1.0]))
    top, left = rng.integers(0, height), rng.integers(0, width)
    if draw(st.booleans()):  # a thing with nothing around it
        mask[:top], mask[:, :left] = False, False
    return mask


@settings(deadline=None)  # the first call compiles
@given(masks(), st.integers(0, 5))
def test_a_crop_is_the_part_of_the_image_around_the_object(mask, margin_px):
    (code,) = rle.pack(mask[None])
    one = crop(code, mask.shape, margin_px)
    whole = np.zeros(mask.shape, dtype=np.uint8)
    height, width = one.mask.shape
    whole[one.top : one.top + height, one.left : one.left + width] = one.mask
    assert np.array_equal(whole.astype(bool), mask)
    if mask.any():
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert one.top == max(0, rows[0] - margin_px)
        assert one.left == max(0, columns[0] - margin_px)
        assert one.top + height == min(mask.shape[0], rows[-1] + 1 + margin_px)
        assert one.left + width == min(mask.shape[1], columns[-1] + 1 + margin_px)
    else:
        assert one.mask.shape == (0, 0)


@settings(deadline=None)  # the first call compiles
@given(masks(), st.integers(0, 5))
def test_packing_a_crop_gives_the_code_of_the_whole_image(mask, margin_px):
    (code,) = rle.pack(mask[None])
    assert pack(crop(code, mask.shape, margin_px)) == code


def test_a_large_photo_with_a_large_object():
    mask = np.zeros((3000, 4000), dtype=bool)
    mask[500:2500, 100:3900] = True
    mask[1000:1010, 200:300] = False
    (code,) = rle.pack(mask[None])
    assert pack(crop(code, mask.shape)) == code


@pytest.mark.parametrize("code", [b"", b"0", b"P", b"~~~~", b"11111"])
def test_a_code_of_another_image_is_refused(code):
    with pytest.raises(ValueError, match="does not fit an image of 5 x 7 px"):
        crop(code, (5, 7))


def test_an_object_without_pixels():
    one = Crop(np.zeros((0, 0), dtype=np.uint8), 0, 0, (5, 7))
    assert pack(one) == rle.pack(np.zeros((1, 5, 7), dtype=bool))[0]

"""Runs agree with packing and unpacking whole masks."""

import numpy as np
import pytest

from truemask import rle
from truemask.data.runs import fill, pack_values, sample

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("seed", range(5))
def test_packed_values_are_what_packing_each_mask_gives(seed):
    values = np.random.default_rng(seed).integers(0, 5, (13, 17)).astype(np.uint16) * 1000
    found, codes = pack_values(values)
    np.testing.assert_array_equal(found, [1000, 2000, 3000, 4000])
    assert codes == rle.pack(np.stack([values == value for value in found]))


def test_an_empty_map_has_no_values():
    found, codes = pack_values(np.zeros((3, 4), dtype=np.uint8))
    assert (len(found), codes) == (0, ())


def test_one_value_everywhere():
    found, codes = pack_values(np.full((3, 4), 65535, dtype=np.uint16))
    assert found.tolist() == [65535]
    assert codes == rle.pack(np.ones((1, 3, 4), dtype=bool))


def test_later_masks_cover_earlier_ones():
    masks = RNG.random((6, 11, 9)) < 0.3
    masks[3] = False
    expected = np.full((11, 9), 7, dtype=np.int64)
    for value, mask in enumerate(masks, start=20):
        expected[mask] = value
    target = np.full((11, 9), 7, dtype=np.int64)
    fill(target, rle.pack(masks), np.arange(20, 26))
    np.testing.assert_array_equal(target, expected)


def test_filling_with_nothing_changes_nothing():
    target = np.ones((2, 3), dtype=np.uint8)
    fill(target, (), np.zeros(0, dtype=np.uint8))
    assert (target == 1).all()


def test_packing_and_filling_are_inverse():
    values = RNG.integers(0, 300, (40, 30)).astype(np.uint16)
    found, codes = pack_values(values)
    target = np.zeros_like(values)
    fill(target, codes, found)
    np.testing.assert_array_equal(target, values)


@pytest.mark.parametrize("seed", range(5))
def test_sampling_packed_masks_is_sampling_their_pixels(seed):
    rng = np.random.default_rng(seed)
    masks = rng.random((7, 23, 19)) < rng.random((7, 1, 1))
    masks[0], masks[1] = False, True
    rows = np.flatnonzero(rng.random(23) < 0.4)
    columns = np.flatnonzero(rng.random(19) < 0.4)
    sampled = sample(rle.pack(masks), (23, 19), rows, columns)
    assert sampled == rle.pack(masks[:, rows][:, :, columns])

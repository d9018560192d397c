"""Overlaps of packed masks are those of their planes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truemask import rle
from truemask.audit.instances.overlaps import iou, overlaps


@given(st.integers(0, 2**32 - 1), st.integers(0, 4), st.integers(0, 4))
def test_shared_pixels_are_counted_exactly(seed, given, predicted):
    rng = np.random.default_rng(seed)
    size = (int(rng.integers(1, 9)), int(rng.integers(1, 9)))
    planes = rng.random((given + predicted, *size)) < rng.random()
    codes = rle.pack(planes)
    made = overlaps(codes[:given], codes[given:], size)
    flat = planes.reshape(len(planes), size[0] * size[1]).astype(np.int64)
    both = flat @ flat.T
    np.testing.assert_array_equal(made.given, both[:given, :given])
    np.testing.assert_array_equal(made.predicted, both[given:, given:])
    np.testing.assert_array_equal(made.across, both[:given, given:])
    np.testing.assert_array_equal(made.given_px, flat[:given].sum(axis=1))


def test_iou_of_empty_masks_is_zero():
    none = np.zeros((1, 1), np.int64)
    assert iou(none, np.zeros(1, np.int64), np.zeros(1, np.int64)).tolist() == [[0]]
    assert iou(np.array([[2]]), np.array([3]), np.array([4])).tolist() == [[0.4]]


def test_what_is_no_code_is_named():
    (code,) = rle.pack(np.ones((1, 4, 4), bool))
    with pytest.raises(ValueError, match="mask 1 is no run-length code"):
        overlaps([code], [b"\x7f\x7f"], (4, 4))
    with pytest.raises(ValueError, match="mask 0 is no run-length code of an image of 4 x 5 px"):
        overlaps([code], [], (4, 5))

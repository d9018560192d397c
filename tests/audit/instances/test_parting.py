"""A merged outline is cut up between its objects, and nothing of it is lost."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from truemask import rle
from truemask.audit.instances.parting import parted

SIZE = (20, 30)


def code_of(*boxes):
    plane = np.zeros(SIZE, bool)
    for top, left, bottom, right in boxes:
        plane[top:bottom, left:right] = True
    return rle.pack(plane[None])[0]


def test_a_gap_goes_to_the_closer_part():
    merged = code_of((5, 5, 15, 25))
    one, other = rle.unpack(parted(merged, [code_of((5, 5, 15, 13)), code_of((5, 17, 15, 25))], SIZE), SIZE)
    np.testing.assert_array_equal(one, rle.unpack([code_of((5, 5, 15, 15))], SIZE)[0])
    np.testing.assert_array_equal(other, rle.unpack([code_of((5, 15, 15, 25))], SIZE)[0])


def test_parts_may_reach_out_of_what_was_given():
    merged = code_of((5, 5, 15, 25))
    pieces = rle.unpack(parted(merged, [code_of((0, 0, 20, 10)), code_of((2, 20, 18, 30))], SIZE), SIZE)
    np.testing.assert_array_equal(pieces.any(axis=0), rle.unpack([merged], SIZE)[0])
    assert pieces[0][:, :10].sum() == 50
    assert pieces[1][:, 20:].sum() == 50


def test_a_part_that_takes_nothing_keeps_its_own_mask():
    part = code_of((5, 5, 15, 25))
    assert parted(part, [part, part], SIZE) == (part, part)


def test_a_part_far_below_and_to_the_right_takes_nothing():
    merged, near, far = code_of((0, 1, 2, 4)), code_of((0, 0, 3, 3)), code_of((11, 11, 14, 17))
    assert parted(merged, [near, far], SIZE) == (merged, far)


@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_pieces_are_disjoint_and_make_up_the_whole(seed, count):
    rng = np.random.default_rng(seed)
    planes = np.zeros((count + 1, *SIZE), bool)
    for plane in planes:
        top, left = rng.integers(0, 15, 2)
        plane[top : top + rng.integers(1, 15), left : left + rng.integers(1, 15)] = True
    whole, *parts = rle.pack(planes)
    pieces = rle.unpack(parted(whole, parts, SIZE), SIZE)
    inside = np.array(
        [piece for piece, part in zip(pieces, planes[1:], strict=True) if (piece != part).any()]
    )
    if len(inside) == count:
        np.testing.assert_array_equal(pieces.sum(axis=0), planes[0])
    assert (pieces.any(axis=0) >= planes[0]).all()

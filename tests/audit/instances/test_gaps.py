"""Gaps in given masks: from the codes alone, as by unpacking and filling them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from object_toys import SIZE, TILES, TRUE, given_of, predicted_of, world
from scipy.ndimage import binary_fill_holes

from truemask import rle
from truemask.audit.instances import audit_instances
from truemask.audit.instances.gaps import enclosed_px, gap

FIRST = TRUE[0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9), st.floats(0.1, 0.95))
def test_holes_are_those_that_filling_finds(seed, height, width, density):
    masks = np.random.default_rng(seed).random((5, height, width)) < density
    wanted = [int((binary_fill_holes(mask) & ~mask).sum()) for mask in masks]
    assert enclosed_px(rle.pack(masks), (height, width)).tolist() == wanted


def test_no_masks_have_no_holes():
    assert enclosed_px((), SIZE).tolist() == []


def ring(hole=(10, 10, 12, 11), box=(4, 4, 24, 24)):
    plane = np.zeros(SIZE, bool)
    plane[box[0] : box[2], box[1] : box[3]] = True
    plane[hole[0] : hole[2], hole[1] : hole[3]] = False
    return plane


def test_another_object_inside_is_no_gap():
    inner = np.zeros(SIZE, bool)
    inner[10:12, 10:11] = True
    codes = rle.pack(np.array([ring(), inner]))
    assert enclosed_px(codes, SIZE).tolist() == [2, 0]
    assert gap(0, codes, None, SIZE).area_px == 0
    assert gap(0, codes[:1], None, SIZE).area_px == 2


@pytest.mark.parametrize("box", [(4, 4, 24, 24), (0, 0, 60, 80)])
def test_the_shape_is_the_mask_without_its_gap(box):
    plane = ring(box=box)
    half = plane.copy()
    half[10, 10] = True
    found = gap(0, rle.pack(plane[None]), rle.pack(half[None])[0], SIZE)
    assert (found.area_px, found.agreed) == (2, 0.5)
    assert rle.unpack([found.shape], SIZE)[0].sum() == plane.sum() + 2


def holed(images, predicted_too):
    """The first object of the first `images` images has a hole of one pixel; in predictions, too, or not."""
    things = [*TRUE[1:]]
    seen = world()
    for row in range(images):
        thing = FIRST.__class__(FIRST.label, FIRST.box, 0.95, 10 * row, hole=(10, 10, 11, 11))
        said = thing if predicted_too else FIRST
        mine = [
            thing,
            *(
                other.__class__(other.label, other.box, 0.9, 10 * row + 1 + place)
                for place, other in enumerate(things)
            ),
        ]
        seen[row] = seen[row].__class__(seen[row].key, given_of(mine), predicted_of([said, *things]))
    return seen


def test_a_hole_of_one_pixel_is_found():
    (row,) = audit_instances(holed(1, False), TILES).findings.to_pylist()
    assert (row["image"], row["kind"], row["objects"], row["action"]) == ("image00", "hole", [0], "redraw")
    assert rle.unpack(row["shapes"], SIZE)[0].tolist() == FIRST.mask().tolist()
    assert row["score"] > 0.9


def test_what_the_network_leaves_out_too_is_no_hole():
    assert len(audit_instances(holed(1, True), TILES).findings) == 0


def test_a_hole_that_most_of_a_class_have_is_meant():
    # 12 of the 24 boxes; with tiles counted in a little, more likely an error than not by a hair.
    scores = audit_instances(holed(12, False), TILES).findings["score"].to_pylist()
    assert all(score < 0.6 for score in scores)


def test_an_outline_that_ends_before_the_gap_says_nothing_of_it():
    plane = ring()
    off = plane.copy()
    off[:13] = False
    assert gap(0, rle.pack(plane[None]), rle.pack(off[None])[0], SIZE).agreed == 0

"""Polygons: an outline on pixel edges is the mask again, and what is lost is measured, not assumed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as pycoco

from truemask import rle
from truemask.data import ArrayDataset, Splits
from truemask.data.formats import polygons
from truemask.types import BadInput, Instances, Problem, Task

MASKS = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(lambda size: arrays(bool, size))


def packed(mask):
    return rle.pack(mask[None])[0], mask.shape


def drawn(*rows):
    return np.array([[letter == "#" for letter in row] for row in rows])


def even_odd(rings, size):
    """Pixel centres enclosed by an odd number of rings: a ray to the left, edge by edge."""
    ys, xs = np.mgrid[: size[0], : size[1]] + 0.5
    inside = np.zeros(size, dtype=bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if x0 == x1:
                inside ^= (xs > x0) & (ys > min(y0, y1)) & (ys < max(y0, y1))
    return inside


def area(ring):
    x, y = ring.T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def test_a_pixel_is_the_square_around_it():
    mask = drawn("...", "..#")
    assert polygons.rings(*packed(mask))[0].tolist() == [[2, 1], [3, 1], [3, 2], [2, 2]]


def test_a_hole_runs_the_other_way():
    outer, hole = polygons.rings(*packed(drawn("###", "#.#", "###")))
    assert outer.tolist() == [[0, 0], [3, 0], [3, 3], [0, 3]]
    assert hole.tolist() == [[1, 1], [1, 2], [2, 2], [2, 1]]
    assert (area(outer), area(hole)) == (9, -1)


def test_pixels_that_touch_at_a_corner_have_rings_of_their_own():
    for mask in (drawn("#.", ".#"), drawn(".#", "#.")):
        assert [area(ring) for ring in polygons.rings(*packed(mask))] == [1, 1]


def test_nothing_has_no_ring():
    code, size = packed(np.zeros((3, 4), dtype=bool))
    assert polygons.rings(code, size) == []
    assert polygons.outline(code, size).shape == (0, 2)


@given(MASKS)
@settings(max_examples=200, deadline=None)
def test_rings_filled_even_odd_are_the_mask(mask):
    rings = polygons.rings(*packed(mask))
    np.testing.assert_array_equal(even_odd(rings, mask.shape), mask)
    assert sum(area(ring) for ring in rings) == mask.sum()


@given(MASKS)
@settings(max_examples=200, deadline=None)
def test_one_outline_filled_as_pycocotools_fills_it_is_the_mask(mask):
    outline = polygons.outline(*packed(mask))
    if mask.any():
        ring = outline.ravel().astype(float).tolist()
        assert pycoco.frPyObjects([ring], *mask.shape)[0]["counts"] == packed(mask)[0]
        assert polygons.polygon_iou(*packed(mask)) == 1


def test_a_further_ring_hangs_on_the_nearest_corner():
    mask = np.zeros((5, 20), dtype=bool)
    mask[0:2, 0:10] = True
    mask[3, 9] = True
    outline = polygons.outline(*packed(mask)).tolist()
    assert outline == [
        [0, 0], [10, 0], [10, 2], [9, 3], [10, 3], [10, 4], [9, 4], [9, 3], [10, 2], [0, 2]
    ]  # fmt: skip


def test_the_loss_is_measured(monkeypatch):
    masks = np.zeros((3, 8, 8), dtype=bool)
    masks[0, 1:5, 1:5] = True
    masks[1, 0:2, 0:4] = True
    codes = rle.pack(masks)
    objects = Instances(
        size=(8, 8),
        classes=np.ones(3, dtype=np.uint8),
        masks=codes,
        boxes=rle.boxes(codes, (8, 8)),
        ids=np.array([10, 11, 12]),
        crowd=np.zeros(3, dtype=bool),
    )
    problem = Problem(Task.INSTANCE, ("background", "a"), background=0)
    image = np.zeros((1, 8, 8, 3), dtype=np.uint8)
    data = ArrayDataset("made", "all", problem, ["x"], image, [objects])
    source = Splits("made", "embedded", {"all": data})
    assert polygons.polygon_loss(source) == polygons.Loss(1.0, 1.0, "x#10", 2)

    exact = polygons.outline
    monkeypatch.setattr(polygons, "outline", lambda code, size: np.minimum(exact(code, size), 3))
    lossy = polygons.polygon_loss(source)
    # The first loses all but 2 x 2 of 4 x 4, the second all but 2 x 3 of 2 x 4.
    assert (lossy.mean_iou, lossy.worst_iou, lossy.worst_key) == ((4 / 16 + 6 / 8) / 2, 4 / 16, "x#10")


def test_no_object_is_no_loss():
    problem = Problem(Task.INSTANCE, ("background", "a"), background=0)
    data = ArrayDataset("made", "all", problem, [], np.zeros((0, 8, 8, 3), dtype=np.uint8), [])
    assert polygons.polygon_loss(Splits("made", "embedded", {"all": data})) == polygons.Loss(1.0, 1.0, "", 0)


@pytest.mark.parametrize(
    ("points", "complaint"),
    [
        ([[0, 0], [1, 1]], "3 points or more, this one 2"),
        ([[0, 0], [1, 1], [np.nan, 2]], "numbers of pixels"),
        ([[0, 0], [1, 1], [2e6, 2]], "numbers of pixels"),
        ([[0, 0], [9e5, 1], [0, 0]], "outline is 1800000 px long"),
    ],
)
def test_a_wild_polygon_is_refused(points, complaint):
    with pytest.raises(BadInput, match=complaint):
        polygons.pack_ring(np.array(points, dtype=np.float64), (10, 10))


def test_a_union_has_the_pixels_of_all():
    masks = np.zeros((2, 4, 5), dtype=bool)
    masks[0, :2], masks[1, 1:3] = True, True
    codes = rle.pack(masks)
    assert polygons.union(codes, (4, 5)) == rle.pack(masks.any(axis=0)[None])[0]
    assert polygons.union(codes[:1], (4, 5)) == codes[0]

"""How far off outlines are, from findings."""

import numpy as np
import pytest

from truemask import rle
from truemask.audit.calibration.outline_sizes import MEASURED, sizes_px

SIZE = (40, 40)


def square(top, left, side):
    mask = np.zeros(SIZE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def finding(level, kind, about, there, score=0.5):
    codes = [rle.pack(mask[None])[0] for mask in (about, *there)]
    return {
        "level": level,
        "kind": kind,
        "score": score,
        "rle": codes[0],
        "shapes": codes[1:],
        "height": SIZE[0],
        "width": SIZE[1],
        "area_px": int(about.sum()),
    }


SMALL, LARGE, MOVED = square(14, 14, 10), square(11, 11, 16), square(17, 18, 10)
HOLED = LARGE & ~square(14, 14, 6)
INSTANCES = {
    "shifted": (SMALL, MOVED, 5.0),
    "boundary_over": (LARGE, SMALL, 156 / 36),  # pixels between them by those of the smaller one's rim
    "boundary_under": (SMALL, LARGE, 156 / 36),
    "hole": (HOLED, LARGE, (36 / np.pi) ** 0.5),
}


@pytest.mark.parametrize("kind", MEASURED)
def test_of_objects_the_given_shape_is_compared_with_the_proposed_one(kind):
    given, proposed, wanted = INSTANCES[kind]
    rows = [finding("instance", kind, given, [proposed])]
    assert sizes_px(rows, kind).tolist() == [pytest.approx(wanted)]


@pytest.mark.parametrize("kind", MEASURED)
def test_of_segments_what_changes_is_known(kind):
    given, proposed, wanted = INSTANCES[kind]
    shapes = [] if kind == "hole" else [proposed]
    assert sizes_px([finding("segment", kind, given ^ proposed, shapes)], kind).tolist() == [
        pytest.approx(wanted)
    ]


def test_the_more_suspect_half_counts_and_what_proposes_no_shape_does_not():
    near, far = square(14, 15, 10), square(14, 20, 10)
    rows = [
        finding("instance", "shifted", SMALL, [near], 0.9),
        finding("instance", "shifted", SMALL, [far], 0.2),
        finding("instance", "shifted", SMALL, [], 1.0),
        finding("instance", "boundary_over", LARGE, [SMALL], 1.0),
    ]
    assert sizes_px(rows, "shifted").tolist() == [1.0]
    assert sizes_px([], "shifted").tolist() == []

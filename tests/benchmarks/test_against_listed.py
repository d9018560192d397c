"""Findings are matched to listed errors by place and kind, each error once."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.against_listed import granted, image_scores, once, scores
from benchmarks.listed_errors import Listed

from truemask import rle

SIZE = (40, 40)


def code(top: int, left: int, side: int = 10) -> bytes:
    plane = np.zeros(SIZE, bool)
    plane[top : top + side, left : left + side] = True
    return rle.pack(plane[None])[0]


def finding(kind: str, at: bytes, image: str = "a") -> dict[str, object]:
    return {"image": image, "kind": kind, "rle": at, "height": SIZE[0], "width": SIZE[1]}


HOLED, GONE, WRONG = code(0, 0), code(0, 20), code(20, 0)
ERRORS = [Listed("a", "hole", HOLED), Listed("a", "missing", GONE), Listed("b", "swapped", WRONG)]


def test_a_finding_is_about_an_error_at_its_place_in_its_image():
    rows = [
        finding("hole", HOLED),
        finding("missing", code(1, 21)),  # an IoU of 0.68
        finding("missing", code(4, 24)),  # of 0.22
        finding("swapped", WRONG),  # in the other image
        finding("swapped", WRONG, "b"),
    ]
    assert granted(rows, ERRORS) == [0, 1, -1, -1, 2]


def test_an_error_makes_one_finding_right():
    rows = [finding("missing", code(1, 20)), finding("missing", GONE)]
    assert granted(rows, ERRORS) == [1, -1]


def test_a_place_is_looked_at_once():
    rows = [finding("hole", HOLED), finding("swapped", HOLED), finding("swapped", HOLED, "b")]
    assert once(rows) == [rows[0], rows[2]]


def test_average_precision_is_by_kind():
    rows = [
        finding("spurious", code(20, 20)),  # nothing is wrong there
        finding("hole", HOLED),
        finding("spurious", GONE),  # the place of an error, another kind
        finding("swapped", WRONG, "b"),
    ]
    values = scores(rows, ERRORS)
    assert values["AP"] == pytest.approx((1 / 2 + 2 / 3 + 3 / 4) / 3)
    assert values["P@20"] == 3 / 20
    assert values["recall"] == 1
    assert (values["AP hole"], values["AP swapped"], values["AP missing"]) == (1, 1, 0)
    assert math.isnan(values["AP merged"])
    assert (values["recall hole"], values["recall missing"]) == (1, 0)


def test_without_findings_nothing_is_found():
    values = scores([], ERRORS)
    assert (values["AP"], values["recall"], values["P@50"]) == (0, 0, 0)


def test_bad_images_first_is_perfect():
    badness = {f"{number:02}": -number for number in range(20)}
    best = image_scores(badness, {"00", "01"})
    assert (best["image AP"], best["lift@10 %"]) == (1, 10)
    worst = image_scores(badness, {"18", "19"})
    assert worst["image AP"] == pytest.approx((1 / 19 + 2 / 20) / 2)
    assert worst["lift@10 %"] == 0

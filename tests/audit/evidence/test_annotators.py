"""Annotators judged by each other: agreement, intervals and ranks, against a truth that they do not know."""

import numpy as np
import pytest

from truemask.audit.evidence.annotators import annotator_quality, overlap, rank_correlation
from truemask.types import IGNORE, BadInput, Problem, Task

CELL = Problem(Task.SEMANTIC, ("background", "cell"), background=0)


def crowd(rates, images=30, leave_out=None):
    """Squares, and annotators who each flip pixels at a rate of their own."""
    rng = np.random.default_rng(0)
    for number in range(images):
        truth = np.zeros((24, 24), np.uint8)
        top, left = rng.integers(2, 10, 2)
        truth[top : top + 12, left : left + 12] = 1
        maps = {
            name: truth ^ (rng.random(truth.shape) < rate).astype(np.uint8) for name, rate in rates.items()
        }
        if leave_out is not None and number % 2:
            del maps[leave_out]
        yield f"{number:02d}", maps


RATES = {"d": 0.25, "a": 0.02, "c": 0.15, "b": 0.06, "e": 0.1}


def test_staple_finds_the_worst():
    """On small images with few disputed pixels it finds no more: who is good is not told apart."""
    found = annotator_quality(crowd(RATES), CELL, how="staple", draws=200)
    assert [one.name for one in found[-2:]] == ["c", "d"]


def test_the_ranking_is_the_true_one():
    found = annotator_quality(crowd(RATES), CELL, draws=200)
    assert [one.name for one in found] == ["a", "b", "e", "c", "d"]
    assert [one.rank for one in found] == [1, 2, 3, 4, 5]
    for one in found:
        assert one.low <= one.agreement <= one.high
        assert one.best_rank <= one.rank <= one.worst_rank
        assert one.images == 30


def test_who_labelled_half_is_judged_by_that_half():
    found = {one.name: one for one in annotator_quality(crowd(RATES, leave_out="a"), CELL, draws=200)}
    assert found["a"].images == 15
    assert found["b"].images == 30
    assert found["a"].rank == 1


def test_equals_share_a_wide_interval_of_ranks():
    same = dict.fromkeys("abcd", 0.1)
    found = annotator_quality(crowd(same), CELL, draws=400)
    assert min(one.best_rank for one in found) == 1
    assert max(one.worst_rank for one in found) == 4


def test_overlap_by_hand():
    mine = np.array([[1, 1, 0, 0]], np.uint8)
    assert overlap(mine, np.array([[1, 0, 0, 0]], np.uint8), CELL) == 0.5
    assert overlap(mine, np.array([[1, IGNORE, 0, IGNORE]], np.uint8), CELL) == 1
    assert overlap(np.zeros_like(mine), np.zeros_like(mine), CELL) == 1
    assert np.isnan(overlap(mine, np.full_like(mine, IGNORE), CELL))


def test_the_same_call_says_the_same():
    assert annotator_quality(crowd(RATES), CELL, draws=50) == annotator_quality(crowd(RATES), CELL, draws=50)


def test_nobody_to_compare_with_or_maps_that_do_not_fit():
    alone = [("x", {"a": np.zeros((2, 2), np.uint8)})]
    with pytest.raises(BadInput, match="no image was labelled by two"):
        annotator_quality(alone, CELL)
    odd = [
        (
            "x",
            {
                "a": np.zeros((2, 2), np.uint8),
                "b": np.zeros((2, 3), np.uint8),
                "c": np.zeros((2, 2), np.uint8),
            },
        )
    ]
    with pytest.raises(BadInput, match="image 'x': maps of one image"):
        annotator_quality(odd, CELL)


def test_rank_correlation_by_hand():
    assert rank_correlation([0.1, 0.2, 0.3], [5.0, 6.0, 9.0]) == pytest.approx(1)
    assert rank_correlation([0.3, 0.2, 0.1], [5.0, 6.0, 9.0]) == pytest.approx(-1)
    assert np.isnan(rank_correlation([0.5, 0.5], [1.0, 2.0]))

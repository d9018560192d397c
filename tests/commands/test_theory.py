"""Lemmas and theorems of Luo et al., AAAI 2022, arXiv:2103.11594, as the command puts them to the test."""

import numpy as np
import pytest

from truemask.commands.label_budgets import Trained, compare, rank_correlation
from truemask.commands.theory import lemma_1, lemma_2, theorem_1, theorem_2
from truemask.types import BadInput


def test_lemma_1_holds_for_pixel_noise_alone():
    z = {spec: float(text) for spec, text, _ in lemma_1(0)}
    assert all(value == pytest.approx(1, abs=0.2) for spec, value in z.items() if "flip" in spec)
    assert min(z[spec] for spec in ("dilate:2", "erode:4", "skeleton")) > 2


def test_lemma_2_fails_where_rows_differ_at_a_lower_rank():
    assert [row[1:] for row in lemma_2(0)] == [
        ("3", "3", "3"),
        ("2", "2", "2"),
        ("2", "3", "3"),
        ("1", "1", "1"),
    ]


def test_theorem_1_holds_for_each_kind_of_bias():
    change = {spec: float(text) for spec, _, _, text in theorem_1(0)}
    for kind in ("dilate", "erode"):
        of_kind = [change[f"{kind}:{px}"] for px in (1, 2, 4, 8)]
        assert of_kind == sorted(of_kind)
    assert change["skeleton"] > change["erode:8"]


def test_theorem_2_needs_labels_enough():
    rows = {rate: [float(text.rstrip("%")) for text in right] for rate, _, *right in theorem_2(0)}
    assert rows["10%"][0] > 98
    assert rows["49%"][0] < 80
    assert rows["49%"][1] > 90


def runs(looks, sizes=(2, 8, 32, 128), rates=(0.0, 0.2, 0.3, 0.4)):
    """Runs that do exactly what the budget says."""
    made = []
    for rate in rates:
        for images in sizes:
            pixels = np.array([700.0, 300.0]) * images
            good = Trained(rate, images, pixels, 0.0, 1).budget(looks).enough
            made.append(Trained(rate, images, pixels, 0.8 if good else 0.4, 1))
    return made


def test_a_comparison_finds_the_looks_and_where_it_is_wrong():
    made = runs(looks=1000)
    found = compare(made)
    assert found.enough == pytest.approx(0.72)
    assert 300 < found.looks < 3500
    assert sum(found.right(run) for run in found.judged) >= 11
    made[1] = Trained(0.0, 8, made[1].pixels, 0.1, 1)
    worse = compare(made)
    assert [run for run in worse.judged if not worse.right(run)] == [made[1]]


def test_a_fit_needs_success_and_failure():
    with pytest.raises(BadInput, match="needs both"):
        compare(runs(looks=1e-9))
    with pytest.raises(BadInput, match="clean labels"):
        compare(runs(looks=1000, rates=(0.3,)))


def test_rank_correlation():
    assert rank_correlation([1, 2, 3], [10, 20, 90]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [9, 5, 5]) == pytest.approx(-np.sqrt(0.75))
    assert np.isnan(rank_correlation([1, 1], [1, 2]))

"""What benchmarks say of an audit of images' classes, where the answer is known by hand."""

import numpy as np
import pytest
from benchmarks.class_audits import Verdict
from benchmarks.class_scores import apart, confusion, flags, held, joint_of, scores

GIVEN = np.array([0, 0, 0, 1, 1, 1, 1, 0])
TRUE = np.array([0, 0, 1, 1, 1, 1, 1, 1])


def test_the_joint_has_given_classes_in_rows_and_true_ones_in_columns():
    np.testing.assert_allclose(joint_of(GIVEN, TRUE, 3), [[0.25, 0.25, 0], [0, 0.5, 0], [0, 0, 0]])


def test_confusion_is_by_true_class_and_even_where_no_label_is_true():
    chances = confusion(joint_of(GIVEN, TRUE, 3))
    np.testing.assert_allclose(chances, [[1, 0, 0], [1 / 3, 2 / 3, 0], [1 / 3, 1 / 3, 1 / 3]])


def test_distributions_without_overlap_are_one_apart():
    assert apart(np.array([1.0, 0]), np.array([0.0, 1])) == 1
    assert apart(np.array([0.7, 0.3]), np.array([0.5, 0.5])) == pytest.approx(0.2)


def test_flags_are_counted_against_the_wrong_labels():
    wrong = GIVEN != TRUE
    assert flags(wrong | (np.arange(8) == 0), wrong) == {"flagged": 3, "precision": 2 / 3, "recall": 1.0}
    assert flags(np.zeros(8, bool), wrong) == {"flagged": 0, "precision": None, "recall": 0.0}


def test_a_perfect_audit_has_perfect_scores():
    wrong = GIVEN != TRUE
    joint = joint_of(GIVEN, TRUE, 2)
    row = scores(
        Verdict("x", "y", wrong * 1.0, wrong, (0.25, float("nan"), float("nan")), joint), GIVEN, TRUE
    )
    assert (row["AUROC"], row["AP"], row["precision"], row["recall"]) == (1, 1, 1, 1)
    assert (row["wrong"], row["said wrong"], row["from"], row["to"]) == (0.25, 0.25, None, None)
    assert (row["joint off by"], row["confusion off by"]) == (0, 0)


def test_an_estimate_off_by_one_label_is_off_by_its_share():
    wrong = GIVEN != TRUE
    other = joint_of(GIVEN, np.array([0, 0, 0, 1, 1, 1, 1, 1]), 2)
    row = scores(Verdict("x", "y", wrong * 1.0, wrong, (0.125, 0.1, 0.2), other), GIVEN, TRUE)
    assert row["joint off by"] == pytest.approx(1 / 8)
    # Of true class 1 a third is given as 0; said is a fifth. Class 0 is right. Mean over the two.
    assert row["confusion off by"] == pytest.approx((1 / 3 - 1 / 5) / 2)


def test_an_interval_holds_its_ends():
    assert held((0.1, 0.05, 0.2), 0.2).endswith("0.200 are: within")
    assert held((0.1, 0.05, 0.2), 0.21).endswith("0.210 are: outside")

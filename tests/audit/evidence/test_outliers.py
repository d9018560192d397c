"""Neighbours among features: wrong labels and strays among clusters that are known."""

import numpy as np
import pytest

from truemask.audit.evidence.outliers import neighbours, outlier_findings
from truemask.types import IGNORE, BadInput, Problem, Task

PROBLEM = Problem(Task.CLASSIFICATION, ("a", "b", "c"))


def clusters(each=40, seed=0):
    rng = np.random.default_rng(seed)
    centres = np.eye(3, 8, dtype=np.float32) * 5
    classes = np.repeat(np.arange(3, dtype=np.uint8), each)
    return (centres[classes] + rng.normal(0, 0.3, (3 * each, 8))).astype(np.float32), classes


def test_labels_that_neighbours_do_not_share_are_found_with_the_right_class():
    features, truth = clusters()
    given = truth.copy()
    given[[3, 50, 100]] = [1, 2, 0]
    found = neighbours(features, given)
    keys = [str(row) for row in range(len(given))]
    swapped = [one for one in outlier_findings(keys, given, found, PROBLEM) if one.kind == "swapped"]
    assert [(one.image, one.given, one.proposed) for one in swapped] == [
        ("3", 1, 0),
        ("50", 2, 1),
        ("100", 0, 2),
    ]
    assert min(one.score for one in swapped) > 0.7
    assert {one.action for one in swapped} == {"relabel"}


def test_a_stray_has_the_largest_outlier_factor_and_distance():
    features, given = clusters()
    features[7] = -features[7]
    found = neighbours(features, given)
    assert int(np.nanargmax(found.outlying)) == int(np.nanargmax(found.distance)) == 7
    alone = outlier_findings([str(row) for row in range(len(given))], given, found, PROBLEM)
    assert "7" in [one.image for one in alone]
    assert np.nanmedian(found.distance) == pytest.approx(1, abs=0.05)


def test_clean_clusters_give_no_findings():
    features, given = clusters()
    assert (
        outlier_findings([str(row) for row in range(len(given))], given, neighbours(features, given), PROBLEM)
        == []
    )


def test_too_few_neighbours_or_no_label_say_nothing():
    features, given = clusters(each=5)
    given[0] = IGNORE
    found = neighbours(features, given)
    assert np.isnan(found.outlying).all()
    assert np.isnan(found.others[0])
    assert outlier_findings([str(row) for row in range(len(given))], given, found, PROBLEM) == []
    few = neighbours(features[:3], given[:3])
    assert np.isnan(few.others).all()


def test_features_must_be_numbers():
    features, given = clusters()
    features[0, 0] = np.nan
    with pytest.raises(BadInput, match="must be numbers"):
        neighbours(features, given)

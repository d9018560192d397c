"""The numbers that findings rest on: what claims are worth, and which outlines are astray."""

import numpy as np
import pytest

from truemask.audit.instances.claims import weigh
from truemask.audit.instances.scatter import astray


def claims_of(confidences, confirmed, classes=None, counted=None):
    n = len(confidences)
    return weigh(
        np.ones(n, np.uint8) if classes is None else np.array(classes, np.uint8),
        np.array(confidences, np.float64),
        np.array(confirmed, bool),
        np.ones(n, bool) if counted is None else np.array(counted, bool),
    )


def drawn(rng, n, missing):
    """Claims that are right as often as they say, of which labels lack a share."""
    confidences = rng.uniform(0, 1, n)
    right = rng.random(n) < confidences
    return confidences, right, right & (rng.random(n) >= missing)


def test_the_estimate_of_wrong_labels_is_calibrated():
    confidences, right, confirmed = drawn(np.random.default_rng(0), 20_000, 0.2)
    said = claims_of(confidences, confirmed).wrong_label()
    for low, high in ((0.1, 0.3), (0.3, 0.6), (0.6, 0.9)):
        mine = ~confirmed & (said >= low) & (said < high)
        assert mine.sum() > 200
        # Shares of more than 200 draws: three standard errors are 0.1.
        assert abs(said[mine].mean() - right[mine].mean()) < 0.1


def test_confidence_on_another_scale_finds_the_same():
    confidences, _, confirmed = drawn(np.random.default_rng(1), 2000, 0.2)
    one, other = (claims_of(c, confirmed).wrong_label() for c in (confidences, 0.6 + 0.1 * confidences**3))
    np.testing.assert_allclose(one, other, atol=1e-9)


def test_labels_that_confirm_every_sure_claim_are_believed():
    confidences, right, _ = drawn(np.random.default_rng(2), 2000, 0.0)
    said = claims_of(confidences, right).wrong_label()
    assert said[~right & (confidences < 0.5)].max() < 0.05


def test_a_network_that_labels_contradict_is_not_believed():
    rng = np.random.default_rng(3)
    said = claims_of(rng.uniform(0, 0.2, 500), rng.random(500) < 0.03).wrong_label()
    assert said.max() < 0.5


def test_a_class_with_few_claims_leans_on_the_others():
    rng = np.random.default_rng(4)
    confidences, _, confirmed = drawn(rng, 2000, 0.2)
    one = claims_of([*confidences, 0.9], [*confirmed, False], [1] * 2000 + [2])
    alike = np.flatnonzero(np.abs(confidences - 0.9) < 0.01)
    assert one.confirmed[-1] == pytest.approx(one.confirmed[alike].mean(), abs=0.1)


def test_claims_that_do_not_count_are_worth_what_those_like_them_are():
    made = claims_of([0.2, 0.4, 0.4, 0.8], [False, True, False, True], counted=[True, True, False, True])
    assert made.confirmed[2] == made.confirmed[1]
    nothing = claims_of([0.5, 0.6], [False, False])
    assert nothing.wrong_label().tolist() == [0, 0]
    assert len(claims_of([], []).wrong_label()) == 0


def test_outlines_that_scatter_alike_are_not_astray():
    rng = np.random.default_rng(5)
    misfit = np.exp(rng.normal(-3, 0.4, 500))
    assert (astray(misfit, rng.integers(100, 10_000, 500)) > 0.5).mean() < 0.03


def test_outlines_far_from_the_rest_are_astray_and_worse_ones_more_so():
    rng = np.random.default_rng(6)
    misfit = np.exp(rng.normal(-3, 0.4, 500))
    misfit[:50] = np.linspace(0.25, 0.9, 50)
    score = astray(misfit, np.full(500, 1000))
    assert (score[:50] > 0.8).all()
    assert (score[50:] > 0.5).mean() < 0.05
    assert (np.diff(score[np.argsort(misfit)]) >= 0).all()


def test_a_pixel_is_no_error_where_all_others_agree_exactly():
    misfit = np.zeros(100)
    misfit[0], misfit[1] = 0.02, 0.5
    score = astray(misfit, np.full(100, 400))
    assert score[0] < 0.5 < score[1]
    assert astray(np.zeros(0), np.zeros(0, np.int64)).tolist() == []

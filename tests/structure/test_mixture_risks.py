"""Measured risks of mixtures: by hand, over parts, and where Proposition 1's premise does not hold."""

import numpy as np
import pytest

from truemask.structure.mixture_risks import LABEL_WEIGHTS, MixtureRisks
from truemask.structure.risk_hedging import mixed_risk
from truemask.types import IGNORE


def test_one_unit_by_hand():
    risks = MixtureRisks()
    risks.add(np.array([0.7, 0.3]), np.array(1, np.uint8), np.array(0, np.uint8))
    # At weight w of the wrong label the mixture is (0.7 (1 - w), 0.3 (1 - w) + w).
    first = 0.7 * (1 - LABEL_WEIGHTS)
    np.testing.assert_allclose(risks.risks(), 2 * (1 - first) ** 2)
    found = risks.compute()
    assert found["label_risk"] == pytest.approx(2.0)
    assert found["teacher_risk"] == pytest.approx(0.18)
    assert found["covariance"] == pytest.approx(0.6)
    assert found["weight_by_rule"] == pytest.approx(0.18 / 2.18)
    assert found["weight_best"] == 0.0
    assert found["promised"] == pytest.approx(2 * 0.18 / 2.18)


def test_measured_risks_are_the_quadratic_of_their_covariance_and_parts_add_up():
    rng = np.random.default_rng(0)
    whole, parts = MixtureRisks(), MixtureRisks()
    for _ in range(5):
        probs = rng.dirichlet(np.ones(3), size=(6, 7)).transpose(2, 0, 1)
        given, truth = rng.integers(0, 3, (2, 6, 7)).astype(np.uint8)
        given[0, :2] = truth[1, :3] = IGNORE
        whole.add(probs, given, truth)
        part = MixtureRisks()
        part.add(probs, given, truth)
        parts.merge(part)
    assert whole.units == 5 * (42 - 5)
    np.testing.assert_allclose(parts.risks(), whole.risks())
    found = whole.compute()
    quadratic = [
        mixed_risk(float(w), found["label_risk"], found["teacher_risk"], found["covariance"])
        for w in LABEL_WEIGHTS
    ]
    np.testing.assert_allclose(whole.risks(), quadratic, rtol=1e-9)
    assert found["risk_best"] <= min(whole.risks()) + 1e-12
    assert found["risk_by_rule"] >= found["risk_best"]


def test_labels_wrong_by_pure_chance_still_share_error_with_a_doubting_teacher():
    rng = np.random.default_rng(0)
    n, k, rate, doubt = 40_000, 5, 0.4, 0.3
    truth = rng.integers(0, k, n)
    wrong = rng.random(n) < rate
    given = np.where(wrong, (truth + rng.integers(1, k, n)) % k, truth)
    probs = np.full((k, n), doubt / (k - 1))
    probs[truth, np.arange(n)] = 1 - doubt
    risks = MixtureRisks()
    risks.add(probs, given.astype(np.uint8), truth.astype(np.uint8))
    found = risks.compute()
    # rate * doubt * k / (k - 1); the share of wrong labels is within five standard deviations of 0.4.
    assert found["covariance"] == pytest.approx(rate * doubt * k / (k - 1), abs=0.375 * 5 * 0.49 / np.sqrt(n))
    assert found["weight_best"] < found["weight_by_rule"]
    assert found["risk_by_rule"] > found["promised"]


def test_nothing_counted_is_undefined():
    risks = MixtureRisks()
    risks.add(np.array([0.5, 0.5]), np.array(IGNORE, np.uint8), np.array(0, np.uint8))
    assert risks.units == 0
    assert np.isnan(risks.risks()).all()
    assert all(np.isnan(value) for name, value in risks.compute().items() if "weight" not in name)

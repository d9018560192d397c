"""Proposition 1 of Li et al., and what can be measured of it without knowing the truth."""

import numpy as np
import pytest

from truemask.structure.risk_hedging import best_label_weight, label_errors, mixed_risk


def drawn(rate, n=200_000, k=4, seed=0):
    """True classes, given ones of which a share is wrong, and a teacher that knows nothing of them."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    given = np.where(rng.random(n) < rate, (true + rng.integers(1, k, n)) % k, true)
    scores = rng.normal(size=(n, k))
    scores[np.arange(n), true] += 2.0
    teacher = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return np.eye(k)[true], np.eye(k)[given], teacher


def test_the_rule_is_that_of_proposition_1():
    label, teacher = np.array([0.6]), np.array([0.2])
    weight = best_label_weight(label, teacher, np.zeros(1))
    assert weight == pytest.approx([0.2 / 0.8])
    assert mixed_risk(weight, label, teacher) == pytest.approx(0.6 * 0.2 / 0.8)
    assert mixed_risk(weight, label, teacher) < teacher
    swapped = mixed_risk(1 - weight, label, teacher)
    assert swapped == pytest.approx(0.75**2 * 0.6 + 0.25**2 * 0.2)
    assert swapped > label * 0.5


@pytest.mark.parametrize("covariance", [0.0, 0.1, -0.1])
def test_no_other_weight_has_less_risk(covariance):
    weights = np.linspace(0, 1, 1001)
    risks = mixed_risk(weights, 0.5, 0.3, covariance)
    best = best_label_weight(np.array([0.5]), np.array([0.3]), np.array([covariance]))
    assert weights[np.argmin(risks)] == pytest.approx(best[0], abs=1e-3)


def test_a_label_that_is_never_wrong_is_believed_and_a_perfect_teacher_too():
    weights = best_label_weight(np.array([0.0, 0.4, 0.0]), np.array([0.3, 0.0, 0.0]), np.zeros(3))
    assert weights.tolist() == [1.0, 0.0, 0.5]


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5])
def test_how_far_labels_are_from_the_truth_shows_without_knowing_it(rate):
    true, given, teacher = drawn(rate)
    label_risk = ((given - true) ** 2).sum(axis=1).mean()
    teacher_risk = ((teacher - true) ** 2).sum(axis=1).mean()
    covariance = ((given - true) * (teacher - true)).sum(axis=1).mean()
    apart = ((given - teacher) ** 2).sum(axis=1).mean()
    doubt = 1 - (teacher * true).sum(axis=1).mean()
    found = label_errors(np.array([apart]), np.array([teacher_risk]), np.array([doubt]), 4)
    assert found[0][0] == pytest.approx(label_risk, abs=0.02)
    assert found[1][0] == pytest.approx(covariance, abs=0.02)


def test_the_measured_risk_of_a_mixture_is_the_predicted_one():
    true, given, teacher = drawn(0.3)
    risks = [((one - true) ** 2).sum(axis=1).mean() for one in (given, teacher)]
    covariance = ((given - true) * (teacher - true)).sum(axis=1).mean()
    for weight in (0.0, 0.3, 1.0):
        mixed = weight * given + (1 - weight) * teacher
        assert ((mixed - true) ** 2).sum(axis=1).mean() == pytest.approx(
            mixed_risk(weight, *risks, covariance), rel=1e-9
        )

"""Estimates of P(given | true): what they are by hand, and that they recover a known matrix."""

import numpy as np
import pytest

from truemask.audit.class_confidence import ClassConfidence
from truemask.audit.confident_joint import ConfidentJoint
from truemask.audit.stream import Block
from truemask.noise.transition import pair, symmetric
from truemask.structure.joint import estimate_joint
from truemask.structure.transition import (
    anchor_transition,
    class_means,
    confident_transition,
    from_posterior,
    label_posterior,
    nearest_distributions,
    normalised_rows,
    smoothed,
)

KNOWN = np.array([[0.7, 0.2, 0.1], [0.0, 0.9, 0.1], [0.3, 0.1, 0.6]])


def noisy_posterior(transition, n, *, sharpness=4.0, seed=0):
    """True classes, labels given by the matrix, clean posteriors and what a perfect fit to labels says."""
    rng = np.random.default_rng(seed)
    k = len(transition)
    scores = rng.normal(size=(n, k))
    clean = np.exp(sharpness * scores) / np.exp(sharpness * scores).sum(axis=1, keepdims=True)
    true = (clean.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    given = (transition[true].cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return true, given, clean, clean @ transition


@pytest.mark.parametrize("quantile", [None, 0.97])
@pytest.mark.parametrize(
    "transition", [KNOWN, symmetric(5, 0.4), pair(5, 0.3)], ids=["any", "symmetric", "pair"]
)
def test_anchors_recover_a_known_matrix(transition, quantile):
    _, given, _, said = noisy_posterior(transition, 20_000)
    assert np.abs(anchor_transition(said, given, quantile=quantile) - transition).max() < 0.02


def test_an_anchor_is_the_surest_unit_below_the_quantile():
    own = np.arange(100) / 100
    probs = np.stack([own, 1 - own], axis=1)
    labels = np.repeat([0, 1], 50)
    before = probs.copy()
    assert anchor_transition(probs, labels, quantile=0.9)[0] == pytest.approx([0.89, 0.11])
    assert anchor_transition(probs, labels, quantile=0.9)[1] == pytest.approx([0.1, 0.9])
    assert anchor_transition(probs, labels, quantile=None)[0] == pytest.approx([0.99, 0.01])
    assert (probs == before).all()  # the released code zeroes what it filters out


def test_a_class_rarer_than_the_quantile_leaves_room_for_goes_by_its_surest_unit():
    probs = np.full((100, 2), [0.02, 0.98])
    probs[:2] = [0.8, 0.2]
    labels = np.repeat([0, 1], [2, 98])
    assert anchor_transition(probs, labels, quantile=0.97)[0] == pytest.approx([0.8, 0.2])


def test_anchors_of_two_classes_are_the_least_that_is_said_for_a_label():
    _, given, _, said = noisy_posterior(np.array([[0.8, 0.2], [0.3, 0.7]]), 2_000)
    rates = anchor_transition(said, given, quantile=None)
    assert rates[0, 1] == said[:, 1].min()
    assert rates[1, 0] == said[:, 0].min()


@pytest.mark.parametrize("transition", [KNOWN, symmetric(5, 0.4)], ids=["any", "symmetric"])
def test_the_confident_joint_recovers_a_known_matrix_where_classes_are_apart(transition):
    _, given, _, said = noisy_posterior(transition, 50_000, sharpness=60.0)
    assert np.abs(confident_transition(said, given) - transition).max() < 0.03


def test_the_confident_joint_is_that_of_the_audit():
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(4), size=3_000).astype(np.float32)
    labels = rng.integers(0, 4, 3_000).astype(np.uint8)
    block = Block(tuple(map(str, range(3_000))), None, labels, np.ascontiguousarray(probs.T))
    first = ClassConfidence(4)
    first.update(block)
    second = ConfidentJoint(first.thresholds())
    second.update(block)
    expected = normalised_rows(estimate_joint(second.counts, second.units).T)
    assert confident_transition(probs, labels.astype(np.int64)) == pytest.approx(expected, abs=1e-12)


def test_a_toy_by_hand_has_the_confident_joint_of_the_paper():
    """Thresholds .55 and .55; six labels a class, of which two are confidently of the other one."""
    sure, flipped = [0.65, 0.35], [0.35, 0.65]
    probs = np.array([sure] * 4 + [flipped] * 2 + [sure] * 2 + [flipped] * 4)
    labels = np.repeat([0, 1], 6)
    assert confident_transition(probs, labels) == pytest.approx(np.array([[2 / 3, 1 / 3], [1 / 3, 2 / 3]]))


def test_class_means_over_verified_units_recover_a_known_matrix():
    true, _, _, said = noisy_posterior(KNOWN, 50_000, sharpness=60.0)
    assert np.abs(class_means(said, true) - KNOWN).max() < 0.03
    assert class_means(said[true > 0], true[true > 0])[0] == pytest.approx([1, 0, 0])


def test_a_network_that_errs_alike_on_both_gives_the_posterior_of_labels():
    true, given, clean, _ = noisy_posterior(KNOWN, 200_000, sharpness=2.0)
    joint = np.zeros((3, 3))
    np.add.at(joint, (true, given), 1 / len(true))
    posterior = label_posterior(class_means(clean, true), class_means(clean, given))
    assert np.abs(posterior - joint / joint.sum(axis=0)).max() < 0.02
    assert posterior.sum(axis=0) == pytest.approx(np.ones(3))
    assert np.abs(from_posterior(posterior, joint.sum(axis=0)) - KNOWN).max() < 0.03


def test_nearest_distributions_by_hand():
    rows = np.array([[0.2, 0.8], [1.0, 1.0], [2.0, 0.0], [-1.0, 0.5]])
    assert nearest_distributions(rows) == pytest.approx(
        np.array([[0.2, 0.8], [0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])
    )


def test_smoothing_goes_towards_the_labels():
    assert smoothed(KNOWN, 0.0) == pytest.approx(KNOWN)
    assert smoothed(KNOWN, 0.5)[2] == pytest.approx([0.15, 0.05, 0.8])


def test_without_a_single_unit_every_label_is_believed():
    none, no_labels = np.zeros((0, 3), np.float32), np.zeros(0, np.int64)
    for estimate in (anchor_transition, confident_transition, class_means):
        assert (estimate(none, no_labels) == np.eye(3)).all()

"""Channels from true classes to given ones: what is known of them is found again."""

import numpy as np
import pytest

from truemask.audit.noise_channel import NoiseChannel, fit_channels

K = 4
NONE = np.zeros(K)


def drawn(transition, count=4000, seed=0):
    """True and given classes."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, K, count)
    given = np.array([rng.choice(K, p=transition[true]) for true in truth], np.uint8)
    return truth, given


def pairs(rate):
    """The next class instead, at a rate."""
    return (1 - rate) * np.eye(K) + rate * np.roll(np.eye(K), 1, axis=1)


def wrong(channels, given, probs):
    """P(wrong) of each label, by all channels."""
    weights = channels.weights(np.ones(len(given)))
    p = np.zeros(len(given))
    for weight, channel in zip(weights, channels.channels, strict=True):
        joint = channel.joint(given, probs)
        p += weight * (1 - joint[np.arange(len(given)), given] / joint.sum(axis=1))
    return p


def softmax(logits):
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)


def test_a_network_that_is_always_right_shows_the_transition_matrix():
    transition = pairs(0.2)
    truth, given = drawn(transition)
    channels = fit_channels(given, np.eye(K)[truth])
    best = channels.channels[int(np.argmax(channels.weights(np.ones(len(given)))))]
    assert best.transition == pytest.approx(transition, abs=0.04)  # 1,000 a class: 3 standard errors
    assert wrong(channels, given, np.eye(K)[truth]).mean() == pytest.approx((truth != given).mean(), abs=0.01)


@pytest.mark.parametrize("learnt", [0.0, 0.5, 1.0])
def test_how_much_is_wrong_is_found_whether_or_not_the_network_repeats_it(learnt):
    transition = pairs(0.3)
    truth, given = drawn(transition)
    rng = np.random.default_rng(1)
    sure = softmax(rng.normal(0, 1, (len(truth), K)) + 5 * np.eye(K)[truth])
    said = sure @ ((1 - learnt) * np.eye(K) + learnt * transition)
    assert wrong(fit_channels(given, said), given, said).mean() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_neither_does_it_matter_how_sure_the_network_is(power):
    truth, given = drawn(pairs(0.2))
    rng = np.random.default_rng(1)
    said = softmax(power * (rng.normal(0, 1, (len(truth), K)) + 4 * np.eye(K)[truth]))
    p = wrong(fit_channels(given, said), given, said)
    assert p.mean() == pytest.approx(0.2, abs=0.025)
    sure = p > 0.8
    assert (truth != given)[sure].mean() == pytest.approx(p[sure].mean(), abs=0.05)


def test_a_network_that_neglects_a_rare_class_is_seen_through():
    rng = np.random.default_rng(0)
    truth = rng.choice(K, 4000, p=[0.55, 0.3, 0.1, 0.05])
    logits = rng.normal(0, 1, (4000, K)) + 3 * np.eye(K)[truth]
    neglected = softmax(logits - np.array([0, 0, 2, 3]))
    assert (neglected.argmax(axis=1) == truth)[truth > 1].mean() < 0.7
    right = truth.astype(np.uint8)
    channels = fit_channels(right, neglected)
    assert wrong(channels, right, neglected).mean() < 0.01
    bias = channels.channels[0].bias - channels.channels[0].bias[0]
    assert bias[3] > bias[2] > 1 > abs(bias[1])


def test_right_labels_are_believed():
    truth, _ = drawn(np.eye(K))
    rng = np.random.default_rng(1)
    said = softmax(rng.normal(0, 1, (len(truth), K)) + 3 * np.eye(K)[truth])
    assert (said.argmax(axis=1) != truth).mean() > 0.02  # the network errs
    assert wrong(fit_channels(truth.astype(np.uint8), said), truth.astype(np.uint8), said).mean() < 0.005


@pytest.mark.parametrize(("count", "most"), [(300, 0.08), (3000, 0.05)])  # a free matrix: 0.36 and 0.11
def test_what_a_weak_network_mistakes_is_not_learnt_by_heart(count, most):
    k, rng = 10, np.random.default_rng(0)
    truth = rng.integers(0, k, count)
    said = softmax(rng.normal(0, 1, (count, k)) + np.eye(k)[truth])
    assert (said.argmax(axis=1) == truth).mean() < 0.4
    given = truth.astype(np.uint8)
    assert wrong(fit_channels(given, said), given, said).mean() < most


def test_a_channel_without_noise_leaves_the_networks_probability():
    probs = softmax(np.random.default_rng(0).normal(0, 1, (10, K)))
    given = np.arange(10, dtype=np.uint8) % K
    joint = NoiseChannel(np.eye(K), learnt=0.0, sharpness=1.0, bias=NONE).joint(given, probs)
    assert joint.sum(axis=1) == pytest.approx(probs[np.arange(10), given])
    assert np.count_nonzero(joint) == 10


def test_what_was_learnt_is_undone():
    transition, probs = pairs(0.2), softmax(np.random.default_rng(0).normal(0, 1, (10, K)))
    given = np.zeros(10, np.uint8)
    plain = NoiseChannel(transition, 0.0, 1.0, NONE).joint(given, probs)
    repeated = probs @ (0.5 * np.eye(K) + 0.5 * transition)
    assert NoiseChannel(transition, 0.5, 1.0, NONE).joint(given, repeated) == pytest.approx(plain, abs=1e-3)


def test_sharpness_is_a_temperature():
    logits = np.random.default_rng(0).normal(0, 1, (10, K))
    given = np.zeros(10, np.uint8)
    sharp = NoiseChannel(pairs(0.2), 0.0, 3.0, NONE).joint(given, softmax(logits))
    assert sharp == pytest.approx(
        NoiseChannel(pairs(0.2), 0.0, 1.0, NONE).joint(given, softmax(3 * logits)), abs=1e-3
    )


def test_weights_are_those_of_the_likelihood():
    truth, given = drawn(pairs(0.2), 500)
    said = softmax(np.random.default_rng(1).normal(0, 1, (500, K)) + 3 * np.eye(K)[truth])
    channels = fit_channels(given, said)
    weights = channels.weights(np.stack([np.ones(500), np.arange(500) < 250]))
    assert weights.sum(axis=1) == pytest.approx(1)
    whole = channels.log_likelihood.sum(axis=1) + channels.log_prior
    assert np.argmax(weights[0]) == np.argmax(whole)
    assert weights[0] == pytest.approx(np.exp(whole - np.logaddexp.reduce(whole)))


@pytest.mark.parametrize("probs", [np.ones((3, 1)), np.full((3, 5), 0.2), np.eye(5)[[0, 0, 0]]])
def test_edges(probs):
    given = np.zeros(3, np.uint8)
    p = wrong(fit_channels(given, probs), given, probs)
    assert ((p >= 0) & (p <= 1)).all()
    if probs[0, 0] == 1:  # a network that agrees
        assert p == pytest.approx(0, abs=1e-3)

import numpy as np
import pytest

from truemask.metrics.label_losses import BIN_NATS, RIGHT, WRONG, LabelLosses
from truemask.types import IGNORE


def _probs(*shape):
    drawn = np.random.default_rng(0).random((3, *shape)).astype(np.float32) + 1e-3
    return drawn / drawn.sum(axis=0)


def test_right_and_wrong_labels_are_counted_apart():
    probs = np.array([[0.9, 0.001, 0.05], [0.1, 0.999, 0.95]], dtype=np.float32)
    found = LabelLosses(gamma=2.5)
    found.add(probs, np.array([0, 0, 0], np.uint8), np.array([0, 1, 1], np.uint8))
    assert found.compute() == {
        "labels_right": 1.0,
        "labels_wrong": 2.0,
        "right_above_gamma": 0.0,
        "wrong_above_gamma": 1.0,  # 6.9 and 3.0 nats
    }
    assert found.counts[WRONG].nonzero()[0].tolist() == [int(-np.log(0.05) / BIN_NATS), int(6.9 / BIN_NATS)]
    assert found.counts[RIGHT].nonzero()[0].tolist() == [0]


def test_bins_are_those_of_numpy():
    probs, given = _probs(20, 30), np.random.default_rng(1).integers(0, 3, (20, 30)).astype(np.uint8)
    found = LabelLosses()
    found.add(probs, given, given)
    losses = -np.log(np.take_along_axis(probs, given[None].astype(int), axis=0))
    expected, _ = np.histogram(losses, bins=np.arange(0, 15.01, BIN_NATS))
    assert found.counts[RIGHT].tolist() == expected.tolist()


def test_ignored_labels_and_unknown_truths_do_not_count():
    found = LabelLosses()
    given = np.array([[IGNORE, 1]], np.uint8)
    found.add(_probs(1, 2), given, np.array([[1, IGNORE]], np.uint8))
    assert found.counts.sum() == 0
    assert np.isnan(found.compute()["right_above_gamma"])
    assert np.isnan(found.shares()).all()


def test_impossible_labels_are_in_the_last_bin():
    found = LabelLosses()
    found.add(np.array([0.0, 1.0], np.float32), np.array(0, np.uint8), np.array(1, np.uint8))
    assert found.counts[WRONG, -1] == 1
    assert found.compute()["wrong_above_gamma"] == 1.0


def test_parts_merge_to_the_whole():
    probs, given = _probs(8, 9), np.random.default_rng(1).integers(0, 3, (8, 9)).astype(np.uint8)
    truth = np.roll(given, 1)
    whole, left, right = LabelLosses(1.0), LabelLosses(1.0), LabelLosses(1.0)
    whole.add(probs, given, truth)
    left.add(probs[:, :3], given[:3], truth[:3])
    right.add(probs[:, 3:], given[3:], truth[3:])
    left.merge(right)
    assert left.counts.tolist() == whole.counts.tolist()
    assert left.compute() == pytest.approx(whole.compute())

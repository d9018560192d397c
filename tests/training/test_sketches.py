"""Six bytes of a label's way through training: what they hold, against the same in full precision."""

import numpy as np
import pytest
import torch

from truemask.seeds import seed_for
from truemask.training.sketches import CELL, belief, early_belief, margin, remember, remembered, rival
from truemask.types import IGNORE


def taken(said, rivals=None, early=0):
    """Cells of units that went through visits "t n"."""
    said = np.asarray(said, np.float32)
    rivals = np.ones(said.shape, np.uint8) if rivals is None else np.asarray(rivals, np.uint8)
    cells = np.zeros((said.shape[1], len(CELL)), np.uint8)
    at = np.arange(said.shape[1])
    for visit, (mine, other) in enumerate(zip(said, rivals, strict=True)):
        remember(cells, at, mine, other, visit < early, seed_for("test", visit))
    return cells


def test_belief_is_the_logistic_function_of_the_margin():
    logits = torch.tensor([[2.0, 0.5, -1.0], [0.0, 3.0, 1.0]])
    said, other = belief(logits, torch.tensor([0, 2]))
    torch.testing.assert_close(said, torch.sigmoid(torch.tensor([1.5, -2.0])))
    assert other.tolist() == [1, 1]


def test_belief_of_pixels_and_of_what_has_no_label():
    logits = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.full((2, 4, 5), IGNORE)
    labels[1] = 0
    said, other = belief(logits, labels)
    assert said.shape == (2, 4, 5)
    assert (other[0] == IGNORE).all()
    assert torch.equal(other[1].long(), logits[1, 1:].argmax(dim=0) + 1)


def test_the_running_mean_follows_two_hundred_small_steps():
    said = np.random.default_rng(0).random((200, 500), np.float32) * np.linspace(0, 1, 500, dtype=np.float32)
    kept = margin(taken(said))
    error = kept - said.mean(axis=0)
    # One standard deviation is at most 0.016 for a unit, and 500 times less, squared, for the mean of all.
    assert np.abs(error).max() < 4.5 * 0.016
    assert abs(float(error.mean())) < 4 * 0.016 / 500**0.5


def test_the_early_mean_stays_as_it_was():
    said = np.concatenate([np.full((6, 50), 0.1), np.full((60, 50), 0.95)]).astype(np.float32)
    cells = taken(said, early=6)
    np.testing.assert_allclose(early_belief(cells), 0.1, atol=0.01)
    # The mean, of 66 visits: five standard deviations of its rounding are 0.046.
    np.testing.assert_allclose(margin(cells), (6 * 0.1 + 60 * 0.95) / 66, atol=0.046)


def test_units_first_seen_late_have_their_first_visit_as_early():
    assert early_belief(taken([[0.4]], early=0)) == pytest.approx([0.4], abs=0.004)


def test_forgetting_counts_how_often_the_lead_was_lost():
    said = np.array([[0.9, 0.9, 0.2], [0.9, 0.1, 0.2], [0.9, 0.9, 0.1], [0.9, 0.3, 0.1]], np.float32)
    cells = taken(said)
    assert (cells[:, 3] & 127).tolist() == [0, 2, 0]
    # Learnt for good, forgotten twice, never learnt.
    np.testing.assert_allclose(remembered(cells), [1, 1 / 3, 0])


def test_the_rival_is_who_led_most_of_the_visits_that_were_lost():
    rivals = [[3], [2], [2], [4], [2], [3]]
    assert rival(taken(np.full((6, 1), 0.2), rivals)).tolist() == [2]
    # Visits that the given class won have no say, once there is a rival.
    assert rival(taken([[0.2], [0.9], [0.9]], [[3], [2], [2]])).tolist() == [3]


def test_nothing_is_noted_without_a_label_or_a_number():
    cells = taken([[0.9, np.nan, 0.9]], [[1, 1, IGNORE]])
    assert cells[:, 0].tolist() == [1, 0, 0]
    assert np.isnan(margin(cells)).tolist() == [False, True, True]
    assert np.isnan(remembered(cells)).tolist() == [False, True, True]


def test_counters_stop_at_the_top():
    said = np.tile(np.array([[0.9], [0.1]], np.float32), (200, 1))
    cells = taken(said)
    assert cells[0, 0] == 255
    assert cells[0, 3] & 127 == 127

"""Objects of another class: how probably, and in what order."""

from dataclasses import replace

import numpy as np
import pytest
from object_toys import TILES, TRUE, given_of, predicted_of, world

from truemask.audit.instances import audit_instances
from truemask.audit.instances.claims import share_wrong
from truemask.audit.instances.swapped import _posterior


def test_bayes_rule():
    # 5 classes: a wrong label is any of 4 others alike.
    assert _posterior(np.array([0.1]), 0.2, 5).tolist() == [
        pytest.approx(0.9 * 0.05 / (0.9 * 0.05 + 0.1 * 0.8))
    ]
    assert _posterior(np.array([0.0, 1.0]), 0.2, 5).tolist() == [1.0, 0.0]
    assert _posterior(np.array([0.0, 0.5]), 0.0, 5).tolist() == [0.0, 0.0]
    assert _posterior(np.array([0.5]), 0.3, 1).tolist() == [pytest.approx(0.3)]


def test_what_is_drawn_from_the_model_is_wrong_as_often_as_it_says():
    rng = np.random.default_rng(0)
    n, k, wrong = 20_000, 4, 0.3
    chances = rng.dirichlet(np.full(k, 0.3), n)
    truth = (chances.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    given = np.where(rng.random(n) < wrong, (truth + rng.integers(1, k, n)) % k, truth)
    said = _posterior(chances[np.arange(n), given], wrong, k)
    for low, high in ((0.05, 0.3), (0.3, 0.7), (0.7, 1.01)):
        mine = (said >= low) & (said < high)
        assert mine.sum() > 1000
        # Shares of more than 1,000 draws: three standard errors are 0.05.
        assert (given != truth)[mine].mean() == pytest.approx(said[mine].mean(), abs=0.05)


def test_the_share_of_wrong_labels_is_that_of_the_surest_claims():
    rng = np.random.default_rng(1)
    confidences = rng.uniform(0, 1, 4000)
    confirmed = (rng.random(4000) < confidences**0.1) & (rng.random(4000) >= 0.2)
    every = np.ones(4000, bool)
    assert share_wrong(confidences, confirmed, every) == pytest.approx(0.2, abs=0.05)
    assert share_wrong(confidences, confirmed & False, every) == 0
    assert share_wrong(confidences, rng.random(4000) < 0.1, every) == 0.5


def planted(doubts):
    """A world in which the first object's label is wrong in some images, and how much is held of it there."""
    images = world(images=30)
    for row, held in enumerate(doubts):
        judged = np.array([[0, held, 1 - held], [0, 0, 1], [0, 1, 0]], np.float32)
        found = predicted_of([replace(TRUE[0], label=2), *TRUE[1:]])
        given = given_of([replace(thing, id=place) for place, thing in enumerate(TRUE)])
        images[row] = replace(
            images[row], given=given, found=replace(found, scores=found.scores * 0), judged=judged
        )
    return audit_instances(images, TILES, least=0.0).findings.to_pylist()


def test_the_less_is_held_of_the_given_class_the_more_suspect_it_is():
    found = [row for row in planted([0.02, 0.001, 0.1]) if row["kind"] == "swapped"]
    assert [row["image"] for row in found] == ["image01", "image00", "image02"]
    assert {(row["given"], row["proposed"], row["action"]) for row in found} == {(1, 2, "relabel")}
    assert all(np.diff([row["score"] for row in found]) < 0)

"""How far predictions agree with the given labels."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from truemask.audit import confident_learning
from truemask.audit.diagnosis.agreement import agreement, kappa
from truemask.types import IGNORE, Problem, Task

THINGS = Problem(Task.CLASSIFICATION, ("a", "b", "c"), channels=1)
MAPS = Problem(Task.SEMANTIC, ("none", "cell", "dirt"), channels=1, background=0)


@pytest.mark.parametrize("problem", [THINGS, MAPS], ids=lambda one: str(one.task))
def test_predictions_are_counted_beside_the_labels_and_kappa_is_that_of_another_library(problem):
    rng = np.random.default_rng(0)
    size = (20, 30) if problem is MAPS else ()
    images = []
    for number in range(12 if problem is MAPS else 400):
        labels = rng.choice([0, 1, 2, IGNORE], size=size, p=[0.5, 0.3, 0.1, 0.1]).astype(np.uint8)
        probs = rng.dirichlet([1, 1, 1], size=size).astype(np.float32) + np.float32(0.5) * (
            labels[..., None] == np.arange(3)
        )
        probs = np.moveaxis(probs / probs.sum(axis=-1, keepdims=True), -1, 0)
        images.append((f"{number:03}", labels if problem is MAPS else int(labels), probs))
    result = confident_learning(lambda: images, problem)
    given = np.concatenate([np.ravel(labels) for _, labels, _ in images])
    said = np.concatenate([np.ravel(probs.argmax(axis=0)) for _, _, probs in images])
    known = given != IGNORE
    assert (result.predicted == confusion_matrix(given[known], said[known])).all()
    found = agreement(result)
    assert found.value == pytest.approx(cohen_kappa_score(given[known], said[known]))
    assert (found.same, found.labels) == (None, known.sum())


def test_kappa_is_1_where_all_agree_0_by_chance_and_undefined_of_nothing():
    assert kappa(np.diag([3, 4])) == 1
    assert kappa(np.diag([3, 0])) == 1
    assert kappa(np.outer([2, 6], [4, 12])) == pytest.approx(0)
    assert np.isnan(kappa(np.zeros((2, 2), np.int64)))

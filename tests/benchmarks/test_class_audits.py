"""The orders that audits put images' labels in."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.class_audits import by_truemask

from truemask.audit import confident_learning
from truemask.commands.audits import Audited
from truemask.data.views import ArrayDataset
from truemask.types import Problem, Task

PROBLEM = Problem(Task.CLASSIFICATION, ("a", "b"))


def test_findings_come_before_all_other_images():
    probs = np.array([[0.9, 0.1]] * 6 + [[0.1, 0.9]] * 5 + [[0.45, 0.55]], np.float32)
    given = np.array([0] * 5 + [1] * 6 + [0])
    keys = [f"{row}" for row in range(12)]
    dataset = ArrayDataset("x", "train", PROBLEM, keys, np.zeros((12, 2, 2, 3), np.uint8), given)
    result = confident_learning(
        lambda: ((key, int(label), said) for key, label, said in zip(keys, given, probs, strict=True)),
        PROBLEM,
    )
    shuffled = replace(result, images=result.images.take(np.random.default_rng(0).permutation(12)))
    listed, images = by_truemask(Audited(shuffled, dataset, {}), keys)
    assert np.flatnonzero(listed.flagged).tolist() == [5]
    np.testing.assert_allclose(images.badness, 1 - probs[np.arange(12), given], atol=1e-6)
    assert listed.badness[5] == pytest.approx(1 + 0.9)
    others = np.delete(np.arange(12), 5)
    np.testing.assert_array_equal(listed.badness[others], images.badness[others])
    assert listed.rate[0] == pytest.approx(result.wrong_rate)

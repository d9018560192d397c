"""Out-of-fold predictions come from networks that never saw the label they speak of."""

import numpy as np
import pytest

from truemask.data.views import ArrayDataset
from truemask.training import Plan, Recipe
from truemask.training.folds import train_folds
from truemask.types import BadInput, Problem, Task


def recipe() -> Recipe:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(30, 2)).astype(np.float32)
    problem = Problem(Task.CLASSIFICATION, ("left", "right"), channels=2, points=True)
    keys = [f"{row:02d}" for row in range(30)]
    labels = (points[:, 0] > 0).astype(int)
    dataset = ArrayDataset("points", "train", problem, keys, list(points), labels)
    return Recipe(dataset=dataset, plan=Plan(epochs=30, batch_size=5, lr=0.05, augment="none"))


def test_every_row_is_predicted_once_by_a_network_trained_without_it(tmp_path):
    made = train_folds(recipe(), 3, tmp_path, show=False)
    held_out = [set(rows) for _, rows in made.parts]
    assert sorted(row for rows in held_out for row in rows) == list(range(30))
    assert [len(rows) for rows in held_out] == [10, 10, 10]
    for _ in range(2):  # a second pass starts anew
        said = list(made.predict())
        assert sorted(one.row for one in said) == list(range(30))
        assert all(one.key == made.dataset.keys[one.row] for one in said)
    right = [one.probs.argmax() == made.dataset.labels(one.row) for one in said]
    assert np.mean(right) > 0.8


@pytest.mark.parametrize("folds", [1, 31])
def test_folds_there_cannot_be_are_refused(tmp_path, folds):
    with pytest.raises(BadInput, match=f"needs 2 to 30 folds for 30 images, got {folds}"):
        train_folds(recipe(), folds, tmp_path, show=False)

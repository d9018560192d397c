"""Out-of-fold predictions: every row is predicted by networks that never saw its label."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.predictions import Prediction
from truemask.data.views import Subset
from truemask.seeds import seed_for
from truemask.training.run import Recipe, train
from truemask.training.trained import Trained
from truemask.types import BadInput


@dataclasses.dataclass(frozen=True)
class Folds:
    """Trained networks and, for each, the rows that were held out from it."""

    dataset: Dataset
    parts: tuple[tuple[Trained, tuple[int, ...]], ...]

    def predict(self, *, turned: bool = False) -> Iterator[Prediction]:
        """One out-of-fold prediction a row; `row` and `key` are the data set's. May be called again.

        Args:
            turned: see `Trained.predict`.
        """
        for trained, rows in self.parts:
            for prediction in trained.predict(Subset(self.dataset, rows), turned=turned):
                yield dataclasses.replace(prediction, row=rows[prediction.row])

    def judge_objects(self) -> Iterator[Prediction]:
        """One out-of-fold prediction a given object, of its class; `row` is its image's."""
        for trained, rows in self.parts:
            for prediction in trained.judge_objects(Subset(self.dataset, rows)):
                yield dataclasses.replace(prediction, row=rows[prediction.row])


def train_folds(recipe: Recipe, folds: int, folder: Path, *, show: bool = True) -> Folds:
    """Train one run for each of `folds` parts on all the others, in `folder/fold-0` and so on.

    Runs that are there already are resumed or reused.

    Raises:
        BadInput: fewer than 2 folds, or fewer images than folds.
    """
    count = len(recipe.dataset)
    if not 2 <= folds <= count:
        raise BadInput(f"out-of-fold prediction needs 2 to {count} folds for {count} images, got {folds}")
    rng = np.random.default_rng(seed_for("folds", recipe.dataset.name, recipe.plan.seed))
    parts = np.array_split(rng.permutation(count), folds)
    trained = []
    for number, held_out in enumerate(parts):
        rest = np.sort(np.concatenate([part for other, part in enumerate(parts) if other != number]))
        fold = dataclasses.replace(recipe, dataset=Subset(recipe.dataset, rest, split=f"fold-{number}"))
        run = train(fold, folder / f"fold-{number}", resume=True, show=show, tensorboard=False)
        trained.append((run, tuple(np.sort(held_out).tolist())))
    return Folds(recipe.dataset, tuple(trained))

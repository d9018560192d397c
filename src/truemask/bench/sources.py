"""From what a user names to the rows that a command works on."""

from dataclasses import dataclass

from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.data.splits import Splits
from truemask.data.views import hold_out
from truemask.types import BadInput, Task


@dataclass(frozen=True)
class Source:
    """A data set as named on the command line.

    Args:
        where: a path or an embedded name.
        labels: which label folder, or label array, where there are several.
        task: where the labels serve more than one.
        split: None: the command's own default.
        holdout: share of the rows kept aside for testing, in (0, 1), by a hash of each key, so that the same
            images are kept aside in every version of the labels; None: the splits that the data set has.
    """

    where: str
    labels: str | None = None
    task: Task | None = None
    split: str | None = None
    holdout: float | None = None

    def open(self) -> Splits:
        """All splits."""
        return open_dataset(self.where, labels=self.labels, task=self.task)

    def to_train(self) -> Dataset:
        """The rows to learn from: `train`, or all, less those held out."""
        splits = self.open()
        dataset = splits.split(self.split or splits.default_train)
        return dataset if self.holdout is None else self._parts(dataset)[0]

    def to_test(self) -> Dataset:
        """The rows to test on: those held out, else `test`, else `val`, else all there are."""
        splits = self.open()
        if self.holdout is not None:
            return self._parts(splits.split(self.split or splits.default_train))[1]
        default = next((name for name in ("test", "val") if name in splits.splits), splits.default_train)
        return splits.split(self.split or default)

    def _parts(self, dataset: Dataset) -> tuple[Dataset, Dataset]:
        assert self.holdout is not None
        if not 0 < self.holdout < 1:
            raise BadInput(f"--holdout is a share of the images between 0 and 1; got {self.holdout}")
        return hold_out(dataset, self.holdout)

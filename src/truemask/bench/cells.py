"""The trainings that a table consists of."""

from pydantic import Field

from truemask.bench.keys import NOISE_RATE, Choice, Knob, Noise, Select, Share
from truemask.bench.record import Record
from truemask.bench.tables import Table
from truemask.types import Task


class Cell(Record):
    """One training of a table: everything that decides its number, and nothing else.

    Args:
        table: name of the table.
        row: what the table calls the method; names the results folder.
        method: its name in METHODS.
        knobs: what differs from the method's defaults. A value may be `NOISE_RATE`: see `knobs_at`.
        noise: a noise spec, or "none".
        seed: of noise, weights and order.
        dataset: name or path.
        labels: which labels of it to learn from, where it has several.
        test: name or path, where it is not the `test` split of `dataset`.
        test_labels: which labels to test on, where there are several.
        test_split: the split to test on, where it is not `test`, or else `val`.
        holdout: share of the rows kept aside to test on.
        trusted: share of the training rows with clean labels, where the method asks for such rows.
        task: where `dataset` serves more than one.
        select: how the epoch is chosen.
        plan: settings of `training.Plan`.
    """

    table: str
    row: str
    method: str
    knobs: dict[str, Knob] = Field(default={})
    noise: Noise
    seed: int
    dataset: str
    labels: str | None = None
    test: str | None = None
    test_labels: str | None = None
    test_split: str | None = None
    holdout: Share | None = None
    trusted: Share | None = None
    task: Task | None = Field(default=None, strict=False)
    select: Select = "last"
    plan: dict[str, Choice] = Field(default={})

    def knobs_at(self, realised_rate: float) -> dict[str, Knob]:
        """The knobs, with the realised noise rate where a value is `NOISE_RATE`."""
        return {name: realised_rate if value == NOISE_RATE else value for name, value in self.knobs.items()}

    def __str__(self) -> str:
        return f"{self.row} · {self.noise} · seed {self.seed}"


def cells(table: Table) -> list[Cell]:
    """Every training of a table, one seed after the other, so that half a table has all its columns."""
    return [
        _cell(table, row, noise, seed)
        for seed in table.seeds
        for noise in table.noise
        for row in table.rows_under(noise)
    ]


def _cell(table: Table, row: str, noise: str, seed: int) -> Cell:
    dataset, labels, test = table.dataset, table.labels, table.test
    test_labels = table.test_labels or (labels if test is None else None)
    own = table.train_on.get(row)
    if own is not None and own.dataset is not None:
        dataset, labels, test = own.dataset, None, test or dataset
    if own is not None and own.labels is not None:
        labels = own.labels
    method = table.alias.get(row, row)
    return Cell(
        table=table.name,
        row=row,
        method=method,
        knobs={name: setting.value for name, setting in table.methods_with.get(row, {}).items()},
        noise=noise,
        seed=seed,
        dataset=dataset,
        labels=labels,
        test=test,
        test_labels=test_labels,
        test_split=table.test_split,
        holdout=table.holdout,
        trusted=table.trusted.share if table.trusted and _asks_for_clean_labels(method) else None,
        task=table.task,
        select=table.select,
        plan=table.plan | {name: setting.value for name, setting in table.plan_with.get(row, {}).items()},
    )


def _asks_for_clean_labels(method: str) -> bool:
    from truemask.methods import METHODS  # Imports torch, which no other question about a table needs.

    return method in METHODS and METHODS[method].clean_labels

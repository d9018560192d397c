"""The questions: a results table as a TOML file."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from truemask.bench.keys import (
    Choice,
    Elsewhere,
    Metric,
    Noise,
    PlanSetting,
    Published,
    Select,
    Setting,
    Share,
    TrainOn,
    Trusted,
)
from truemask.bench.record import Record, one_line
from truemask.types import BadInput, Task

S = TypeVar("S")


class Table(Record):
    """One question, asked of every method under every noise, with several seeds.

    Args:
        name: of the file; results lie in a folder of that name.
        title: heading of the rendered table.
        question: one or two sentences: what the numbers are to answer.
        dataset: name of an embedded data set, with options if need be, or a path.
        labels: which labels of `dataset` to learn from, where it has several.
        test: a data set to test on, where it is not the `test` split of `dataset`.
        test_labels: which labels to test on, where they are not those learnt from.
        test_split: the split to test on, where it is not `test`, or else `val`.
        holdout: share of the rows kept aside for testing, by a hash of each key, where there is no `test`.
        task: only where `dataset` serves more than one.
        noise: columns; "none" is the clean ceiling.
        methods: rows.
        alias: row -> name in METHODS, for a second row of one method with other knobs.
        methods_with: row -> knob -> value, only what differs from the paper's own setting, and why.
        train_on: row -> a data set or labels that it learns from instead, such as a ceiling, and why.
        trusted: share of the training rows that methods which ask for verified labels get with clean ones
            (`test_labels`, where the test set is of the same data set), and why.
        oracle_of: extra row -> rows, of which it shows for each seed the best on the test labels: an upper
            bound and never a result, for a knob that others may have chosen so.
        only: noise -> rows that run under it; all rows where not named.
        seeds: one training each; noise, initial weights and order all follow from it.
        metric: the number that is shown first, computed on clean test labels.
        also: further metrics to show below it.
        better: whether a higher or a lower `metric` is better.
        select: how the epoch is chosen. `last`; `noisy_val`: best on given labels held out from training;
            `oracle`: best on the test set, an upper bound and never a result.
        plan: settings of `training.Plan` that differ from the task's defaults.
        plan_with: row -> setting -> value, where one row's plan differs from the others', and why.
        published: what others report.
        at: name -> the same question on another data set: `truemask bench run TABLE --at NAME`.
    """

    name: str
    title: str
    question: str
    dataset: str
    labels: str | None = None
    test: str | None = None
    test_labels: str | None = None
    test_split: str | None = None
    holdout: Share | None = None
    task: Task | None = Field(default=None, strict=False)
    noise: list[Noise] = Field(min_length=1)
    methods: list[str] = Field(min_length=1)
    alias: dict[str, str] = Field(default={})
    methods_with: dict[str, dict[str, Setting]] = Field(default={})
    train_on: dict[str, TrainOn] = Field(default={})
    trusted: Trusted | None = None
    oracle_of: dict[str, list[str]] = Field(default={})
    only: dict[Noise, list[str]] = Field(default={})
    seeds: list[int] = Field(min_length=1)
    metric: Metric
    also: list[Metric] = Field(default=[])
    better: Literal["higher", "lower"] = "higher"
    select: Select = "last"
    plan: dict[str, Choice] = Field(default={})
    plan_with: dict[str, dict[str, PlanSetting]] = Field(default={})
    published: list[Published] = Field(default=[])
    at: dict[str, Elsewhere] = Field(default={})

    @model_validator(mode="after")
    def _rows_and_columns_fit(self) -> "Table":
        for what, names in (("noise", self.noise), ("methods", self.methods), ("seeds", self.seeds)):
            if len(set(names)) < len(names):
                raise ValueError(f"{what} names something twice")
        odd = [row for row in self.methods if not re.fullmatch(r"\w+", row)]
        if odd:
            raise ValueError(f"methods: {odd[0]!r} names a folder, so letters, digits and _ only")
        _among("alias", self.alias, self.methods)
        _among("methods_with", self.methods_with, self.methods)
        _among("plan_with", self.plan_with, self.methods)
        _among("train_on", self.train_on, self.methods)
        _among("only", self.only, self.noise)
        for noise, rows in self.only.items():
            _among(f"only.{noise}", rows, self.methods)
        for published in self.published:
            for row, values in published.values.items():
                _among(f"published.values.{row}", values, self.noise)
        if self.holdout is not None and (self.test or self.test_split):
            raise ValueError(
                "holdout keeps rows aside to test on, and test names others; leave one of them out"
            )
        for row, other in self.train_on.items():
            if other.labels and not (other.dataset or self.test or self.labels or self.test_labels):
                raise ValueError(f"train_on.{row} has labels of its own: name the `test_labels` of all rows")
        return self

    @model_validator(mode="after")
    def _oracle_rows_fit(self) -> "Table":
        for name, rows in self.oracle_of.items():
            _among(f"oracle_of.{name}", rows, self.methods)
            if name in self.methods:
                raise ValueError(f"oracle_of.{name}: a row of the table has that name")
        return self

    @model_validator(mode="after")
    def _places_fit(self) -> "Table":
        for name, place in self.at.items():
            if not re.fullmatch(r"\w+", name):
                raise ValueError(f"at: {name!r} names a folder, so letters, digits and _ only")
            _among(f"at.{name}.noise", place.noise, self.noise)
            _among(f"at.{name}.methods_with", place.methods_with, self.methods)
            _among(f"at.{name}.plan_with", place.plan_with, self.methods)
            try:
                self.elsewhere(name)
            except ValidationError as error:
                raise ValueError(f"at.{name}: {one_line(error, Table)}") from error
        return self

    def elsewhere(self, name: str) -> "Table":
        """The table that asks the same on another data set; it is called TABLE@NAME.

        Raises:
            BadInput: if the table has no such place.
        """
        if name not in self.at:
            there = ", ".join(self.at) or "none"
            raise BadInput(f"table {self.name} has no [at.{name}]; there is: {there}")
        place = self.at[name]
        moved = {noise: place.noise.get(noise, noise) for noise in self.noise}
        changes = {
            "name": f"{self.name}@{name}",
            "question": f"{self.question}\n\n{place.differs}",
            "noise": list(moved.values()),
            "only": {moved[noise]: rows for noise, rows in self.only.items()},
            "plan": self.plan | place.plan,
            "methods_with": _beside(self.methods_with, place.methods_with),
            "plan_with": _beside(self.plan_with, place.plan_with),
            "task": place.task or self.task,
            "seeds": place.seeds or self.seeds,
            "at": {},
        }
        names = ("title", "dataset", "labels", "test", "test_labels", "test_split", "holdout", "published")
        replaced = {name: getattr(place, name) for name in names}
        return Table.model_validate({**dict(self), **replaced, **changes})

    def rows_under(self, noise: str) -> list[str]:
        """The rows that run under a noise, in the table's order."""
        return [row for row in self.methods if row in self.only.get(noise, self.methods)]


def read_table(path: str | Path) -> Table:
    """The table in a TOML file; a bare name is looked for in the folder `tables`.

    Raises:
        BadInput: no such file, not TOML, a misspelt key, a value that breaks a rule.
    """
    path = _locate(Path(path))
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not a TOML file: {error}") from error
    if "name" in content:
        raise BadInput(f"{path}: a table is called what its file is called; remove the key 'name'")
    try:
        return Table.model_validate({"name": path.stem, **content})
    except ValidationError as error:
        raise BadInput(f"{path}: {one_line(error, Table)}") from error


def _locate(path: Path) -> Path:
    beside = Path("tables") / f"{path.name}.toml"
    if not path.is_file() and path.parent == Path() and beside.is_file():
        return beside
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in Path("tables").glob("*.toml"))) or "nothing"
        raise BadInput(f"{path}: no such table; give a TOML file, or a name in tables/ (there is: {there})")
    return path


def _among(what: str, names: Iterable[str], known: list[str]) -> None:
    stray = [name for name in names if name not in known]
    if stray:
        raise ValueError(f"{what} speaks of {stray[0]!r}, which the table does not have: {', '.join(known)}")


def _beside(settings: dict[str, dict[str, S]], others: dict[str, dict[str, S]]) -> dict[str, dict[str, S]]:
    """Settings of each row, and others beside them or in their place."""
    return {row: settings.get(row, {}) | others.get(row, {}) for row in settings | others}

"""The questions: a results table as a TOML file, and the cells (trainings) that it consists of."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from truemask.metrics import METRICS
from truemask.noise import parse
from truemask.types import BadInput, Task

CLEAN = "none"
"""The noise of a column whose training labels are left as they are: the ceiling."""

NOISE_RATE = "noise rate"
"""A knob's value that stands for the realised rate, for methods whose papers give them the true one."""


def _known_metric(name: str) -> str:
    if name.partition("/")[0] not in METRICS:
        raise ValueError(f"no metric called {name!r}; there is: {', '.join(METRICS)}")
    return name


Knob = bool | int | float | str
Noise = Annotated[str, AfterValidator(lambda spec: str(parse(spec)))]
"""A noise spec in its canonical text: one noise, one spelling."""
Metric = Annotated[str, AfterValidator(_known_metric)]
"""A name in METRICS, or of one class: `iou_dataset/car`."""
Select = Literal["last", "noisy_val", "oracle"]


class Record(BaseModel):
    """Read from outside: no unknown keys, no silent conversions, no changes after reading."""

    # A knob may be infinite ("leave nothing out"), and has to read back as what it was.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, ser_json_inf_nan="constants")


class Setting(Record):
    """A knob that differs from the paper's own value, and why."""

    value: Knob
    why: str = Field(min_length=1)


class Published(Record):
    """What others report for the same question, and what differs, so that nobody compares digits.

    Args:
        source: authors, venue, arXiv id, table or figure.
        differs: data, network, schedule, metric: whatever is not as here.
        claim: in words, where the source gives no number to put beside ours.
        values: method -> noise -> value, in the table's unit (a share, not percent).
    """

    source: str
    differs: str
    claim: str = ""
    values: dict[str, dict[Noise, float]] = {}


class Table(Record):
    """One question, asked of every method under every noise, with several seeds.

    Args:
        name: of the file; results lie in a folder of that name.
        title: heading of the rendered table.
        question: one or two sentences: what the numbers are to answer.
        dataset: name of an embedded data set, with options if need be, or a path.
        test: a data set to test on, where it is not the `test` split of `dataset`.
        task: only where `dataset` serves more than one.
        noise: columns; "none" is the clean ceiling.
        methods: rows.
        alias: row -> name in METHODS, for a second row of one method with other knobs.
        methods_with: row -> knob -> value, only what differs from the paper's own setting, and why.
        only: noise -> rows that run under it; all rows where not named.
        seeds: one training each; noise, initial weights and order all follow from it.
        metric: the number that is shown first, computed on clean test labels.
        also: further metrics to show below it.
        better: whether a higher or a lower `metric` is better.
        select: how the epoch is chosen. `last`; `noisy_val`: best on given labels held out from training;
            `oracle`: best on the test set, an upper bound and never a result.
        plan: settings of `training.Plan` that differ from the task's defaults.
        published: what others report.
    """

    name: str
    title: str
    question: str
    dataset: str
    test: str | None = None
    task: Task | None = Field(default=None, strict=False)
    noise: list[Noise] = Field(min_length=1)
    methods: list[str] = Field(min_length=1)
    alias: dict[str, str] = {}
    methods_with: dict[str, dict[str, Setting]] = {}
    only: dict[Noise, list[str]] = {}
    seeds: list[int] = Field(min_length=1)
    metric: Metric
    also: list[Metric] = []
    better: Literal["higher", "lower"] = "higher"
    select: Select = "last"
    plan: dict[str, Knob | list[float]] = {}
    published: list[Published] = []

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
        _among("only", self.only, self.noise)
        for noise, rows in self.only.items():
            _among(f"only.{noise}", rows, self.methods)
        for published in self.published:
            for row, values in published.values.items():
                _among(f"published.values.{row}", values, self.noise)
        return self

    def rows_under(self, noise: str) -> list[str]:
        """The rows that run under a noise, in the table's order."""
        return [row for row in self.methods if row in self.only.get(noise, self.methods)]


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
        test: name or path, where it is not the `test` split of `dataset`.
        task: where `dataset` serves more than one.
        select: how the epoch is chosen.
        plan: settings of `training.Plan`.
    """

    table: str
    row: str
    method: str
    knobs: dict[str, Knob] = {}
    noise: Noise
    seed: int
    dataset: str
    test: str | None = None
    task: Task | None = Field(default=None, strict=False)
    select: Select = "last"
    plan: dict[str, Knob | list[float]] = {}

    def knobs_at(self, realised_rate: float) -> dict[str, Knob]:
        """The knobs, with the realised noise rate where a value is `NOISE_RATE`."""
        return {name: realised_rate if value == NOISE_RATE else value for name, value in self.knobs.items()}

    def __str__(self) -> str:
        return f"{self.row} · {self.noise} · seed {self.seed}"


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


def cells(table: Table) -> list[Cell]:
    """Every training of a table, one seed after the other, so that half a table has all its columns."""
    return [
        Cell(
            table=table.name,
            row=row,
            method=table.alias.get(row, row),
            knobs={name: setting.value for name, setting in table.methods_with.get(row, {}).items()},
            noise=noise,
            seed=seed,
            dataset=table.dataset,
            test=table.test,
            task=table.task,
            select=table.select,
            plan=table.plan,
        )
        for seed in table.seeds
        for noise in table.noise
        for row in table.rows_under(noise)
    ]


def one_line(error: ValidationError, model: type[BaseModel]) -> str:
    """The main thing wrong with what was read, in a line: where, the rule, the way out."""
    # A misspelt key is told first: it is the reason why another is missing.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown_key(where, first["loc"], model)
    if first["type"] == "missing":
        return f"the key {where!r} is missing"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error" and where:
        return f"{where}: {message}"
    return f"{where}: {message}, got {first['input']!r}" if where else message


def _unknown_key(where: str, loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    if len(loc) > 1:
        return f"there is no key {where!r}"
    known = [name for name in model.model_fields if name != "name"]
    close = difflib.get_close_matches(where, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there is: {', '.join(known)}"
    return f"there is no key {where!r}; {hint}"


def _locate(path: Path) -> Path:
    beside = Path("tables") / f"{path.name}.toml"
    if not path.is_file() and path.parent == Path() and beside.is_file():
        return beside
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in Path("tables").glob("*.toml"))) or "nothing"
        raise BadInput(f"{path}: no such table; give a TOML file, or a name in tables/ (there is: {there})")
    return path


def _among(what: str, names: Mapping[str, object] | list[str], known: list[str]) -> None:
    stray = [name for name in names if name not in known]
    if stray:
        raise ValueError(f"{what} speaks of {stray[0]!r}, which the table does not have: {', '.join(known)}")

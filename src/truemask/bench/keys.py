"""The parts that a table is written in: what one key or one row's entry may hold."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from truemask.bench.record import Record
from truemask.metrics import METRICS
from truemask.noise import parse
from truemask.types import Task

CLEAN = "none"
"""The noise of a column whose training labels are left as they are: the ceiling."""

NOISE_RATE = "noise rate"
"""A knob's value that stands for the realised rate, for methods whose papers give them the true one."""


def _known_metric(name: str) -> str:
    if name.partition("/")[0] not in METRICS:
        raise ValueError(f"no metric called {name!r}; there is: {', '.join(METRICS)}")
    return name


Knob = bool | int | float | str
Choice = Knob | list[float]
"""What a plan's setting may be."""
Noise = Annotated[str, AfterValidator(lambda spec: str(parse(spec)))]
"""A noise spec in its canonical text: one noise, one spelling."""
Metric = Annotated[str, AfterValidator(_known_metric)]
"""A name in METRICS, or of one class: `iou_dataset/car`."""
Select = Literal["last", "noisy_val", "oracle"]
Share = Annotated[float, Field(gt=0, lt=1)]
Why = Annotated[str, Field(min_length=1)]


class Setting(Record):
    """A knob that differs from the paper's own value, and why."""

    value: Knob
    why: Why


class PlanSetting(Record):
    """A plan's setting of one row that differs from the other rows', and why."""

    value: Choice
    why: Why


class TrainOn(Record):
    """Labels that one row learns from instead of the table's: a ceiling, or another pair of eyes.

    Args:
        dataset: name or path, where it is not the table's. The row is tested where the others are.
        labels: which labels of it.
        why: what the row is there for.
    """

    dataset: str | None = None
    labels: str | None = None
    why: Why

    @model_validator(mode="after")
    def _says_what(self) -> "TrainOn":
        if self.dataset is None and self.labels is None:
            raise ValueError("says neither a dataset nor labels to learn from")
        return self


class Trusted(Record):
    """Training rows that methods which ask for verified labels get with clean ones.

    All other methods learn from these rows, too, with the labels they were given: everybody sees the same
    images.

    Args:
        share: of the training rows, drawn by a hash of seed and key.
        why: how large a share papers or users have.
    """

    share: Share
    why: Why


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
    values: dict[str, dict[Noise, float]] = Field(default={})


class Elsewhere(Record):
    """The table's question on another data set: what is different there.

    Data set, rows and labels of the table do not carry over; everything else does unless named here.

    Args:
        title: heading of the rendered table.
        dataset: name or path; a relative one may be told where it lies when the table is run.
        differs: what is not as in the runs of others that the table is about.
        task: where it is not the table's.
        labels: which labels of `dataset` to learn from.
        test: a data set to test on.
        test_labels: which labels to test on.
        test_split: the split to test on.
        holdout: share of the rows kept aside for testing.
        noise: column of the table -> what takes its place.
        plan: settings in place of, or beside, those of the table.
        methods_with: row -> knob -> value, in place of, or beside, those of the table.
        plan_with: row -> setting -> value, likewise.
        seeds: where they are not the table's.
        published: what others report there; numbers beside the table's own do not carry over.
    """

    title: str
    dataset: str
    differs: str = Field(min_length=1)
    task: Task | None = Field(default=None, strict=False)
    labels: str | None = None
    test: str | None = None
    test_labels: str | None = None
    test_split: str | None = None
    holdout: Share | None = None
    noise: dict[Noise, Noise] = Field(default={})
    plan: dict[str, Choice] = Field(default={})
    methods_with: dict[str, dict[str, Setting]] = Field(default={})
    plan_with: dict[str, dict[str, PlanSetting]] = Field(default={})
    seeds: list[int] | None = Field(default=None, min_length=1)
    published: list[Published] = Field(default=[])

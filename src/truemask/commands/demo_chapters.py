"""What the demo plays: two embedded data sets, what is done to their labels, and where its files lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from truemask.report.curves import Role


@dataclass(frozen=True)
class Chapter:
    """One half of the demo: what is corrupted, trained and audited.

    Args:
        source: an embedded data set, at a size for minutes on two cores.
        noise: what is done to its training labels.
        robust: the method beside plain cross entropy.
        settings: of the plan.
        title: what the page calls it.
        kicker: the task.
        story: what is special about it.
    """

    source: str
    noise: str
    robust: str
    settings: Mapping[str, Any]
    title: str
    kicker: str
    story: str

    @property
    def name(self) -> str:
        """Of the data set."""
        return self.source.partition(":")[0]


CHAPTERS = (
    Chapter(
        "organelles:train=120,val=1,test=40",
        "flip:0.4",
        "sce",
        {"epochs": 12, "batch_size": 8},
        "Organelles: four pixels in ten flipped",
        "semantic segmentation",
        "Tubes of a cell's endoplasmic reticulum under a fluorescence microscope, drawn by the package. "
        "Every pixel of the training labels was flipped with a chance of 40 %.",
    ),
    Chapter(
        "scenes:train=240,val=1,test=60",
        "symmetric:0.3",
        "lncis",
        {"epochs": 10, "batch_size": 8, "lr": 2e-3},
        "Scenes: three objects in ten called something else",
        "instance segmentation",
        "Textured objects that lie over each other, drawn by the package. Outlines are right; the class of "
        "an object was changed to another one with a chance of 30 %.",
    ),
)


@dataclass(frozen=True)
class Places:
    """Where the files of one half lie."""

    out: Path
    name: str

    @property
    def clean(self) -> Path:
        """The data set as made."""
        return self.out / self.name

    @property
    def noisy(self) -> Path:
        """Its noisy copy."""
        return self.out / f"{self.name}-noisy"

    @property
    def audit(self) -> Path:
        """The audit of the noisy copy."""
        return self.out / f"{self.name}-audit"

    def run(self, name: str) -> Path:
        """A run's folder."""
        return self.out / "runs" / f"{self.name}-{name}"


RUNS: tuple[tuple[str, str, Role], ...] = (
    ("clean", "ce on clean labels", "ceiling"),
    ("ce", "ce on noisy labels", "baseline"),
    ("robust", "{robust} on noisy labels", "method"),
)

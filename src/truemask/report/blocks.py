"""What pages are built of: sentences, pictures in rows, numbers with their meaning, curves, commands."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, UInt8

from truemask.report.curves import Panel, Role
from truemask.report.palette import Colour


@dataclass(frozen=True)
class Prose:
    """Paragraphs of plain words."""

    paragraphs: Sequence[str]


@dataclass(frozen=True)
class Picture:
    """One picture, and what is said below it.

    Args:
        pixels: as drawn; pages scale it without smoothing.
        caption: short, such as "Dice 0.83"; may be empty.
    """

    pixels: UInt8[np.ndarray, "h w 3"]
    caption: str = ""


@dataclass(frozen=True)
class PictureRow:
    """Pictures of one image of the data set, one a column; None leaves a gap."""

    name: str
    pictures: Sequence[Picture | None]


@dataclass(frozen=True)
class PictureGrid:
    """Images down, views of them across.

    Args:
        columns: what each column shows.
        rows: one an image.
        legend: what colours mean.
        note: a line below.
    """

    columns: Sequence[str]
    rows: Sequence[PictureRow]
    legend: Mapping[str, Colour] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Questions:
    """Findings that somebody decides about on the page, one after another, and saves the decisions of.

    Args:
        findings: the name of each (`audit.identity`), in the order in which to decide.
        pictures: a row of pictures for each.
        file: name of the file of decisions, JSON lines as `fix` reads them.
    """

    findings: Sequence[str]
    pictures: PictureGrid
    file: str = "decisions.jsonl"

    @property
    def together(self) -> str:
        """A name for these questions: a browser keeps the answers by it until they are saved."""
        return hashlib.blake2b(" ".join(self.findings).encode(), digest_size=6).hexdigest()


@dataclass(frozen=True)
class Measure:
    """A column of numbers, and what it means.

    Args:
        name: heading.
        meaning: one sentence for a reader who has never met it.
        digits: after the point.
        unit: "" for a plain number, "%" shows a share as percent, anything else is put behind the number.
        bar: draw the number as a bar too (a share in [0, 1]).
        upper_bound: chosen with the help of test labels: greyed, never a result.
    """

    name: str
    meaning: str
    digits: int = 3
    unit: str = ""
    bar: bool = False
    upper_bound: bool = False

    def text(self, value: float | None) -> str:
        """The number as shown; "-" where it is undefined or missing."""
        if value is None or math.isnan(value):
            return "-"
        if self.unit == "%":
            return f"{100 * value:.{self.digits}f}%"
        return f"{value:,.{self.digits}f}" + (f" {self.unit}" if self.unit else "")


@dataclass(frozen=True)
class Row:
    """A line of numbers by measure; `role` gives it the colour of its curve."""

    label: str
    values: Mapping[str, float]
    role: Role | None = None
    note: str = ""


@dataclass(frozen=True)
class NumberTable:
    """A small table; below it stands what each number means."""

    measures: Sequence[Measure]
    rows: Sequence[Row]
    note: str = ""


@dataclass(frozen=True)
class Charts:
    """Panels of curves, each with axes of its own."""

    panels: Sequence[Panel]
    note: str = ""


@dataclass(frozen=True)
class Heat:
    """A matrix over classes: share of each row's units that fall in each column.

    Args:
        names: of rows and columns alike.
        shares: in [0, 1], NaN where a row has no unit; the diagonal is what agrees.
        rows, columns: what the axes are.
    """

    names: Sequence[str]
    shares: Float64[np.ndarray, "k k"]
    rows: str
    columns: str
    note: str = ""


@dataclass(frozen=True)
class Step:
    """A command, and what it does."""

    what: str
    command: str


@dataclass(frozen=True)
class Commands:
    """Commands that reproduce what a page shows, in order."""

    steps: Sequence[Step]


@dataclass(frozen=True)
class Statement:
    """Something that is said about a data set.

    Args:
        topic: a word or two.
        said: a sentence or two, with figures.
        rests_on: what the figures come from.
    """

    topic: str
    said: str
    rests_on: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.said} [{self.rests_on}]"


@dataclass(frozen=True)
class Statements:
    """What is said, one below the other, each with what it rests on."""

    lines: Sequence[Statement]


Content = Prose | PictureGrid | Questions | NumberTable | Charts | Heat | Commands | Statements


@dataclass(frozen=True)
class Block:
    """A piece of a section, under a heading of its own ("" for none)."""

    content: Content
    heading: str = ""

    @property
    def kind(self) -> str:
        """Name of the template's macro."""
        return type(self.content).__name__


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Args:
        title: heading.
        kicker: a word or two above it.
        blocks: in reading order.
    """

    title: str
    kicker: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Tile:
    """One number that a reader should take away, and what it is."""

    value: str
    what: str
    role: Role | None = None


@dataclass(frozen=True)
class Page:
    """A whole page.

    Args:
        title: heading and window title.
        lead: one or two sentences.
        tiles: what to take away.
        sections: the rest.
        facts: small print: versions, duration, seed.
    """

    title: str
    lead: str
    tiles: Sequence[Tile]
    sections: Sequence[Section]
    facts: Sequence[str] = ()

"""The page that `truemask demo` leaves behind: what was done, shown, counted, and how to do it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from truemask.report.blocks import (
    Block,
    Charts,
    Commands,
    NumberTable,
    Page,
    PictureGrid,
    Prose,
    Section,
    Step,
    Tile,
)
from truemask.report.html import write_page

TITLE = "Learning from labels that cannot be trusted"


@dataclass(frozen=True)
class Part:
    """One task of the demo, from labels to audit. Headings are the page's, the words between them not.

    Args:
        title: what was done, such as "Organelles with 45 % of all pixels flipped".
        kicker: the task.
        story: paragraphs: the data, what was done to its labels, what was trained.
        pictures: image, truth, given label, changes, predictions, flags.
        results: one row a run, on clean test labels.
        verdict: sentences that read the results, whichever way they fell.
        curves: learning curves.
        audit: how many wrong labels the audit found, or None where there was none.
        audit_says: the audit's own summary, a sentence each.
        steps: commands that do the same, in order.
    """

    title: str
    kicker: str
    story: Sequence[str]
    pictures: PictureGrid
    results: NumberTable
    verdict: Sequence[str]
    curves: Charts
    steps: Sequence[Step]
    audit: NumberTable | None = None
    audit_says: Sequence[str] = ()


@dataclass(frozen=True)
class DemoPage:
    """All of the demo.

    Args:
        lead: a sentence or two: what this page shows.
        tiles: what to take away.
        parts: one a task.
        facts: small print: duration, seed, versions.
    """

    lead: str
    tiles: Sequence[Tile]
    parts: Sequence[Part]
    facts: Sequence[str] = ()


def demo_page(demo: DemoPage) -> Page:
    """The demo as a page."""
    return Page(TITLE, demo.lead, demo.tiles, [_section(part) for part in demo.parts], demo.facts)


def write_demo_page(demo: DemoPage, path: Path) -> None:
    """Write the demo's page whole or not at all."""
    write_page(demo_page(demo), path)


def _section(part: Part) -> Section:
    blocks = [
        Block(Prose(part.story)),
        Block(part.pictures),
        Block(Prose(part.verdict), "On clean test labels"),
        Block(part.results),
        Block(part.curves, "While they learned"),
    ]
    if part.audit_says or part.audit is not None:
        blocks.append(Block(Prose([" ".join(part.audit_says)]), "What the audit of the given labels found"))
    if part.audit is not None:
        blocks.append(Block(part.audit))
    blocks.append(Block(Commands(part.steps), "Do it again, step by step"))
    return Section(part.title, part.kicker, blocks)

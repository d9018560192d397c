"""The page on which a reviewer decides about a sample of an audit's findings."""

from collections.abc import Sequence

import pyarrow as pa

from truemask.audit.identity import finding_ids
from truemask.data.dataset import Dataset
from truemask.progress import watch
from truemask.report.audit_views import SEEN_PX, row_of, seen, segment_grid
from truemask.report.blocks import (
    Block,
    Commands,
    Page,
    Picture,
    PictureGrid,
    PictureRow,
    Questions,
    Section,
    Step,
)
from truemask.report.object_views import object_grid
from truemask.types import BadInput, Task


def spot_check_page(
    findings: pa.Table, dataset: Dataset, steps: Sequence[Step], *, show: bool = False
) -> Page:
    """Findings to decide about, one after another, without their scores.

    Args:
        findings: in the order in which to decide.
        dataset: images and given labels that were audited.
        steps: what to do with the decisions.
        show: a progress bar.

    Raises:
        BadInput: if an image of the audit is not in the data set, or there is nothing to look at.
    """
    if dataset.problem.points:
        raise BadInput(f"{dataset.name} has points instead of images: there is nothing to look at")
    questions = Questions(finding_ids(findings), _pictures(findings, dataset, show=show))
    sections = [
        Section("Is the label wrong?", "", [Block(questions)]),
        Section("Then", "", [Block(Commands(steps))]),
    ]
    lead = (
        f"{len(findings):,} findings, drawn evenly from all lists of the audit. Stop whenever you like: what "
        "is decided up to there is a fair sample. The browser keeps decisions until they are saved."
    )
    return Page(f"Spot check of {dataset.name}, {dataset.split}", lead, (), sections)


def _pictures(findings: pa.Table, dataset: Dataset, *, show: bool) -> PictureGrid:
    rows = watch("pictures", findings.to_pylist(), len(findings), show=show)
    if dataset.problem.task == Task.INSTANCE:
        return object_grid(dataset, rows, blind=True)
    if dataset.problem.task == Task.SEMANTIC:
        return segment_grid(dataset, rows, blind=True)
    names = dataset.problem.classes
    shown = []
    for found in rows:
        picture = Picture(seen(dataset.image(row_of(dataset, found["image"])), SEEN_PX))
        said = f"{found['image']}: given {names[found['given']]}, rather {names[found['proposed']]}"
        shown.append(PictureRow(said, [picture]))
    return PictureGrid(("",), shown)

"""The page of an audit: how much looks wrong, between which classes, and where to look first."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from truemask.audit import AUDIT_SCORES, KINDS, AuditResult
from truemask.audit.findings import of_level
from truemask.audit.instances import INSTANCE_AUDIT_SCORES
from truemask.data.dataset import Dataset
from truemask.report.audit_views import UNITS_ACROSS, image_grid, segment_grid, unit_grid
from truemask.report.blocks import (
    Block,
    Commands,
    Heat,
    Measure,
    NumberTable,
    Page,
    PictureGrid,
    Prose,
    Row,
    Section,
    Step,
    Tile,
)
from truemask.report.html import write_page
from truemask.report.object_views import image_object_grid, object_grid
from truemask.types import Task

MOST_CLASSES = 16
"""Nobody reads a matrix of more; the classes that most wrong labels are about are shown."""


def audit_page(
    result: AuditResult,
    dataset: Dataset,
    *,
    scores: Mapping[str, float] | None = None,
    steps: Sequence[Step] = (),
    facts: Sequence[str] = (),
    images: int = 12,
    segments: int = 12,
    diagnosis: Section | None = None,
) -> Page:
    """The audit of a data set's given labels as a page.

    Args:
        result: what was found.
        dataset: images and given labels that were audited.
        scores: `score_audit`'s numbers, where the truth is known.
        steps: commands that do it again.
        facts: small print.
        images: how many of the worst label maps to show; of images that bear one label, how many rows.
        segments: how many of the worst segments to show, of label maps; or of findings about objects.
        diagnosis: what kind of noise it is, what it costs, and what to do first.

    Raises:
        BadInput: if an image of the audit is not in the data set.
    """
    sections = [
        Section("How much looks wrong", "", [Block(Prose([" ".join(result.summary())])), *_classes(result)])
    ]
    if diagnosis is not None:
        sections.append(diagnosis)
    if scores:
        tables = [Block(score_table(scores))]
        if any("/" in name for name in scores):
            tables.append(Block(kind_score_table(scores), "By kind"))
        sections.append(Section("How good this audit is", "against the truth", tables))
    sections += _sights(result, dataset, images, segments)
    if steps:
        sections.append(Section("Do it again", "", [Block(Commands(steps))]))
    lead = (
        f"{_units(result).capitalize()} whose given label a network doubts that was not trained on it. "
        "A flag is a reason to look, not a verdict."
    )
    return Page(f"Audit of {dataset.name}, {dataset.split}", lead, _tiles(result), sections, facts)


def write_audit_page(page: Page, folder: Path) -> Path:
    """Write the page into the audit's folder; returns where."""
    path = folder / "report.html"
    write_page(page, path)
    return path


def score_table(scores: Mapping[str, float], label: str = "this audit") -> NumberTable:
    """`score_audit`'s numbers as a table that says what each means."""
    meaning = INSTANCE_AUDIT_SCORES | AUDIT_SCORES
    whole = {name: value for name, value in scores.items() if "/" not in name}
    measures = [Measure(name, meaning[name], digits=0 if name == "errors" else 3) for name in whole]
    return NumberTable(measures, [Row(label, whole)])


def kind_score_table(scores: Mapping[str, float]) -> NumberTable:
    """The numbers of each kind of error: of `score_instances`, or of `score_audit` for segments."""
    meaning = INSTANCE_AUDIT_SCORES | AUDIT_SCORES
    names = [name.split("/") for name in scores if "/" in name]
    measures = [
        Measure(metric, meaning[metric], digits=0 if metric == "errors_of" else 3)
        for metric in dict.fromkeys(metric for metric, _ in names)
    ]
    kinds = dict.fromkeys(kind for _, kind in names)
    return NumberTable(
        measures, [Row(kind, {m.name: scores[f"{m.name}/{kind}"] for m in measures}) for kind in kinds]
    )


def _units(result: AuditResult) -> str:
    return result.unit


def _tiles(result: AuditResult) -> list[Tile]:
    total, flagged = int(result.units.sum()), int(result.flagged.sum())
    if not total:
        return []
    touched = sum(count > 0 for count in result.images["flagged"].to_pylist())
    units = _units(result)
    of_objects = result.unit == "objects" and result.problem.task == Task.CLASSIFICATION  # rows are objects
    return [
        Tile(f"{result.wrong_rate:.1%}", f"of {total:,} {units} look wrong, by estimate", "baseline"),
        Tile(f"{flagged:,}", f"{units} are flagged, {flagged / total:.1%} of all", "method"),
        Tile(
            f"{touched:,} of {len(result.images):,}",
            f"{'objects' if of_objects else 'images'} have a flag",
            "ceiling",
        ),
    ]


def _classes(result: AuditResult) -> list[Block]:
    names, shown = result.problem.classes, _most_doubtful(result)
    given = result.joint.sum(axis=1, keepdims=True)
    shares = np.divide(result.joint, given, out=np.full_like(result.joint, np.nan), where=given > 0)
    note = "A row tells what the labels of that given class are presumed to be in truth."
    if len(shown) < len(names):
        note += f" Shown are the {len(shown)} of {len(names)} classes that most wrong labels are about."
    heat = Heat([names[c] for c in shown], shares[np.ix_(shown, shown)], "given", "presumed true", note)
    of_objects = result.problem.task == Task.INSTANCE
    # Nothing is given as background of an object; what is missing shows in the matrix.
    rows = [_class_row(result, c) for c in shown if c or not of_objects]
    return [
        *([Block(kind_table(result), "What kinds of error")] if of_objects else []),
        Block(NumberTable(_CLASS_MEASURES, rows)),
        Block(heat, "Which classes are taken for which"),
    ]


def kind_table(result: AuditResult) -> NumberTable:
    """How many findings there are of each kind."""
    counted = result.findings["kind"].value_counts().to_pylist()
    kinds = {one["values"]: float(one["counts"]) for one in counted}
    return NumberTable(
        [Measure("findings", "how many things look wrong in this way", digits=0)],
        [Row(kind, {"findings": kinds[kind]}, note=note) for kind, note in KINDS.items() if kind in kinds],
    )


_CLASS_MEASURES = (
    Measure("given", "labels of this class", digits=0),
    Measure("look wrong", "of the labels of this class, the estimated share that is wrong", 1, "%"),
    Measure("missed", "of what truly is of this class, the estimated share that was given another", 1, "%"),
    Measure("flagged", "labels of this class that are flagged one by one", digits=0),
)


def _class_row(result: AuditResult, class_id: int) -> Row:
    return Row(
        result.problem.classes[class_id],
        {
            "given": float(result.units[class_id]),
            "look wrong": float(result.wrong_rate_given[class_id]),
            "missed": float(result.noise_rate[class_id]),
            "flagged": float(result.flagged[class_id].sum()),
        },
    )


def _most_doubtful(result: AuditResult) -> list[int]:
    """The classes that most presumably wrong labels are of or should be, by id."""
    wrong = np.nan_to_num(result.joint - np.diag(np.diag(result.joint)))
    about = wrong.sum(axis=0) + wrong.sum(axis=1)
    return sorted(np.argsort(-about, kind="stable")[:MOST_CLASSES].tolist())


def _sights(result: AuditResult, dataset: Dataset, images: int, segments: int) -> list[Section]:
    if dataset.problem.points:
        return []
    if result.problem.task == Task.CLASSIFICATION:
        return _sight(
            f"{result.unit.capitalize()} to look at first",
            "surest first",
            unit_grid(dataset, result.findings.slice(0, images * UNITS_ACROSS).to_pylist()),
        )
    worst = result.worst_images()[:images]
    shown = [row["image"] for row in worst]
    there = pc.is_in(result.findings["image"], pa.array(shown, pa.string()))
    findings = result.findings.filter(there).to_pylist()
    if result.problem.task == Task.INSTANCE:
        first = of_level(result.findings, "instance").slice(0, segments).to_pylist()
        return [
            *_sight("Objects to look at first", "surest first", object_grid(dataset, first)),
            *_sight(
                "Images to look at first", "worst labels first", image_object_grid(dataset, worst, findings)
            ),
        ]
    patches = of_level(result.findings, "segment").slice(0, segments).to_pylist()
    return [
        *_sight("Images to look at first", "worst labels first", image_grid(dataset, worst, findings)),
        *_sight("Segments to look at first", "largest and surest first", segment_grid(dataset, patches)),
    ]


def _sight(title: str, kicker: str, grid: PictureGrid) -> list[Section]:
    return [Section(title, kicker, [Block(grid)])] if grid.rows else []

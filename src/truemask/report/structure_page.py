"""The page of a label set's structure: what is drawn, how densely, how it hangs together, what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from truemask.report.blocks import (
    Block,
    Commands,
    Content,
    Heat,
    Measure,
    NumberTable,
    Page,
    Picture,
    PictureGrid,
    PictureRow,
    Prose,
    Row,
    Section,
    Step,
    Tile,
)
from truemask.report.html import write_page
from truemask.report.palette import palette
from truemask.report.shade import profile_picture, shaded
from truemask.report.structure_words import (
    bias_words,
    budget_words,
    matrix_words,
    mixture_words,
    speckle_words,
)
from truemask.structure.distinguish import seen, total_variation
from truemask.structure.label_budget import LabelBudget
from truemask.structure.label_structure import LabelStructure
from truemask.structure.topology import Topology
from truemask.structure.windows import Window
from truemask.types import Problem

MOST_CLASSES = 12
"""Pictures and tables of more are not read; the classes with the largest areas are shown."""


@dataclass(frozen=True)
class StructureFound:
    """What was measured of a label set, ready to be told.

    Args:
        name: of the label set.
        problem: what the classes are.
        structure: counts over all images.
        window: that densities were estimated with.
        rows: a few images with their labels and densities.
        columns: what the pictures of each row are.
        rms_z: of the check of Lemma 1; None without truth.
        budget: labels there are and labels needed; None without truth.
    """

    name: str
    problem: Problem
    structure: LabelStructure
    window: Window
    rows: Sequence[PictureRow]
    columns: Sequence[str]
    rms_z: float | None
    budget: LabelBudget | None

    @property
    def shown(self) -> list[int]:
        """Ids of the classes that are shown, by id."""
        areas = [-one.area_px for one in self.structure.given]
        order = np.argsort(areas, kind="stable")[:MOST_CLASSES].tolist()
        return sorted(class_id for class_id in order if areas[class_id])


def summary(found: StructureFound) -> dict[str, list[str]]:
    """Sentences by heading: what the terminal says, and the page beside its pictures and tables."""
    said = {"Speckle": speckle_words(found.structure, found.window)}
    if found.rms_z is not None:
        said["Mistakes"] = [*matrix_words(found.structure), mixture_words(found.rms_z)]
        outlines = found.structure.outlines
        said["Outlines"] = [
            bias_words(found.problem.classes[class_id], outlines.bias_px(class_id))
            for class_id in _drawn(found)
        ]
    if found.budget is not None:
        said["What can be learnt"] = budget_words(found.budget, found.problem.classes, found.structure.images)
    return said


def structure_page(found: StructureFound, *, steps: Sequence[Step] = (), facts: Sequence[str] = ()) -> Page:
    """Everything that was measured, as a page."""
    said = summary(found)
    sections = [
        Section("What is drawn", "by class", [Block(topology_table(found))]),
        Section("How densely", "labels around each pixel", _densities(found, said["Speckle"])),
    ]
    if "Mistakes" in said:
        sections += [
            Section("What is wrong", "against the truth", _mistakes(found, said["Mistakes"])),
            Section("Where outlines run", "against the truth", _outlines(found, said["Outlines"])),
        ]
    if "What can be learnt" in said:
        sections.append(
            Section("What can be learnt", "from these labels", [Block(Prose(said["What can be learnt"]))])
        )
    if steps:
        sections.append(Section("Go on", "", [Block(Commands(steps))]))
    lead = (
        "Not which label is wrong, but how labels lie: their densities, how they hang together, and what of "
        "their structure is left to learn from."
    )
    return Page(f"Structure of {found.name}", lead, _tiles(found), sections, facts)


def write_structure_page(page: Page, path: Path) -> None:
    """Write the page whole or not at all."""
    write_page(page, path)


_MEASURES = (
    Measure("area", "share of all labels", 1, "%"),
    Measure("pieces", "connected regions in an image, on the mean", 1),
    Measure("holes", "places that the class goes all around, in an image, on the mean", 1),
    Measure("Euler number", "pieces less holes: meshes are far below 0, separate grains far above", 1),
    Measure("length", "of the middle lines in an image, on the mean", 0, "px"),
    Measure("width", "area over length: how thick things are", 1, "px"),
)


def topology_table(found: StructureFound) -> NumberTable:
    """A row a class, and one below it for the truth where there is one."""
    rows = []
    for sides, note in ((found.structure.given, ""), (found.structure.true, "truth")):
        total = sum(one.area_px for one in sides)
        rows += [
            Row(found.problem.classes[class_id], _values(sides[class_id], total), note=note)
            for class_id in found.shown
            if sides[class_id].images
        ]
    order = sorted(range(len(rows)), key=lambda at: found.problem.classes.index(rows[at].label))
    note = (
        "Speckle shows as far too many pieces and holes; gaps in tubes as more pieces. Objects that touch "
        "are one piece."
    )
    return NumberTable(_MEASURES, [rows[at] for at in order], note=note)


def _values(one: Topology, total: int) -> Mapping[str, float]:
    return {
        "area": one.area_px / total if total else float("nan"),
        "pieces": one.pieces / one.images,
        "holes": one.holes / one.images,
        "Euler number": one.euler / one.images,
        "length": one.skeleton_px / one.images,
        "width": one.width_px,
    }


def _tiles(found: StructureFound) -> list[Tile]:
    structure = found.structure
    tiles = [Tile(f"{structure.images:,}", "label maps", "ceiling")]
    rate = structure.covariance.speckle_rate()
    if found.rms_z is not None:
        tiles.append(Tile(f"{structure.wrong_share:.1%}", "of the labels are wrong", "baseline"))
    elif not np.isnan(rate):
        tiles.append(Tile(f"{rate:.0%}", "of the labels look changed at random, pixel by pixel", "baseline"))
    if found.budget is not None and found.budget.worth > 0:
        worth = f"{found.budget.worth:.2g}"
        tiles.append(
            Tile(worth, "of a correct label is what one of these is worth at the hardest pair", "method")
        )
    return tiles


def _densities(found: StructureFound, said: Sequence[str]) -> list[Block]:
    ends = {"no label of the class": _shade(0.0), "half": _shade(0.5), "all labels": _shade(1.0)}
    blocks = [Block(Prose(said)), Block(PictureGrid(found.columns, found.rows, ends))]
    pooled = found.structure.pooled.shares(Window("gaussian", 2))
    pictures = []
    for class_id in found.shown:
        high = float(np.nanmax(pooled[class_id])) if not np.isnan(pooled[class_id]).all() else 1.0
        caption = f"at most {high:.0%} of the labels around a place"
        pictures.append(Picture(shaded(pooled[class_id], high=high, zoom=3), caption))
    names = [found.problem.classes[class_id] for class_id in found.shown]
    note = "All images laid over one another. An even picture: the class may lie anywhere in the frame."
    for at in range(0, len(names), 4):
        row = PictureRow("", pictures[at : at + 4])
        last = at + 4 >= len(names)
        heading = "" if at else "Where in the frame"
        blocks.append(Block(PictureGrid(names[at : at + 4], [row], {}, note if last else ""), heading))
    return blocks


def _mistakes(found: StructureFound, said: Sequence[str]) -> list[Block]:
    shown = found.shown
    names = [found.problem.classes[class_id] for class_id in shown]
    there = np.ix_(shown, shown)
    transition = found.structure.transition
    content: list[tuple[Content, str]] = [
        (Prose(said), ""),
        (
            Heat(
                names, seen(transition)[there], "true", "given", "A row says what the labels of a class are."
            ),
            "",
        ),
    ]
    gaps = total_variation(transition)[there]
    np.fill_diagonal(gaps, np.nan)
    note = "100 %: a label always says which of the two it is. 0 %: it never says more than chance."
    content.append((Heat(names, gaps, "one", "other", note), "How well a label tells two classes apart"))
    return [Block(what, heading) for what, heading in content]


def _outlines(found: StructureFound, said: Sequence[str]) -> list[Block]:
    outlines, classes = found.structure.outlines, _drawn(found)
    colours = palette(found.problem)
    names = {class_id: found.problem.classes[class_id] for class_id in classes}
    picture = profile_picture(
        outlines.distances_px.tolist(),
        {names[one]: outlines.shares(one) for one in classes},
        {names[one]: tuple(colours[one].tolist()) for one in classes},
        across="px from the true outline (left: inside the class)",
        up="share of labels of the class",
    )
    note = "Perfect labels fall from 1 to 0 at the outline. A fall to the right of it: drawn too large."
    grid = PictureGrid([""], [PictureRow("", [Picture(picture)])], {}, note)
    return [Block(Prose(said)), Block(grid)]


def _drawn(found: StructureFound) -> list[int]:
    """Classes with outlines of their own: all but the background."""
    return [class_id for class_id in found.shown if class_id != found.problem.background]


def _shade(share: float) -> tuple[int, int, int]:
    red, green, blue = shaded(np.array([[share]], np.float32))[0, 0].tolist()
    return red, green, blue

"""`demo`: the whole way of the data on what comes with the package, and a page that shows it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from truemask import __version__, rle
from truemask.audit import AUDIT_SCORES
from truemask.audit.instances import INSTANCE_AUDIT_SCORES
from truemask.bench.sources import Source
from truemask.commands.audits import Audited, audit_dataset
from truemask.commands.corrupt import corrupt_source
from truemask.data import Dataset, Subset, open_dataset, write_dataset
from truemask.metrics import meaning
from truemask.report.audit_views import other_of_two, proposal
from truemask.report.blocks import (
    Charts,
    Measure,
    NumberTable,
    Picture,
    PictureGrid,
    PictureRow,
    Row,
    Step,
    Tile,
)
from truemask.report.curves import Panel, Role, curve_of
from truemask.report.demo_page import DemoPage, Part, write_demo_page
from truemask.report.drawing import as_rgb, enlarged
from truemask.report.object_views import proposed_objects
from truemask.report.palette import CHANGES
from truemask.report.pictures import changes_picture, overlay
from truemask.training import Found, Recipe, Trained, default_plan, headline, score, train
from truemask.types import BadInput, Instances, Labels, Task

SHOWN = 3
"""Images of each part that the page shows."""
SURE = 0.3
"""Objects with a lower score are not drawn: who learnt from many wrong names is never sure of one."""


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


def run_demo(out: Path, *, seed: int) -> None:
    """Make data, corrupt, train three times, audit, for each chapter; print the tables, write the page."""
    if out.is_dir() and any(out.iterdir()):
        raise BadInput(f"{out} is not empty; remove it, or choose another --out")
    started = time.perf_counter()
    parts = [_play(chapter, out, seed) for chapter in CHAPTERS]
    seconds = time.perf_counter() - started
    page = DemoPage(
        lead="Labels were corrupted on purpose, networks learnt from them, and an audit looked for what is "
        "wrong. Every number is on clean test labels that no run has seen.",
        tiles=[tile for _, tiles in parts for tile in tiles],
        parts=[part for part, _ in parts],
        facts=[f"truemask {__version__}", f"seed {seed}", f"{seconds:.0f} s"],
    )
    report = out / "report.html"
    write_demo_page(page, report)
    for part, _ in parts:
        _print(part)
    print(f"{seconds:.0f} s; pictures, curves and commands: {report}")


def _play(chapter: Chapter, out: Path, seed: int) -> tuple[Part, list[Tile]]:
    console = Console()
    places = Places(out, chapter.name)
    console.rule(f"{chapter.title} ({chapter.kicker})")
    write_dataset(open_dataset(f"{chapter.source},seed={seed}"), {}, places.clean)
    corrupt_source(Source(str(places.clean)), chapter.noise, places.noisy, seed=seed, show=True)
    clean, noisy = open_dataset(places.clean), open_dataset(places.noisy)
    test = clean.split("test")
    learn = {"clean": clean.split("train"), "ce": noisy.split("train"), "robust": noisy.split("train")}
    runs, values = {}, {}
    for run, dataset in learn.items():
        method = chapter.robust if run == "robust" else "ce"
        runs[run] = _train(chapter, method, dataset, test, places.run(run), seed)
        values[run] = score(runs[run].predict(test), test)
    audited = audit_dataset(
        noisy.split("train"),
        places.audit,
        settings={**chapter.settings, "seed": seed},
        truth=clean.split("train"),
    )
    shown = _pictures(chapter, runs, audited, clean.split("train"), noisy.split("train"))
    return _part(chapter, places, values, audited, shown, test), [_tile(chapter, values, test)]


def _train(
    chapter: Chapter, method: str, dataset: Dataset, test: Dataset, folder: Path, seed: int
) -> Trained:
    plan = default_plan(dataset.problem).changed({**chapter.settings, "seed": seed})
    # A third of the test images is enough for the curves.
    few = _first_rows(test, 12)
    recipe = Recipe(dataset=dataset, method=method, plan=plan, monitors={"test": few})
    return train(recipe, folder, tensorboard=False)


def _first_rows(dataset: Dataset, count: int) -> Dataset:
    """The first rows of a data set."""
    return Subset(dataset, range(min(count, len(dataset))))


def _measures(task: Task) -> list[tuple[str, str]]:
    """Metric and short heading of what the tables show."""
    if task == Task.INSTANCE:
        return [("mask_ap", "mask AP"), ("mask_ap50", "mask AP50"), ("box_ap", "box AP")]
    return [
        ("dice_dataset", "Dice"),
        ("auc", "AUC"),
        ("ece", "calibration error"),
        ("dice_dataset_oracle", "Dice, oracle"),
    ]


def _part(
    chapter: Chapter,
    places: Places,
    values: Mapping[str, Mapping[str, float]],
    audited: Audited,
    pictures: PictureGrid,
    test: Dataset,
) -> Part:
    shown = _measures(test.problem.task)
    measures = [
        Measure(heading, meaning(name), bar=name == headline(test.problem), upper_bound="oracle" in name)
        for name, heading in shown
    ]
    labelled = [(run, label.format(robust=chapter.robust), role) for run, label, role in RUNS]
    rows = [
        Row(label, {heading: values[run].get(name, float("nan")) for name, heading in shown}, role)
        for run, label, role in labelled
    ]
    panels = [
        Panel(title, [curve_of(places.run(run), column, label, role) for run, label, role in labelled])
        for title, column in (
            (f"{shown[0][1]} on 12 clean test images", f"test_{shown[0][0]}"),
            ("training loss", "loss"),
        )
    ]
    scores = {name: value for name, value in audited.scores.items() if name in _AUDIT_SHOWN}
    audit = NumberTable(
        [
            Measure(heading, (INSTANCE_AUDIT_SCORES | AUDIT_SCORES)[name])
            for name, heading in _AUDIT_SHOWN.items()
            if name in scores
        ],
        [Row("out-of-fold ce", {_AUDIT_SHOWN[name]: value for name, value in scores.items()})],
    )
    return Part(
        title=chapter.title,
        kicker=chapter.kicker,
        story=[
            chapter.story,
            "Three networks were trained alike: plain cross entropy (ce) on the clean labels, as the "
            f"ceiling; ce on the noisy ones; and {chapter.robust} on the very same noisy ones.",
        ],
        pictures=pictures,
        results=NumberTable(measures, rows, note=f"{len(test)} test images with clean labels; last epoch."),
        verdict=_verdict(chapter, values, headline(test.problem), shown[0][1]),
        curves=Charts(panels),
        steps=_steps(chapter, places),
        audit=audit,
        audit_says=audited.result.summary()[:3],
    )


def _steps(chapter: Chapter, places: Places) -> list[Step]:
    """The commands that do the same, one by one."""
    plan = " ".join(f"--set {name}={value}" for name, value in chapter.settings.items())
    clean, noisy, run = places.clean, places.noisy, places.run("robust")
    return [
        Step("Make the data.", f"truemask data make {chapter.source} {clean}"),
        Step("Corrupt its training labels.", f"truemask corrupt {clean} {chapter.noise} {noisy}"),
        Step("Learn from them.", f"truemask train {noisy} --method {chapter.robust} {plan} --out {run}"),
        Step("Score on clean labels.", f"truemask evaluate {run} {clean} --split test"),
        Step("Audit the labels.", f"truemask audit {noisy} {plan} --truth {clean} --out {places.audit}"),
    ]


_AUDIT_SHOWN = {
    "unit_precision": "precision",
    "unit_recall": "recall",
    "unit_ap": "AP",
    "unit_wrong": "AP by chance",
    "proposal_accuracy": "right proposals",
    "precision": "precision",
    "recall": "recall",
    "ap": "AP",
    "right_kind": "right kinds",
}


def _verdict(
    chapter: Chapter, values: Mapping[str, Mapping[str, float]], metric: str, heading: str
) -> list[str]:
    clean, ce, robust = (values[run][metric] for run in ("clean", "ce", "robust"))
    lost, won = clean - ce, robust - ce
    said = f"The noise cost plain cross entropy {lost:.3f} {heading}."
    if lost <= 0:
        return [f"Plain cross entropy lost nothing to the noise here ({ce:.3f} against {clean:.3f})."]
    if won <= 0:
        return [
            said,
            f"{chapter.robust} did not win any of it back in this run ({robust:.3f} against {ce:.3f}).",
        ]
    return [
        said,
        f"{chapter.robust} won {won:.3f} of it back ({won / lost:.0%}). One seed: the tables have three.",
    ]


def _tile(chapter: Chapter, values: Mapping[str, Mapping[str, float]], test: Dataset) -> Tile:
    metric = headline(test.problem)
    clean, ce, robust = (values[run][metric] for run in ("clean", "ce", "robust"))
    heading = _measures(test.problem.task)[0][1]
    return Tile(
        f"{ce:.2f} → {robust:.2f}",
        f"{heading} on {chapter.name}: ce, then {chapter.robust}, both on noisy labels; "
        f"clean labels give {clean:.2f}",
        "method",
    )


def _pictures(
    chapter: Chapter,
    runs: Mapping[str, Trained],
    audited: Audited,
    clean: Dataset,
    noisy: Dataset,
) -> PictureGrid:
    """Training images with their two labels and the flags, and beside them what the networks say of them."""
    zoom = max(1, 256 // max(clean.size(0)))
    problem = clean.problem
    rows = []
    part = _first_rows(noisy, SHOWN)
    said = {
        run: [as_labels(one, problem.task) for one in runs[run].predict(part)] for run in ("ce", "robust")
    }
    for row in range(SHOWN):
        image, truth, given = clean.image(row), clean.labels(row), noisy.labels(row)
        pictures = [
            as_rgb(enlarged(image, zoom)),
            overlay(image, truth, problem, zoom=zoom),
            overlay(image, given, problem, zoom=zoom),
            changes_picture(image, truth, given, problem, zoom=zoom),
            overlay(image, said["ce"][row], problem, zoom=zoom),
            overlay(image, said["robust"][row], problem, zoom=zoom),
            changes_picture(image, given, _flagged(audited, noisy, row), problem, zoom=zoom),
        ]
        rows.append(PictureRow(noisy.keys[row], [Picture(picture) for picture in pictures]))
    columns = (
        "image",
        "truth",
        "given label",
        "what was changed",
        "ce says",
        f"{chapter.robust} says",
        "audit flags",
    )
    note = "Training images: the networks say what the noisy labels taught them about these very images."
    return PictureGrid(columns, rows, CHANGES, note)


def _flagged(audited: Audited, noisy: Dataset, row: int) -> Labels:
    """The given labels of a row with what the audit proposes instead."""
    given, key = noisy.labels(row), noisy.keys[row]
    findings = [found for found in audited.result.findings.to_pylist() if found["image"] == key]
    if isinstance(given, Instances):
        return proposed_objects(given, findings)
    return proposal(other_of_two(given, findings, noisy.problem), findings)


def as_labels(prediction: Any, task: Task) -> Labels:
    """A prediction as labels that can be drawn: the likeliest classes, the objects that are sure enough."""
    if task == Task.SEMANTIC:
        return np.asarray(prediction.probs.argmax(axis=0), np.uint8)
    found: Found = prediction.found
    sure = found.scores > SURE
    masks = found.masks[sure]
    return Instances(
        size=(int(masks.shape[1]), int(masks.shape[2])),
        classes=found.labels[sure].astype(np.uint8),
        masks=rle.pack(masks),
        boxes=found.boxes[sure],
        ids=np.arange(int(sure.sum())),
        crowd=np.zeros(int(sure.sum()), dtype=bool),
    )


def _print(part: Part) -> None:
    for title, table in ((part.title, part.results), ("audit of its noisy labels", part.audit)):
        if table is None:
            continue
        grid = Grid(title=title, title_justify="left")
        for column in ("", *(measure.name for measure in table.measures)):
            grid.add_column(column, justify="left" if not column else "right")
        for row in table.rows:
            grid.add_row(row.label, *(m.text(row.values.get(m.name)) for m in table.measures))
        Console().print(grid)
    _print_lines(part.verdict)


def _print_lines(lines: Sequence[str]) -> None:
    for line in lines:
        print(line)

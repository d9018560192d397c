"""One half of the demo's page: tables, curves, words and the commands that do the same."""

from collections.abc import Mapping

from truemask.audit import AUDIT_SCORES
from truemask.audit.instances import INSTANCE_AUDIT_SCORES
from truemask.commands.audits import Audited
from truemask.commands.demo_chapters import RUNS, Chapter, Places
from truemask.data import Dataset
from truemask.metrics import meaning
from truemask.report.blocks import Charts, Measure, NumberTable, PictureGrid, Row, Step, Tile
from truemask.report.curves import Panel, curve_of
from truemask.report.demo_page import Part
from truemask.training import headline
from truemask.types import Task


def part_of(
    chapter: Chapter,
    places: Places,
    values: Mapping[str, Mapping[str, float]],
    audited: Audited,
    pictures: PictureGrid,
    test: Dataset,
) -> Part:
    """All of it.

    Args:
        chapter: that was played.
        places: of its files.
        values: scores of each run on clean test images, by run and metric.
        audited: the audit of the noisy labels, scored.
        pictures: training images.
        test: the test images.
    """
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


def tile_of(chapter: Chapter, values: Mapping[str, Mapping[str, float]], test: Dataset) -> Tile:
    """The headline score, of cross entropy and of the robust method."""
    metric = headline(test.problem)
    clean, ce, robust = (values[run][metric] for run in ("clean", "ce", "robust"))
    heading = _measures(test.problem.task)[0][1]
    return Tile(
        f"{ce:.2f} → {robust:.2f}",
        f"{heading} on {chapter.name}: ce, then {chapter.robust}, both on noisy labels; "
        f"clean labels give {clean:.2f}",
        "method",
    )


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

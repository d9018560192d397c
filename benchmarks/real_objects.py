"""Objects that people labelled wrongly, and corrected: what audits find of it, and what fixing is worth.

`truemask audit` as it is: two folds of a small network, calibrated by errors put into the same labels. Other
audits judge the same predictions. Networks and predictions are kept in the folder `--scratch`, so that a
second run takes seconds a pack.
"""

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
import typer

from benchmarks.against_listed import image_scores, scores
from benchmarks.object_packs import Pack, carparts, nuclei
from benchmarks.objects_by_boxes import image_badness, object_lab, on_boxes, with_true_regions
from benchmarks.real_objects_fixed import worth_of_fixing
from benchmarks.report import Row, publish
from truemask.audit import AuditResult
from truemask.audit.instances import Predicted, Seen, audit_instances
from truemask.commands.auditing_objects import beside
from truemask.commands.audits import audit_dataset
from truemask.commands.calibrating import calibrated
from truemask.data.dataset import Dataset
from truemask.data.files import whole_folder
from truemask.data.predictions.predict_folder import ABOUT
from truemask.data.views import AsSemantic
from truemask.training import Recipe
from truemask.training.folds import Folds, train_folds
from truemask.training.saved import write_predictions

PEER = "cleanlab"
FOREGROUND = 2
"""Classes of data whose objects are all alike, so that they can be audited as foreground, too."""
FOREGROUND_SCORES = ("unit_ap", "unit_precision", "unit_recall", "segment_precision")
ALL = 0.02
"""Score from which all suspicions are listed."""


@dataclass(frozen=True)
class Predictions:
    """What two folds say about images whose labels they did not learn from."""

    given: Dataset
    folds: Folds
    said: list[tuple[str, Predicted]]

    def beside(self, labels: Dataset) -> list[Seen]:
        """The predictions beside some labels of the images."""
        return [*beside(labels, self.said, replace(self.folds, dataset=labels).judge_objects())]

    def again(self, labels: Dataset, _: int) -> AuditResult:
        """The audit of other labels."""
        return audit_instances(self.beside(labels), labels.problem)


def main(
    nuclei_pack: Path | None = None,
    carparts_pack: Path | None = None,
    scratch: Path = Path("runs/real-objects"),
    networks: int = 1,
    foreground: bool = True,
    fix: bool = True,
) -> None:
    """Print the tables and keep them in benchmarks/results/real_objects_PACK.json and its _fixed.json.

    Args:
        nuclei_pack: folder of nuclei-dsb2018; without it, it is left out.
        carparts_pack: folder of carparts; likewise.
        scratch: folder of networks and predictions.
        networks: how many learn from each of given, fixed and true labels.
        foreground: whether to audit objects without classes as label maps, too, by networks of their own.
        fix: whether to measure what fixing is worth, too.
    """
    torch.set_num_threads(1)
    for pack in _packs(nuclei_pack, carparts_pack):
        measure(pack, scratch / pack.name, networks, foreground=foreground, fix=fix)


def measure(pack: Pack, folder: Path, networks: int, *, foreground: bool, fix: bool) -> None:
    """Print and keep the tables of one pack."""
    predictions = predicted(pack, folder)
    seen = predictions.beside(pack.given)
    result = audit_instances(seen, pack.given.problem)
    found = [*_rows(pack, seen, result)]
    notes = result.summary()
    if foreground and pack.given.problem.num_classes == FOREGROUND:
        row, note = _by_foreground(pack, folder)
        found.append(row)
        notes.append(note)
    name = f"real_objects_{pack.name.partition('-')[0]}"
    publish(
        name,
        f"Wrong objects of {pack.name}: precision of the first findings, AP by kind, images ranked",
        found,
        settings={"folds": 2, "audits": 1},
        packages=(PEER,) if importlib.util.find_spec(PEER) else (),
        notes=notes,
    )
    if not fix:
        return
    told, calibration = calibrated(pack.given, result, predictions.again, mode="fast", precision=None, seed=0)
    publish(
        f"{name}_fixed",
        f"What fixing them is worth, {pack.name}",
        [*worth_of_fixing(pack, told, calibration, folder, networks)],
        settings={"folds": 2, "audits": 1, "networks": networks},
        notes=[f"not calibrated: {one.kind}: {one.why}" for one in calibration.uncalibrated],
    )


def predicted(pack: Pack, folder: Path) -> Predictions:
    """Predictions of two folds, trained and made once."""
    recipe = Recipe(dataset=pack.given, plan=pack.plan(pack.given, 0))
    folds = train_folds(recipe, 2, folder / "folds")
    kept = folder / "predicted"
    if not kept.is_dir():
        with whole_folder(kept) as fresh:
            write_predictions(folds.predict(), pack.given.problem, fresh)
    return Predictions(pack.given, folds, [*_packed(kept)])


def _packed(folder: Path) -> Iterator[tuple[str, Predicted]]:
    """Predictions as they lie in a folder: unpacking their masks takes longer than to audit them."""
    for key in json.loads((folder / ABOUT).read_text(encoding="utf-8"))["keys"]:
        with np.load(folder / f"{key}.npz") as arrays:
            codes = tuple(bytes(code) for code in arrays["masks"])
            yield key, Predicted(arrays["labels"], arrays["scores"], codes)


def _packs(nuclei_pack: Path | None, carparts_pack: Path | None) -> Iterator[Pack]:
    for name, folder, opened in (("nuclei", nuclei_pack, nuclei), ("carparts", carparts_pack, carparts)):
        if folder is None:
            print(f"{name} is left out: name its folder with --{name}-pack")
        else:
            yield opened(folder)


def _rows(pack: Pack, seen: list[Seen], result: AuditResult) -> Iterator[Row]:
    """A row an audit."""
    problem = pack.given.problem
    bad = {error.image for error in pack.errors} | pack.removed
    boxed = audit_instances([on_boxes(one) for one in seen], problem, least=ALL)
    results = {
        "truemask": result,
        "truemask, all suspicions": audit_instances(seen, problem, least=ALL),
        "truemask on boxes, all suspicions": with_true_regions(boxed, seen),
    }
    images = {name: _badness(each) for name, each in results.items()}
    if importlib.util.find_spec(PEER):
        results["ObjectLab, all scores"] = object_lab(seen, problem)
        images["ObjectLab, all scores"] = image_badness(seen, problem)
    objects = sum(len(one.given) for one in seen)
    for name, each in results.items():
        listed = _known(each.findings, pack)
        values = {**scores(listed, pack.errors), **image_scores(images[name], bad)}
        yield {
            "data": pack.name,
            "by": name,
            "findings": len(listed),
            "errors": len(pack.errors),
            "objects": objects,
            **{what: None if isnan(value) else value for what, value in values.items()},
        }


def _by_foreground(pack: Pack, folder: Path) -> tuple[Row, str]:
    """The images as the audit of label maps ranks them; and what it finds, by pixels and by segments."""
    maps, truth = AsSemantic(pack.given), AsSemantic(pack.fixed)
    audited = audit_dataset(maps, folder / "foreground", settings=dict(pack.maps), truth=truth, show=False)
    said = ", ".join(f"{name} {audited.scores[name]:.4f}" for name in FOREGROUND_SCORES)
    bad = {error.image for error in pack.errors} | pack.removed
    row: Row = {
        **dict.fromkeys(scores([], []), None),
        "data": pack.name,
        "by": "truemask on the foreground map",
        "findings": len(audited.result.findings),
        "errors": len(pack.errors),
        "objects": None,
        **image_scores(_badness(audited.result), bad),
    }
    return row, f"{pack.name}, foreground map, by pixels: {said}"


def _known(findings: pa.Table, pack: Pack) -> list[dict[str, object]]:
    """Findings, best first, without those of images whose truth is not known."""
    return [row for row in findings.to_pylist() if row["image"] not in pack.removed]


def _badness(result: AuditResult) -> dict[str, float]:
    return {row["image"]: float(row["score"]) for row in result.images.to_pylist()}


if __name__ == "__main__":
    typer.run(main)

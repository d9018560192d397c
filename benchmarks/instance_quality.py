"""Audit of objects with known errors: average precision by kind, against box matching and ObjectLab.

Errors of every kind are put into the labels of embedded scenes; predictions come from networks that never saw
the labels they meet. All audits read the same predictions.
"""

import importlib.util
import tempfile
from pathlib import Path

import numpy as np
import typer

from benchmarks.objects_by_boxes import object_lab, on_boxes, with_true_regions
from benchmarks.report import Row, publish
from truemask.audit import AuditResult
from truemask.audit.instances import Seen, audit_instances, score_instances
from truemask.bench.noisy import corrupted
from truemask.commands.auditing_objects import seen_objects
from truemask.data import Dataset, open_dataset
from truemask.training import Recipe, default_plan
from truemask.training.folds import train_folds
from truemask.types import Instances

NOISE = (
    "miss:0.08+misclassify:0.08+merge:0.15,gap_px=8,across=any+split:0.06+affine:10,rate=0.08"
    "+shift:-4,high_px=4,rate=0.08+holes:0.05,radius_px=5+spurious:0.06+duplicate:0.05"
)
PLAN: Row = {"network": "mask_rcnn_light:width=16,fpn=32", "epochs": 12, "batch_size": 8, "lr": 3e-3}
PEER = "cleanlab"


def main(
    data: str = "scenes:train=240,size=96", noise: str = NOISE, seeds: int = 1, runs: Path | None = None
) -> None:
    """Print the table and keep it in benchmarks/results/instance_quality.json.

    Args:
        data: what `open_dataset` opens; its labels are taken to be right.
        noise: what is put into them.
        seeds: how often, with other draws and other networks.
        runs: where the networks are kept, and found again.
    """
    scores: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as fresh:
            clean = open_dataset(data).split("train")
            noisy, _ = corrupted(clean, noise, seed)
            seen = predicted(noisy, seed, (runs or Path(fresh)) / str(seed))
        pairs = [(one.key, one.given, _objects(clean, one.key)) for one in seen]
        for name, result in audits(seen, noisy).items():
            scores.setdefault(name, []).append(score_instances(result, pairs))
    measured = [f"ap_of/{kind}" for kind in sorted(_kinds(scores))]
    rows: list[Row] = [
        {"by": name, **{column.removeprefix("ap_of/"): _mean(each, column) for column in measured}}
        for name, each in scores.items()
    ]
    ours = next(iter(scores.values()))
    counts: Row = {
        "by": "errors",
        **{kind: _mean(ours, f"errors_of/{kind}") for kind in sorted(_kinds(scores))},
    }
    whole = [
        f"{name}: precision {_mean(each, 'precision'):.3f}, recall {_mean(each, 'recall'):.3f}, "
        f"right kind {_mean(each, 'right_kind'):.3f}, image AP {_mean(each, 'image_ap'):.3f} "
        f"(by chance {_mean(each, 'image_wrong'):.3f})"
        for name, each in scores.items()
        if not name.startswith("ObjectLab")
    ]
    settings: Row = {"data": data, "noise": noise, "seeds": seeds, **PLAN}
    publish(
        "instance_quality",
        f"Average precision by kind of error, {data}, {seeds} seed{'s' * (seeds > 1)}",
        [counts, *rows],
        settings=settings,
        packages=(PEER,) if importlib.util.find_spec(PEER) else (),
        notes=whole,
    )


def predicted(noisy: Dataset, seed: int, folder: Path) -> list[Seen]:
    """Given objects with out-of-fold predictions of two folds."""
    plan = default_plan(noisy.problem).changed({**PLAN, "seed": seed})
    folds = train_folds(Recipe(dataset=noisy, plan=plan), 2, folder)
    return [*seen_objects(noisy, folds.predict(), folds.judge_objects())]


def audits(seen: list[Seen], noisy: Dataset) -> dict[str, AuditResult]:
    """All audits, listing all that they suspect in the least."""
    problem = noisy.problem
    boxed = audit_instances([on_boxes(one) for one in seen], problem)
    made = {
        "truemask": audit_instances(seen, problem),
        "truemask, all suspicions": audit_instances(seen, problem, least=0.02),
        "truemask on boxes": with_true_regions(boxed, seen),
    }
    if importlib.util.find_spec(PEER):
        made["ObjectLab, all scores"] = object_lab(seen, problem)
    return made


def _objects(clean: Dataset, key: str) -> Instances:
    labels = clean.labels([*clean.keys].index(key))
    assert isinstance(labels, Instances)
    return labels


def _kinds(scores: dict[str, list[dict[str, float]]]) -> set[str]:
    """Kinds of error that there are."""
    return {
        name.partition("/")[2]
        for each in scores.values()
        for one in each
        for name, value in one.items()
        if name.startswith("errors_of/") and value
    }


def _mean(each: list[dict[str, float]], name: str) -> float:
    return float(np.mean([one.get(name, 0.0) for one in each]))


if __name__ == "__main__":
    typer.run(main)

"""Audit of objects: images per CPU second, against cleanlab's ObjectLab.

truemask matches masks, packed as they lie in label files; ObjectLab matches boxes. Images are drawn as large
and as full as COCO's, with 80 classes.
"""

import importlib.util
from collections.abc import Callable
from functools import partial

import numpy as np
import typer

from benchmarks.audited_objects import CLASSES, PROBLEM, audited_image
from benchmarks.measure import by_turns, spent
from benchmarks.objects_by_boxes import as_boxes
from benchmarks.report import Goal, Row, publish
from truemask.audit.instances import audit_instances

GOAL = 1000.0
SPEED = "images per CPU s"
PEER = "cleanlab"
OURS = "truemask, masks"


def main(images: int = 400, rounds: int = 5) -> None:
    """Print the table and keep it in benchmarks/results/audit_instances.json."""
    rng = np.random.default_rng(0)
    seen = [audited_image(rng, row) for row in range(images)]
    audits: dict[str, Callable[[], object]] = {OURS: partial(audit_instances, seen, PROBLEM)}
    if importlib.util.find_spec(PEER):
        labels, predictions = as_boxes(seen, CLASSES)
        audits["ObjectLab, find_label_issues, boxes"] = partial(_issues, labels, predictions)
        audits["ObjectLab, get_label_quality_scores, boxes"] = partial(_scores, labels, predictions)
    taken = by_turns({name: partial(spent, audit) for name, audit in audits.items()}, rounds)
    rows: list[Row] = [
        {
            "by": name,
            SPEED: images / taken[name].median_cpu_s,
            "images/s (best)": images / taken[name].best_s,
            "CPU over truemask": taken[name].cpu_over(taken[OURS]),
        }
        for name in audits
    ]
    given = float(np.mean([len(one.given) for one in seen]))
    found = float(np.mean([len(one.found) for one in seen]))
    alone = f"{PEER} is not here to stand beside: uv run --extra peers python -m benchmarks.audit_instances"
    publish(
        "audit_instances",
        f"{images} images, 480 x 640 px, {CLASSES} classes, {given:.1f} objects given and {found:.1f} found",
        rows,
        settings={"images": images, "rounds": rounds, "given": given, "found": found},
        goals=[Goal(SPEED, GOAL, images / taken[OURS].median_cpu_s, at_least=True)],
        packages=("numba", *(PEER,) * (len(audits) > 1)),
        notes=[] if len(audits) > 1 else [alone],
    )


def _issues(labels: list[dict[str, np.ndarray]], predictions: list[np.ndarray]) -> object:
    from cleanlab.object_detection.filter import find_label_issues

    return find_label_issues(labels, predictions)


def _scores(labels: list[dict[str, np.ndarray]], predictions: list[np.ndarray]) -> object:
    from cleanlab.object_detection.rank import get_label_quality_scores

    return get_label_quality_scores(labels, predictions, verbose=False)


if __name__ == "__main__":
    typer.run(main)

"""What `fix` is worth: labels before and after against the truth, and networks that learn from either.

Noise is put into clean labels; the audit (two folds), calibrated by errors that it injects itself, finds what
it can, and `fix` accepts a part of that. Everything goes by the given labels alone; the truth is looked at
only to measure.
"""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import mean

import numpy as np
import pyarrow as pa
import torch
import typer

from benchmarks.report import Row, publish
from truemask.bench.noisy import corrupted
from truemask.commands.audits import audit_dataset
from truemask.commands.calibrating import calibrated
from truemask.data.dataset import Dataset
from truemask.data.embedded import organelles, scenes
from truemask.data.relabelled import Relabelled
from truemask.data.trust import Trust, read_trust
from truemask.data.views import AsSemantic
from truemask.fixing import Fixer, judge, parse_rule
from truemask.fixing.doubts import write_doubts
from truemask.metrics import InstanceMetrics, SemanticMetrics
from truemask.training import Plan, Recipe, default_plan, headline, score, train
from truemask.types import IGNORE, BadInput, Instances, Task

CASES = (
    ("organelles", "miss:0.3", Task.SEMANTIC),
    ("organelles", "flip:0.2", Task.SEMANTIC),
    ("scenes", "misclassify:0.3", Task.SEMANTIC),
    ("scenes", "misclassify:0.3", Task.INSTANCE),
)
SURE, ALL = "precision=0.9", "score>=0"
"""Rules: what should be right nine times in ten, and all that was flagged. Neither knows the truth."""
UNSAID = 1000


def main(images: int = 48, size: int = 64, epochs: int = 15, seeds: int = 3) -> None:
    """Print the table and keep it in benchmarks/results/fixing.json."""
    torch.set_num_threads(1)
    rows: list[Row] = []
    started = time.process_time()
    for name, spec, task in CASES:
        measured = [measure(name, spec, task, images, size, epochs, seed) for seed in range(seeds)]
        for rule in (SURE, ALL):
            row: dict[str, float | str | None] = {
                "data": name,
                "units": str(task),
                "noise": spec,
                "rule": rule,
            }
            for column in measured[0][rule]:
                values = [one[rule][column] for one in measured if not np.isnan(one[rule][column])]
                row[column] = mean(values) if values else None
            rows.append(row)
            print(row, flush=True)
    publish(
        "fixing",
        f"Labels before and after fix, and what networks learn from them, mean of {seeds} seeds",
        rows,
        settings={
            "images": images,
            "size_px": size,
            "epochs": epochs,
            "seeds": seeds,
            "cpu_s": time.process_time() - started,
        },
        notes=[
            "labels: scored against the truth: Dice of organelles, mean IoU of scenes as maps, AP of objects",
            "changed: units that fix changed; now right: those of them that are; mended: share of the wrong",
            "net: that of a small network on clean test images; weighed: with the weights that fix writes",
            "given, weighed: nothing is accepted, so that all that was found is in doubt",
        ],
    )


def measure(
    name: str, spec: str, task: Task, images: int, size: int, epochs: int, seed: int
) -> Mapping[str, Mapping[str, float]]:
    """One data set, one noise, one seed: a row for each rule."""
    make = organelles.make if name == "organelles" else scenes.make
    splits = make(train=images, val=1, test=images, size=size, seed=seed)
    clean, test = splits.split("train"), splits.split("test")
    noisy: Dataset = corrupted(clean, spec, seed)[0]
    if task != clean.problem.task:
        clean, test, noisy = AsSemantic(clean), AsSemantic(test), AsSemantic(noisy)
    plan = default_plan(clean.problem).changed({"epochs": epochs, "seed": seed})
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        findings = audited(noisy, folder / "audit", epochs, seed)

        def net(labels: Dataset, name: str, doubts: Fixer | None = None) -> float:
            if task == Task.INSTANCE:  # whose networks take minutes
                return float("nan")
            weighed = doubts is not None and write_doubts(doubts, folder / name)
            trust = read_trust(folder / name) if weighed else None
            return learnt(labels, test, plan, folder / f"run {name}", trust)

        given, true = net(noisy, "given"), net(clean, "true")
        doubted = fixed_by(noisy, findings, None)
        weighed = net(noisy, "given weighed", doubted[0])
        rows = {}
        for rule in (SURE, ALL):
            fixer, fixed = fixed_by(noisy, findings, rule)
            rows[rule] = {
                "accepted": float(len(fixer.applied())),
                **label_quality(noisy, fixed, clean),
                "net: given": given,
                "net: given, weighed": weighed,
                "net: fixed, weighed": net(fixed, f"{rule} weighed", fixer) if fixer.applied() else weighed,
                "net: true": true,
            }
    return rows


def audited(noisy: Dataset, folder: Path, epochs: int, seed: int) -> pa.Table:
    """What a calibrated audit finds; without P(wrong) where it cannot be calibrated."""
    found = audit_dataset(noisy, folder, settings={"epochs": epochs, "seed": seed}, show=False)
    assert found.again is not None
    try:
        return calibrated(noisy, found.result, found.again, mode="fast", precision=None, seed=seed)[
            0
        ].findings
    except BadInput as error:
        print(error)
        return found.result.findings


def fixed_by(noisy: Dataset, findings: pa.Table, rule: str | None) -> tuple[Fixer, Dataset]:
    """The fixer of a rule, and the labels that come of it; None accepts nothing."""
    rules = [] if rule is None else [parse_rule(rule)]
    try:
        fixer = Fixer(noisy, findings, judge(findings, rules))
    except BadInput as error:  # a precision of lists that could not be calibrated
        print(error)
        fixer = Fixer(noisy, findings, judge(findings, []))
    return fixer, Relabelled(noisy, list(fixer.labels()))


def label_quality(given: Dataset, fixed: Dataset, true: Dataset) -> Mapping[str, float]:
    """Scores of labels against the truth, and what became of the wrong ones."""
    before, after = _units(given, true), _units(fixed, true)
    unsaid = after == UNSAID
    wrong, changed = before != 0, (before != after) & ~unsaid
    return {
        "labels: given": _score(given, true),
        "labels: fixed": _score(fixed, true),
        "changed": float(changed.sum()),
        "now right": float((after == 0)[changed].sum()),
        "ignored": float(unsaid.sum()),
        "mended": float((after == 0)[wrong].mean()) if wrong.any() else float("nan"),
    }


def learnt(data: Dataset, test: Dataset, plan: Plan, folder: Path, weights: Trust | None) -> float:
    """The score on clean images of a network that learnt from some labels."""
    recipe = Recipe(dataset=data, plan=plan, weights=weights)
    trained = train(recipe, folder, show=False, tensorboard=False)
    return score(trained.predict(test), test)[headline(test.problem)]


def _units(labels: Dataset, true: Dataset) -> np.ndarray:
    """For each pixel, or each true object, how its label differs from the truth: 0 where it does not, UNSAID
    where it is IGNORE.
    """
    parts = []
    for row in range(len(true)):
        said, truth = labels.labels(row), true.labels(row)
        if isinstance(truth, Instances):
            assert isinstance(said, Instances)
            classes = dict(zip(said.ids.tolist(), said.classes.tolist(), strict=True))
            own = np.array([classes.get(id_, 0) for id_ in truth.ids.tolist()], int)
            right = truth.classes.astype(int)
        else:
            own, right = np.asarray(said, int).ravel(), np.asarray(truth, int).ravel()
        parts.append(np.where(own == IGNORE, UNSAID, own - right))
    return np.concatenate(parts)


def _score(labels: Dataset, true: Dataset) -> float:
    problem = true.problem
    objects, maps = InstanceMetrics(problem), SemanticMetrics(problem)
    for row, key in enumerate(true.keys):
        said, truth = labels.labels(row), true.labels(row)
        if isinstance(truth, Instances):
            assert isinstance(said, Instances)
            sure, classes = np.ones(len(said), np.float32), said.classes.astype(np.int64)
            objects.update(key, said.boxes, classes, sure, said.masks, truth)
        else:
            one_hot = np.arange(problem.num_classes)[:, None, None] == np.asarray(said)
            maps.update(one_hot.astype(np.float32), np.asarray(truth))
    found = objects.compute() if problem.task == Task.INSTANCE else maps.compute()
    return found[headline(problem)]


if __name__ == "__main__":
    typer.run(main)

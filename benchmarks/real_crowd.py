"""Masks that a crowd drew, against experts': audited, fixed, learnt from.

BU-BIL (Gurari et al., WACV 2015): cells outlined by seven workers of a crowd, and by experts, whose majority
is the truth here. Labels are those of the first worker of each image, or what most of the seven say. Some
images are held out to test networks on. Which worker is good is a question of `benchmarks.annotators`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import typer
from sklearn.metrics import average_precision_score

from benchmarks.class_folds import Settings
from benchmarks.fixing import ALL, SURE, fixed_by
from benchmarks.kept_scores import kept_score
from benchmarks.out_of_fold import Case
from benchmarks.out_of_fold import Row as Judged
from benchmarks.real_classes import columns
from benchmarks.report import Row, publish
from benchmarks.segment_audits import by_truemask
from truemask.audit.evidence.annotators import overlap, rank_correlation
from truemask.audit.semantic.against_truth import SEGMENT_SCORES
from truemask.commands.audits import Audited, audit_dataset
from truemask.commands.calibrating import calibrated
from truemask.commands.runs import plan_for
from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.data.formats.annotator_bits import CROWD, label_names
from truemask.data.relabelled import Relabelled
from truemask.data.views import ArrayDataset, Resized, hold_out
from truemask.training import Recipe
from truemask.training.folds import train_folds
from truemask.types import IGNORE

HELD_OUT = 0.3


def main(
    pack: Path,
    scratch: Path = Path("runs/real-crowd"),
    size: int = 128,
    epochs: int = 20,
    folds: int = 2,
    seeds: int = 3,
) -> None:
    """Print the table and keep it in benchmarks/results/real_crowd.json.

    Args:
        pack: folder of BU-BIL.
        scratch: folder of networks.
        size: longest side of images and masks, in pixels.
        epochs: of every training.
        folds: of the audits.
        seeds: trainings on each kind of labels; 0: none.
    """
    if not pack.is_dir():
        raise SystemExit(f"{pack} is not there; name the folder of BU-BIL")
    torch.set_num_threads(1)
    truth, test = hold_out(reduced(pack, "consensus", size), HELD_OUT)
    crowd = [reduced(pack, name, size) for name in label_names(pack) if name.startswith(f"{CROWD}-")]
    settings: Settings = {"epochs": epochs}

    def nets(labels: Dataset) -> list[float]:
        plans = [plan_for(labels, {**settings, "seed": seed}) for seed in range(seeds)]
        return [kept_score(labels, test, plan, scratch / f"networks-{size}") for plan in plans]

    rows = list[Row]()
    for name, workers in (("one worker", crowd[:1]), (f"majority of {len(crowd)}", crowd)):
        given = Relabelled(truth, [majority(workers, key) for key in truth.keys])
        out = scratch / f"{name.replace(' ', '-')}-{size}-{folds}x{epochs}"
        audit = audit_dataset(given, out, settings=settings, folds=folds, truth=truth, show=False)
        assert audit.again is not None
        probs = judged(given, out, settings, folds)
        told = calibrated(given, audit.result, audit.again, mode="fast", precision=None, seed=0)[0]
        labels = {rule: fixed_by(given, told.findings, rule) for rule in (SURE, ALL)}
        learnt = {"given": nets(given), "fixed": nets(labels[SURE][1]), "true": nets(truth)}
        rows.append(
            {
                "masks of": name,
                **found(given, truth, audit, probs),
                "IoU: given": quality(given, truth),
                f"accepted at {SURE}": len(labels[SURE][0].applied()),
                f"IoU: {SURE}": quality(labels[SURE][1], truth),
                f"accepted at {ALL}": len(labels[ALL][0].applied()),
                f"IoU: {ALL}": quality(labels[ALL][1], truth),
                "images given up": given_up(labels[ALL][1]),
                **columns(learnt),
            }
        )
        print(rows[-1], flush=True)
    sizes = {"size_px": size, "epochs": epochs, "folds": folds, "seeds": seeds}
    publish(
        "real_crowd",
        f"Masks of a crowd in {len(truth)} images, against the majority of experts",
        rows,
        settings={**sizes, "test images": len(test)},
        packages=("scikit-learn",),
        notes=[
            "pixel AP: by pixel_scores; by findings: pixels of segments, then others flagged, then the rest;"
            " by 1 - p: one minus the probability of the given class",
            f"P@R.5: {SEGMENT_SCORES['segment_precision_at_half']}",
            "images given up: those that fix leaves without any label; their IoU does not count",
            "images: rank correlation of their badness with 1 - IoU against the truth",
            "net: Dice over all held out images, mean and standard deviation of the seeds",
        ],
    )


def reduced(pack: Path, labels: str, size: int) -> Dataset:
    """One label set of the pack at a smaller size, in memory."""
    data = Resized(open_dataset(pack, labels=labels).split("all"), size)
    rows = range(len(data))
    images, maps = [data.image(row) for row in rows], [data.labels(row) for row in rows]
    return ArrayDataset(data.name, data.split, data.problem, data.keys, images, maps)


def majority(workers: Sequence[Dataset], key: str) -> np.ndarray:
    """What more than half of the workers gave, pixel by pixel."""
    maps = [np.asarray(data.labels(data.keys.index(key))) for data in workers]
    most: np.ndarray = (2 * np.sum(maps, axis=0) > len(maps)).astype(np.uint8)
    return most


def judged(given: Dataset, out: Path, settings: Settings, folds: int) -> Mapping[str, np.ndarray]:
    """The probabilities that an audit in `out` went by, of the networks that it left there."""
    recipe = Recipe(dataset=given, plan=plan_for(given, settings))
    trained = train_folds(recipe, folds, out / "folds", show=False)
    return {one.key: one.probs for one in trained.predict() if one.probs is not None}


def found(given: Dataset, truth: Dataset, audit: Audited, probs: Mapping[str, np.ndarray]) -> Row:
    """Where an audit has the wrong pixels, segments and images."""
    rows = tuple(
        Judged(key, truth.image(i), np.asarray(given.labels(i)), np.asarray(truth.labels(i)), probs[key])
        for i, key in enumerate(truth.keys)
    )
    wrong = np.concatenate([(row.given != row.truth).ravel() for row in rows])
    suspect = by_truemask(Case(given.name, "crowd", 0, given.problem, rows)).pixels
    doubt = [1 - np.take_along_axis(row.probs, row.given[None].astype(np.int64), axis=0) for row in rows]
    badness = {row["image"]: row["score"] for row in audit.result.images.to_pylist()}
    return {
        "pixels wrong": float(wrong.mean()),
        "pixel AP": _ap(wrong, suspect),
        "by findings": audit.scores["unit_ap"],
        "by 1 - p": _ap(wrong, doubt),
        "segment P@R.5": audit.scores["segment_precision_at_half"],
        "segment precision": audit.scores["segment_precision"],
        "segment recall": audit.scores["segment_recall"],
        "images": rank_correlation(
            [badness[key] for key in truth.keys],
            [1 - overlap(row.given, row.truth, truth.problem) for row in rows],
        ),
    }


def _ap(wrong: np.ndarray, doubts: Sequence[np.ndarray]) -> float:
    return float(average_precision_score(wrong, np.concatenate([doubt.ravel() for doubt in doubts])))


def quality(labels: Dataset, truth: Dataset) -> float:
    """Intersection over union with the truth, mean over images that have any label."""
    rows = range(len(truth))
    maps = [(np.asarray(labels.labels(row)), np.asarray(truth.labels(row))) for row in rows]
    return float(np.nanmean([overlap(*pair, truth.problem) for pair in maps]))


def given_up(labels: Dataset) -> int:
    """Images of which no pixel has a label."""
    return sum(bool((np.asarray(labels.labels(row)) == IGNORE).all()) for row in range(len(labels)))


if __name__ == "__main__":
    typer.run(main)

"""Does the image itself tell a right proposal from a wrong one? Edges and superpixels, without any network.

Right proposals are the segments of injected errors with their true class. Wrong ones have the same shapes at
another place, where the given label is right, with a class that does not belong there. AUROC: 0.5 is chance.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
import typer
from scipy.stats import rankdata

from benchmarks.report import Row, publish
from truemask.audit.confident_joint import Candidates
from truemask.audit.evidence.edges import edge_support, gradient
from truemask.audit.evidence.superpixels import borders
from truemask.audit.findings import Finding
from truemask.audit.segments import segments_of
from truemask.bench.noisy import corrupted
from truemask.data.embedded import organelles, scenes
from truemask.data.views import AsSemantic
from truemask.types import Task

CASES = (
    ("scenes", "miss:0.4"),
    ("scenes", "dilate:3"),
    ("scenes", "affine:6,rate=0.7"),
    ("organelles", "miss:0.4"),
    ("organelles", "dilate:2"),
)
SEEN: dict[str, Callable[[np.ndarray], np.ndarray]] = {"edges": gradient, "superpixels": borders}
LEAST_PX = 16


def main(images: int = 40, seed: int = 0) -> None:
    """Print the table and keep it in benchmarks/results/image_evidence.json."""
    rows = [_row(name, spec, images, seed) for name, spec in CASES]
    publish(
        "image_evidence",
        "Right proposals from wrong ones by the image alone, AUROC",
        rows,
        settings={"images": images, "seed": seed, "least_px": LEAST_PX},
        notes=["wrong proposals are drawn, not made by a network: those of networks lie near edges, too"],
    )


def _row(name: str, spec: str, images: int, seed: int) -> Row:
    make = organelles.make if name == "organelles" else scenes.make
    clean = make(train=images, val=1, test=1, seed=seed).split("train")
    noisy, _ = corrupted(clean, spec, seed)
    if clean.problem.task == Task.INSTANCE:
        clean, noisy = AsSemantic(clean), AsSemantic(noisy)
    scores: dict[str, list[float]] = {kind: [] for kind in SEEN}
    right: list[bool] = []
    rng = np.random.default_rng(seed)
    taken = 0.0
    for row in range(images):
        given, truth = (np.asarray(data.labels(row), np.uint8) for data in (noisy, clean))
        proposals = [
            *((finding, True) for finding in _segments(given, truth)),
            *((finding, False) for finding in _segments(given, _elsewhere(given, truth, rng))),
        ]
        for kind, look in SEEN.items():
            started = time.process_time()
            seen = look(clean.image(row))
            scores[kind] += [edge_support(seen, given, finding) for finding, _ in proposals]
            taken += time.process_time() - started
        right += [is_right for _, is_right in proposals]
    found = {kind: _auroc(np.array(values), np.array(right)) for kind, values in scores.items()}
    found["both"] = _auroc(np.mean([scores[kind] for kind in SEEN], axis=0), np.array(right))
    counts = {"right": sum(right), "wrong": len(right) - sum(right)}
    return {"data": name, "noise": spec, **found, **counts, "CPU ms an image": 1000 * taken / images}


def _elsewhere(given: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A map that differs from the given one in the shapes of its errors, moved to where it is right."""
    wrong = given != truth
    moved = np.roll(wrong, tuple(rng.integers(20, given.shape[0] - 20, 2).tolist()), axis=(0, 1)) & ~wrong
    classes = np.unique(truth)
    other = classes[(np.searchsorted(classes, given) + 1) % len(classes)]
    return np.where(moved, other, given)


def _segments(given: np.ndarray, proposed: np.ndarray) -> Iterator[Finding]:
    index = np.flatnonzero(given != proposed)
    flags = Candidates(index, given.ravel()[index], proposed.ravel()[index], np.ones(len(index), np.float32))
    found = segments_of(flags, (given.shape[0], given.shape[1]), min_area_px=LEAST_PX)
    for r, code in enumerate(found.masks):
        x0, y0, x1, y1 = found.boxes[r].tolist()
        yield Finding(
            level="segment",
            image="",
            kind="swapped",
            score=1.0,
            evidence="truth",
            weight=1.0,
            given=int(found.given[r]),
            proposed=int(found.proposed[r]),
            size=(given.shape[0], given.shape[1]),
            area_px=int(found.area[r]),
            box=(x0, y0, x1, y1),
            rle=code,
        )


def _auroc(scores: np.ndarray, right: np.ndarray) -> float:
    """How often a right proposal has the higher score of two; ties count half."""
    n, m = int(right.sum()), int((~right).sum())
    return float((rankdata(scores)[right].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


if __name__ == "__main__":
    typer.run(main)

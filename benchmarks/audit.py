"""Audits of pixels: megapixels per second of CPU, and memory, against cleanlab in the same run.

truemask reads a stream, one image at a time, as predictions come out of a network. cleanlab takes all
predictions as one array; it may lie on disk, so it is not counted: memory is what comes on top of it.
"""

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import typer

from benchmarks.label_maps import CLASSES, PROBLEM, audited_image
from benchmarks.measure import Rounds, by_turns, peak_bytes, spent
from benchmarks.report import Goal, publish
from truemask.audit.class_confidence import self_confidence, soft_minimum
from truemask.audit.cleanlab_parity import cleanlab_parity
from truemask.audit.confident_learning import confident_learning

GOAL = 20.0
TIMES_CLEANLAB = 4.0
MOST_BYTES = 1.2
SPEED, MEMORY, RATIO = "Mpx per CPU s", "bytes a further pixel", "CPU over truemask"
PEER = "cleanlab"
OURS, OUR_SCORES = "truemask, as a stream", "truemask, scores of images alone"
PARITY = "truemask, parity mode"
THEIRS, THEIR_DEFAULT = "cleanlab, find_label_issues(n_jobs=1)", "cleanlab, find_label_issues()"
THEIR_SCORES = "cleanlab, get_label_quality_scores()"
Audit = Callable[[np.ndarray, np.ndarray], object]
"""Given labels "n h w" and probabilities "n k h w"."""


def main(size: int = 512, images: int = 16, rounds: int = 5) -> None:
    """Print the table and keep it in benchmarks/results/audit.json."""
    rng = np.random.default_rng(0)
    labels = np.empty((images, size, size), np.uint8)
    probs = np.empty((images, CLASSES, size, size), np.float32)
    for row in range(images):
        labels[row], probs[row] = audited_image(rng, size)
    audits: dict[str, Audit] = {OURS: audit_stream, OUR_SCORES: score_stream, PARITY: in_parity}
    has_peer = importlib.util.find_spec(PEER) is not None
    if has_peer:
        audits |= {THEIRS: partial(audit_by_cleanlab, n_jobs=1), THEIR_DEFAULT: audit_by_cleanlab}
        audits[THEIR_SCORES] = score_by_cleanlab
    timed = {name: partial(spent, partial(audit, labels, probs)) for name, audit in audits.items()}
    taken = by_turns(timed, rounds)
    rows = {name: _row(name, taken, audit, labels, probs) for name, audit in audits.items()}
    alone = f"{PEER} is not here to stand beside; it is with: uv run --extra peers python -m benchmarks.audit"
    default = (
        "cleanlab's default starts a pool of processes an image; memory there is that of the first process"
    )
    publish(
        "audit",
        f"Audits of {images} maps of {size} x {size} px, {CLASSES} classes, float32",
        [*rows.values()],
        settings={"size_px": size, "images": images, "rounds": rounds},
        goals=_goals(rows, has_peer=has_peer),
        packages=("numba", *(PEER,) * has_peer),
        notes=[default if has_peer else alone],
    )


def _goals(rows: Mapping[str, Mapping[str, str | float]], *, has_peer: bool) -> list[Goal]:
    goals = [
        Goal("Mpx per CPU second", GOAL, float(rows[OURS][SPEED]), at_least=True),
        Goal(MEMORY, MOST_BYTES, float(rows[OURS][MEMORY]), at_least=False),
        Goal(f"{MEMORY}, scores alone", 0.01, float(rows[OUR_SCORES][MEMORY]), at_least=False),
    ]
    if has_peer:
        goals.append(
            Goal(f"CPU of {THEIRS} over ours", TIMES_CLEANLAB, float(rows[THEIRS][RATIO]), at_least=True)
        )
    return goals


def _row(
    name: str, taken: Mapping[str, Rounds], audit: Audit, labels: np.ndarray, probs: np.ndarray
) -> dict[str, str | float]:
    half = len(labels) // 2
    of_half = peak_bytes(lambda: audit(labels[:half], probs[:half]))
    of_all = peak_bytes(lambda: audit(labels, probs))
    return {
        "by": name,
        SPEED: labels.size / 1e6 / taken[name].median_cpu_s,
        "Mpx/s (best)": labels.size / 1e6 / taken[name].best_s,
        "peak MB": of_all / 1e6,
        MEMORY: (of_all - of_half) / labels[half:].size,
        RATIO: taken[name].cpu_over(taken[OURS]),
    }


def audit_stream(labels: np.ndarray, probs: np.ndarray) -> object:
    """One image after the other, in two passes."""
    return confident_learning(lambda: _rows(labels, probs), PROBLEM)


def score_stream(labels: np.ndarray, probs: np.ndarray) -> object:
    """The soft minimum of each image, in one pass."""
    return [
        soft_minimum(self_confidence(given.reshape(-1), said.reshape(len(said), -1)))
        for _, given, said in _rows(labels, probs)
    ]


def in_parity(labels: np.ndarray, probs: np.ndarray) -> object:
    """cleanlab's answers from a stream."""
    return cleanlab_parity(lambda: _rows(labels, probs), PROBLEM)


def _rows(labels: np.ndarray, probs: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for row, (given, said) in enumerate(zip(labels, probs, strict=True)):
        yield f"image {row}", given, said


def audit_by_cleanlab(labels: np.ndarray, probs: np.ndarray, n_jobs: int | None = None) -> object:
    """All images at once; in one process is its faster way."""
    from cleanlab.segmentation.filter import find_label_issues

    return find_label_issues(labels, probs, n_jobs=n_jobs, verbose=False)


def score_by_cleanlab(labels: np.ndarray, probs: np.ndarray) -> object:
    """Its soft minimum."""
    from cleanlab.segmentation.rank import get_label_quality_scores

    return get_label_quality_scores(labels, probs, verbose=False)


if __name__ == "__main__":
    typer.run(main)

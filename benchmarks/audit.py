"""Confident learning on pixels: megapixels per second of CPU, and memory, against cleanlab.

truemask reads a stream, one image at a time, as predictions come out of a network. cleanlab takes all
predictions as one array; it may lie on disk, so it is not counted: memory is what comes on top of it.
"""

import importlib.util
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import typer

from benchmarks.label_maps import CLASSES, PROBLEM, audited_image
from benchmarks.measure import Rounds, by_turns, peak_bytes, spent
from benchmarks.report import Goal, publish
from truemask.audit import confident_learning

GOAL = 20.0
MOST_BYTES = 1.2
SPEED, MEMORY = "Mpx per CPU s", "bytes a further pixel"
PEER = "cleanlab"
OURS = "truemask, as a stream"
Audit = Callable[[np.ndarray, np.ndarray], object]
"""Given labels "n h w" and probabilities "n k h w"."""


def main(size: int = 512, images: int = 16, rounds: int = 5) -> None:
    """Print the table and keep it in benchmarks/results/audit.json."""
    rng = np.random.default_rng(0)
    labels = np.empty((images, size, size), np.uint8)
    probs = np.empty((images, CLASSES, size, size), np.float32)
    for row in range(images):
        labels[row], probs[row] = audited_image(rng, size)
    audits: dict[str, Audit] = {OURS: audit_stream}
    if importlib.util.find_spec(PEER):
        audits[f"{PEER}, find_label_issues(n_jobs=1)"] = audit_by_cleanlab
    timed = {name: partial(spent, partial(audit, labels, probs)) for name, audit in audits.items()}
    taken = by_turns(timed, rounds)
    rows = [_row(name, taken[name], taken[OURS], audits[name], labels, probs) for name in audits]
    alone = f"{PEER} is not here to stand beside; it is with: uv run --extra peers python -m benchmarks.audit"
    mine = rows[0]
    publish(
        "audit",
        f"Confident learning on {images} maps of {size} x {size} px, {CLASSES} classes, float32",
        rows,
        settings={"size_px": size, "images": images, "rounds": rounds},
        goals=[
            Goal("Mpx per CPU second", GOAL, float(mine[SPEED]), at_least=True),
            Goal(MEMORY, MOST_BYTES, float(mine[MEMORY]), at_least=False),
        ],
        packages=("numba", *(PEER,) * (len(audits) > 1)),
        notes=[] if len(audits) > 1 else [alone],
    )


def _row(
    name: str, taken: Rounds, ours: Rounds, audit: Audit, labels: np.ndarray, probs: np.ndarray
) -> dict[str, str | float]:
    half = len(labels) // 2
    of_half = peak_bytes(lambda: audit(labels[:half], probs[:half]))
    of_all = peak_bytes(lambda: audit(labels, probs))
    return {
        "by": name,
        SPEED: labels.size / 1e6 / taken.median_cpu_s,
        "Mpx/s (best)": labels.size / 1e6 / taken.best_s,
        "peak MB": of_all / 1e6,
        MEMORY: (of_all - of_half) / labels[half:].size,
        "CPU over truemask": taken.cpu_over(ours),
    }


def audit_stream(labels: np.ndarray, probs: np.ndarray) -> object:
    """One image after the other, in two passes."""

    def stream() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        for row, (given, said) in enumerate(zip(labels, probs, strict=True)):
            yield f"image {row}", given, said

    return confident_learning(stream, PROBLEM)


def audit_by_cleanlab(labels: np.ndarray, probs: np.ndarray) -> object:
    """All images at once, in one process, which is its faster way."""
    from cleanlab.segmentation.filter import find_label_issues

    return find_label_issues(labels, probs, n_jobs=1, verbose=False)


if __name__ == "__main__":
    typer.run(main)

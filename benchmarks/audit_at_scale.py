"""Confident learning on gigapixels: time over size, and the memory of one process, by streaming.

Images are 1024 x 2048 px with 19 classes, in float32: 159 MB of probabilities each. A few are drawn and shown
again and again, each time with other wrong patches in the labels, so that nothing but the audit takes time.
"""

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import typer

from benchmarks.label_maps import CLASSES, PROBLEM, audited_image
from benchmarks.report import Goal, Row, publish
from truemask.audit.confident_learning import confident_learning

SIDE = 1024
IMAGE_PX = 2 * SIDE * SIDE
PATCH_PX = 16
MOST_GB = 1.0
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "audit-at-scale.png"
Mark = tuple[float, float, float]
"""Gigapixels so far, CPU seconds so far, gigabytes resident at most."""


def main(gigapixels: float = 3.0, tiles: int = 2, marks: int = 12) -> None:
    """Print the table, keep it in benchmarks/results/audit_at_scale.json, and draw it."""
    images = max(marks, round(gigapixels * 1e9 / IMAGE_PX))
    drawn = [_drawn(seed) for seed in range(tiles)]
    passes: list[list[Mark]] = []
    every = images // marks

    def stream() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        said: list[Mark] = []
        passes.append(said)
        started = time.process_time()
        for number in range(images):
            truth, probs = drawn[number % tiles]
            yield f"{number:06}", _with_patches(truth, number), probs
            if (number + 1) % every == 0:
                said.append(((number + 1) * IMAGE_PX / 1e9, time.process_time() - started, _resident_gb()))

    before_gb, started = _resident_gb(), time.process_time()
    result = confident_learning(stream, PROBLEM)
    cpu_s, size = time.process_time() - started, images * IMAGE_PX / 1e9
    peak_gb = _resident_gb()
    rows = [_row(first, second) for first, second in zip(*passes, strict=True)]
    even = rows[-1]["CPU s, both passes"] / rows[len(rows) // 2 - 1]["CPU s, both passes"]
    wanted = rows[-1]["gigapixels"] / rows[len(rows) // 2 - 1]["gigapixels"]
    publish(
        "audit_at_scale",
        f"Confident learning on {size:.2f} gigapixels, {CLASSES} classes, float32, one process",
        rows,
        settings={"images": images, "tiles": tiles, "image_px": IMAGE_PX},
        goals=[
            Goal("GB resident at most", MOST_GB, peak_gb, at_least=False),
            Goal("Mpx per CPU second, findings included", 20.0, size * 1e3 / cpu_s, at_least=True),
            Goal(
                "time of all over time of half, over the ratio of sizes", 1.1, even / wanted, at_least=False
            ),
        ],
        packages=("numba",),
        notes=[
            f"{before_gb:.2f} GB were resident before: the interpreter and {tiles} images of 0.16 GB",
            f"{len(result.findings):,} findings; {cpu_s:.0f} CPU s from first image to last finding",
        ],
    )
    _draw(rows)


def _drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """An image of two squares side by side, without its wrong patches."""
    rng = np.random.default_rng(seed)
    probs = np.concatenate([audited_image(rng, SIDE)[1] for _ in range(2)], axis=2)
    return probs.argmax(axis=0).astype(np.uint8), probs


def _with_patches(truth: np.ndarray, number: int) -> np.ndarray:
    given = truth.copy()
    rng = np.random.default_rng(number)
    corners = rng.integers(0, np.array(truth.shape) - PATCH_PX, (truth.size // 16_384, 2))
    for (top, left), name in zip(corners.tolist(), rng.integers(0, CLASSES, len(corners)), strict=True):
        given[top : top + PATCH_PX, left : left + PATCH_PX] = name
    return given


def _row(first: Mark, second: Mark) -> Row:
    return {
        "gigapixels": first[0],
        "CPU s, thresholds": first[1],
        "CPU s, candidates": second[1],
        "CPU s, both passes": first[1] + second[1],
        "Mpx per CPU s": first[0] * 1e3 / (first[1] + second[1]),
        "GB resident": second[2],
    }


def _resident_gb() -> float:
    """The most that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _draw(rows: list[Row]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    sizes = [row["gigapixels"] for row in rows]
    for name in ("CPU s, both passes", "CPU s, candidates", "CPU s, thresholds"):
        axes[0].plot([0, *sizes], [0, *(row[name] for row in rows)], marker=".", label=name[7:])
    axes[0].set(xlabel="gigapixels", ylabel="CPU seconds", title="Time grows with size")
    axes[0].legend(frameon=False)
    axes[1].plot(sizes, [row["GB resident"] for row in rows], marker=".")
    axes[1].axhline(MOST_GB, color="grey", linestyle=":")
    axes[1].set(xlabel="gigapixels", ylabel="GB resident, at most so far", ylim=(0, 1.1 * MOST_GB))
    axes[1].set_title("Memory: two images and the interpreter")
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, dpi=150)
    plt.close(figure)


if __name__ == "__main__":
    typer.run(main)

"""The audit of label maps over gigapixels: time over size, and the memory of one process, by streaming.

Images are 1024 x 2048 px with 19 classes, in float32: 159 MB of probabilities each. A few are drawn and shown
again and again, each time with other wrong patches in the labels, so that nothing but the audit takes time.
Each size is measured in a process of its own, from the first image to the findings on disk.
"""

import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import typer

from benchmarks.label_maps import CLASSES, PROBLEM, audited_image
from benchmarks.report import Goal, Row, publish
from truemask.audit.confident_learning import confident_learning
from truemask.audit.semantic import audit_segments, with_segments

SQUARE_PX = 256
HEIGHT, WIDTH = 4 * SQUARE_PX, 8 * SQUARE_PX
PATCH_PX = 16
MOST_GB = 1.0
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "audit-at-scale.png"
PASSES = ("CPU s, thresholds", "CPU s, candidates", "CPU s, findings")
SEGMENTS = "CPU s, segments"
ALL = "CPU s, all"


def main(
    sizes: str = "0.3,1,3,10", segments: str = "0.03,0.1", tiles: int = 2, memory_at: float = 3.0
) -> None:
    """Print the table, keep it in benchmarks/results/audit_at_scale.json, and draw it.

    `sizes` are gigapixels for confident learning; `segments` those for the whole audit that a user gets, with
    the segments of label maps judged as well.
    """
    wanted = [(float(size), False) for size in sizes.split(",") if size]
    wanted += [(float(size), True) for size in segments.split(",") if size]
    rows: list[Row] = []
    for size, whole in wanted:
        rows.append(_alone(size, tiles, segments=whole))
        _tell(rows, tiles, memory_at)  # after each: a long run may break off


def _tell(rows: list[Row], tiles: int, memory_at: float) -> None:
    plain, whole = _split(rows)
    if not plain:
        return
    at = min(plain, key=lambda row: abs(row["gigapixels"] - memory_at))
    first, last = plain[0], plain[-1]
    publish(
        "audit_at_scale",
        f"Label maps of up to {last['gigapixels']:.1f} gigapixels, {CLASSES} classes, float32, one process",
        rows,
        settings={"tiles": tiles, "image_px": HEIGHT * WIDTH},
        goals=[
            Goal(f"GB resident at {at['gigapixels']:.1f} Gpx", MOST_GB, at["GB resident"], at_least=False),
            Goal("Mpx per CPU second, findings included", 20.0, last["Mpx per CPU s"], at_least=True),
            Goal(
                f"CPU s a pixel at {last['gigapixels']:.1f} Gpx over that at {first['gigapixels']:.1f} Gpx",
                1.1,
                first["Mpx per CPU s"] / last["Mpx per CPU s"],
                at_least=False,
            ),
        ],
        packages=("numba", "pyarrow"),
        notes=[
            f"{at['GB before']:.2f} GB were resident before: the interpreter, and {tiles} images",
            "where segments take time, it is the whole audit that `truemask audit` does of label maps",
        ],
    )
    _draw(plain, whole)


def _alone(gigapixels: float, tiles: int, *, segments: bool) -> Row:
    """Measured in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measured, gigapixels, tiles, segments=segments).result()


def _measured(gigapixels: float, tiles: int, *, segments: bool) -> Row:
    images = max(1, round(gigapixels * 1e9 / (HEIGHT * WIDTH)))
    drawn = [_drawn(seed) for seed in range(tiles)]
    ends: list[float] = []

    def stream() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        for number in range(images):
            truth, probs = drawn[number % tiles]
            yield f"{number:06}", _with_patches(truth, number), probs
        ends.append(time.process_time())

    _warm(drawn[0], segments=segments)
    before_gb, started = _resident_gb(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        result = confident_learning(stream, PROBLEM)
        judged = time.process_time()
        if segments:
            result = with_segments(result, audit_segments([stream], PROBLEM))
        segments_s = time.process_time() - judged
        result.write(Path(folder))
    total_s, size = time.process_time() - started, images * HEIGHT * WIDTH / 1e9
    first_s, second_s = np.diff([started, *ends[:2]]).tolist()
    return {
        "gigapixels": size,
        "findings": len(result.findings),
        PASSES[0]: first_s,
        PASSES[1]: second_s,
        PASSES[2]: total_s - first_s - second_s - (segments_s if segments else 0.0),
        SEGMENTS: segments_s if segments else None,
        ALL: total_s,
        "Mpx per CPU s": size * 1e3 / total_s,
        "GB before": before_gb,
        "GB resident": _resident_gb(),
    }


def _warm(image: tuple[np.ndarray, np.ndarray], *, segments: bool) -> None:
    """Kernels are compiled before the clock starts: a run of any length does that once."""
    truth, probs = (array[..., :64, :64] for array in image)
    stream = lambda: [("warm", _with_patches(truth, 0), np.ascontiguousarray(probs))]  # noqa: E731
    confident_learning(stream, PROBLEM)
    if segments:
        audit_segments([stream], PROBLEM)


def _drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """An image of squares, without its wrong patches."""
    rng = np.random.default_rng(seed)
    probs = np.empty((CLASSES, HEIGHT, WIDTH), np.float32)
    for top in range(0, HEIGHT, SQUARE_PX):
        for left in range(0, WIDTH, SQUARE_PX):
            probs[:, top : top + SQUARE_PX, left : left + SQUARE_PX] = audited_image(rng, SQUARE_PX)[1]
    return probs.argmax(axis=0).astype(np.uint8), probs


def _with_patches(truth: np.ndarray, number: int) -> np.ndarray:
    given = truth.copy()
    rng = np.random.default_rng(number)
    count = max(1, truth.size // 16_384)
    corners = rng.integers(0, np.array(truth.shape) - PATCH_PX, (count, 2))
    for (top, left), name in zip(corners.tolist(), rng.integers(0, CLASSES, count), strict=True):
        given[top : top + PATCH_PX, left : left + PATCH_PX] = name
    return given


def _resident_gb() -> float:
    """The most that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _split(rows: list[Row]) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """Rows of numbers: without segments, and with them; by size."""
    numbers = [{name: float(value) for name, value in row.items() if value is not None} for row in rows]
    numbers.sort(key=lambda row: row["gigapixels"])
    return [row for row in numbers if SEGMENTS not in row], [row for row in numbers if SEGMENTS in row]


def _draw(plain: list[dict[str, float]], whole: list[dict[str, float]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    sizes = [row["gigapixels"] for row in plain]
    for name in (ALL, PASSES[1], PASSES[0], PASSES[2]):
        axes[0].plot([0, *sizes], [0, *(row[name] for row in plain)], marker=".", label=name[7:])
    per = plain[0][ALL] / sizes[0]
    axes[0].plot([0, sizes[-1]], [0, per * sizes[-1]], "k:", linewidth=0.8, label="in proportion")
    axes[0].set(xlabel="gigapixels", ylabel="CPU seconds", title="Confident learning: time grows with size")
    axes[0].legend(frameon=False)
    axes[1].plot(sizes, [row["GB resident"] for row in plain], marker=".", label="confident learning")
    if whole:
        places = [row["gigapixels"] for row in whole]
        axes[1].plot(places, [row["GB resident"] for row in whole], marker=".", label="with segments")
    axes[1].plot(sizes, [row["GB before"] for row in plain], color="grey", label="interpreter and images")
    axes[1].axhline(MOST_GB, color="grey", linestyle=":")
    axes[1].set(
        xlabel="gigapixels", ylabel="GB resident, at most", title="Memory", xlim=(0, None), ylim=(0, None)
    )
    axes[1].legend(frameon=False)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, dpi=150)
    plt.close(figure)


if __name__ == "__main__":
    typer.run(main)

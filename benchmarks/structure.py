"""Densities of labels against scipy's kernel density estimate, at every pixel of one 256 x 256 label map.

scipy's `gaussian_kde` adds up every point at every pixel; here the estimate is a filter of the indicator.
Both use the same Gaussian, and the largest difference of their values is in the table.
"""

from collections.abc import Callable

import cv2
import numpy as np
import typer

from benchmarks.measure import Rounds, Spent, as_rounds, by_turns, spent
from benchmarks.report import Goal, Row, publish
from truemask.structure.bandwidth import LabelCovariance
from truemask.structure.density import local_shares, point_density
from truemask.structure.windows import SHAPES, Window

SIDE_PX = 256
BANDWIDTH_PX = 8.0
REPEATS = 50
"""Filters are so quick that a round does each so many times."""


def main(rounds: int = 7, scipy_rounds: int = 1) -> None:
    """Print the table and keep it in benchmarks/results/structure.json.

    Args:
        rounds: all filters take turns this many times.
        scipy_rounds: times that scipy's estimate is made; each takes half a minute or so.
    """
    cv2.setNumThreads(1)
    points = _points()
    labels = points.astype(np.uint8)
    work: dict[str, Callable[[], object]] = {
        f"density, {shape}": _density(points, Window(shape, BANDWIDTH_PX)) for shape in SHAPES
    }
    gaussian = Window("gaussian", BANDWIDTH_PX)
    work["density, gaussian, edge-corrected"] = lambda: point_density(points, gaussian)
    work["local shares of 2 classes, gaussian"] = lambda: local_shares(labels, 2, gaussian)
    work["covariance by distance (for the bandwidth)"] = lambda: LabelCovariance(2).add(labels)
    for each in work.values():  # numba compiles what it meets for the first time
        each()
    taken = by_turns({name: _repeated(each) for name, each in work.items()}, rounds)
    estimates: list[np.ndarray] = []
    theirs = as_rounds([spent(lambda: estimates.append(_scipys(points))) for _ in range(scipy_rounds)])
    ours = point_density(points, gaussian, edge_corrected=False)
    gap = float(np.abs(ours - estimates[0]).max() / estimates[0].max())
    rows: list[Row] = [
        {
            "work": name,
            "ms": times.median_s / REPEATS * 1e3,
            "scipy takes times as long": _times(times, theirs) if name.startswith("density") else None,
        }
        for name, times in taken.items()
    ]
    rows.append({"work": "scipy gaussian_kde", "ms": theirs.median_s * 1e3, "scipy takes times as long": 1.0})
    publish(
        "structure",
        f"Density of {int(points.sum()):,} points at {SIDE_PX} x {SIDE_PX} pixels",
        rows,
        settings={"rounds": rounds, "scipy_rounds": scipy_rounds, "bandwidth_px": BANDWIDTH_PX, "threads": 1},
        goals=[
            *(
                Goal(
                    f"times as fast as scipy ({shape})", 1e4, _times(taken[f"density, {shape}"], theirs), True
                )
                for shape in SHAPES
            ),
            Goal("largest difference to scipy, of the largest value", 2e-3, gap, False),
        ],
        packages=["scipy", "opencv-python-headless"],
        notes=["by processor time where ratios are given: the clock also counts who else uses the machine"],
    )


def _points() -> np.ndarray:
    """A turned pattern: its covariance is a multiple of the identity, so that scipy's kernel is round."""
    mask = np.zeros((SIDE_PX, SIDE_PX), dtype=bool)
    mask[30:90, 50:110] = True
    mask = mask | np.rot90(mask) | np.rot90(mask, 2) | np.rot90(mask, 3)
    return mask & (np.random.default_rng(0).random(mask.shape) < 0.9)


def _scipys(points: np.ndarray) -> np.ndarray:
    from scipy.stats import gaussian_kde

    places = np.argwhere(points).T.astype(float)
    kde = gaussian_kde(places, bw_method=BANDWIDTH_PX / np.sqrt(np.cov(places)[0, 0]))
    return np.asarray(kde(np.indices(points.shape).reshape(2, -1))).reshape(points.shape)


def _density(points: np.ndarray, window: Window) -> Callable[[], object]:
    return lambda: point_density(points, window, edge_corrected=False)


def _repeated(work: Callable[[], object]) -> Callable[[], Spent]:
    def several() -> None:
        for _ in range(REPEATS):
            work()

    return lambda: spent(several)


def _times(ours: Rounds, theirs: Rounds) -> float:
    return theirs.median_cpu_s / ours.median_cpu_s * REPEATS


if __name__ == "__main__":
    typer.run(main)

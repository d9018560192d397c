"""Megapixels a second of label noise, against the same noise written with numpy, scikit-image and scipy.

And against the floor: a plain copy, which moves the same bytes and does nothing to them.
"""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import typer
from scipy import ndimage
from skimage.morphology import dilation, disk

from benchmarks.label_maps import CLASSES, PROBLEM, label_map
from benchmarks.measure import Rounds, by_turns, spent
from benchmarks.report import Goal, Row, publish
from truemask.noise import Draws, corrupt, parse
from truemask.noise.relabel import relabel_map
from truemask.noise.transition import asymmetric

RATE = 0.3
RADIUS_PX = 2
PAIRS = {label: [(label + 1) % CLASSES, (label + 5) % CLASSES] for label in range(CLASSES)}
"""What each class is mistaken for."""

FLOOR = "floor: np.copyto"
FLIP, MATRIX, DILATE = f"flip:{RATE}", f"a transition matrix, {CLASSES} x {CLASSES}", f"dilate:{RADIUS_PX}"
GOALS_MPX = {FLIP: 1000.0, MATRIX: 200.0}
"""Megapixels a second of one core."""

Labels = np.ndarray


def main(size: int = 1024, rounds: int = 7) -> None:
    """Print the table and keep it in benchmarks/results/noise.json."""
    labels = label_map(np.random.default_rng(0), size)
    transition = asymmetric(CLASSES, RATE, PAIRS)
    room = np.empty_like(labels)
    groups: dict[str, dict[str, Callable[[], Labels]]] = {
        FLIP: {
            "truemask": lambda: ours(labels, FLIP),
            "numpy, two draws a pixel": lambda: flip_numpy(labels),
        },
        MATRIX: {
            "truemask": lambda: relabel_map(labels, transition, Draws(0, "image")),
            "numpy, choice class by class": lambda: choice_by_class(labels, transition),
            "numpy, inverse of the row's sums": lambda: inverse_of_sums(labels, transition),
        },
        DILATE: {
            "truemask": lambda: ours(labels, DILATE),
            "scikit-image, class by class": lambda: dilate_by_class(labels, grown_skimage),
            "scipy, class by class": lambda: dilate_by_class(labels, grown_scipy),
        },
    }
    rows: list[Row] = []
    goals: list[Goal] = []
    for noise, group in groups.items():
        check_alike(noise, group, labels)
        candidates = {**group, FLOOR: lambda: np.copyto(room, labels)}
        taken = by_turns({name: partial(spent, work) for name, work in candidates.items()}, rounds)
        least = min(taken[name].over(taken["truemask"]) for name in group if name != "truemask")
        if noise in GOALS_MPX:
            speed = labels.size / 1e6 / taken["truemask"].median_cpu_s
            goals.append(Goal(f"{noise}: Mpx per CPU s", GOALS_MPX[noise], speed, at_least=True))
        goals.append(Goal(f"{noise}: times as fast as the fastest other", 1.0, least, at_least=True))
        rows += [
            _row(noise, name, times, taken["truemask"], labels.size / 1e6) for name, times in taken.items()
        ]
    publish(
        "noise",
        f"Label noise on a map of {size} x {size} px with {CLASSES} classes",
        rows,
        settings={"size_px": size, "rounds": rounds, "opencv_threads": cv2.getNumThreads()},
        goals=goals,
        packages=("numba", "opencv-python-headless", "scikit-image", "scipy"),
        notes=[
            "The dilated maps are equal bit by bit; flipped shares agree to a hundredth.",
            "The floor reads and writes as many bytes as any noise must.",
        ],
    )


def _row(noise: str, name: str, taken: Rounds, truemask: Rounds, megapixels: float) -> Row:
    return {
        "noise": noise,
        "by": name,
        "Mpx/s (median)": megapixels / taken.median_s,
        "Mpx/s (best)": megapixels / taken.best_s,
        "Mpx per CPU s": megapixels / taken.median_cpu_s,
        "truemask is faster by": taken.over(truemask),
    }


def check_alike(noise: str, group: dict[str, Callable[[], Labels]], labels: Labels) -> None:
    """Refuse to compare what does not do the same: equal maps, or equal shares where dice are thrown."""
    made = {name: work() for name, work in group.items()}
    for name, other in made.items():
        same = np.array_equal(other, made["truemask"])
        share, ours_share = ((noisy != labels).mean() for noisy in (other, made["truemask"]))
        if not same and (noise.startswith("dilate") or abs(share - ours_share) > 0.01):
            raise SystemExit(f"{noise}: {name} changes {share:.4f} of the labels, truemask {ours_share:.4f}")


def ours(labels: Labels, spec: str) -> Labels:
    """Through the front door, as `truemask corrupt` does."""
    noisy = corrupt(labels, parse(spec), problem=PROBLEM, seed=0, key="image")
    assert isinstance(noisy, np.ndarray)
    return noisy


def flip_numpy(labels: Labels) -> Labels:
    """One draw for whether, another for what to."""
    rng = np.random.default_rng(0)
    other = rng.integers(0, CLASSES - 1, labels.shape, dtype=np.uint8)
    other += other >= labels
    return np.where(rng.random(labels.shape, dtype=np.float32) < RATE, other, labels)


def choice_by_class(labels: Labels, transition: np.ndarray) -> Labels:
    """The usual loop of released code."""
    rng = np.random.default_rng(0)
    noisy = labels.copy()
    for label, chances in enumerate(transition):
        at = labels == label
        noisy[at] = rng.choice(len(chances), size=int(at.sum()), p=chances)
    return noisy


def inverse_of_sums(labels: Labels, transition: np.ndarray) -> Labels:
    """No loop over classes, at the price of k numbers a pixel."""
    sums = transition.cumsum(axis=1).astype(np.float32)[:, :-1]
    draws = np.random.default_rng(0).random(labels.shape, dtype=np.float32)
    return np.asarray((draws[..., None] >= sums[labels]).sum(axis=-1, dtype=np.uint8))


def dilate_by_class(labels: Labels, grown: Callable[[np.ndarray], np.ndarray]) -> Labels:
    """Classes painted from the largest to the smallest, but the background."""
    noisy = labels.copy()
    areas = np.bincount(labels.ravel(), minlength=CLASSES)
    for label in sorted(range(1, CLASSES), key=lambda label: (-areas[label], label)):
        noisy[grown(labels == label)] = label
    return noisy


def grown_skimage(mask: np.ndarray) -> np.ndarray:
    """By scikit-image."""
    return np.asarray(dilation(mask, disk(RADIUS_PX)))


def grown_scipy(mask: np.ndarray) -> np.ndarray:
    """By scipy."""
    return np.asarray(ndimage.binary_dilation(mask, disk(RADIUS_PX)))


if __name__ == "__main__":
    typer.run(main)

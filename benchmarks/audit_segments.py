"""The segment audit: megapixels per second of CPU, beside confident learning on the same maps.

About 5 % of the pixels are wrong, in discs; predictions waver smoothly, as those of networks do, so that
there are disagreements along outlines and elsewhere, too. Made-up maps: how fast it is, not how good.
"""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import typer

from benchmarks.label_maps import CLASSES, label_map
from benchmarks.measure import by_turns, spent
from benchmarks.report import Goal, Row, publish
from truemask.audit.confident_learning import confident_learning
from truemask.audit.semantic.audit import audit_segments
from truemask.noise.segment.regions import segments
from truemask.types import Problem, Task

GOAL = 8.0
SPEED, RATIO = "Mpx per CPU s", "CPU over confident learning"
LARGE = "segment audit, errors injected into a tenth"
"""As of a data set that is ten times as large as gives examples enough: see `MOST_REGIONS`."""
WRONG = 0.05
_RADII_PX = (5, 16)
Images = list[tuple[str, np.ndarray, np.ndarray]]


def main(size: int = 512, images: int = 12, rounds: int = 3) -> None:
    """Print the table and keep it in benchmarks/results/audit_segments.json."""
    rows: list[Row] = []
    for classes in (CLASSES, 2):
        rows += _rows(classes, size, images, rounds)
    publish(
        "audit_segments",
        f"The segment audit of {images} maps of {size} x {size} px, float32, 5 % of the pixels wrong",
        rows,
        settings={"size_px": size, "images": images, "rounds": rounds},
        goals=[
            Goal(f"Mpx per CPU second, {CLASSES} classes", GOAL, float(rows[1][SPEED] or 0), at_least=True)
        ],
        packages=("numba",),
        notes=["both audits read the same maps twice; the segment audit judges injected errors, too"],
    )


def _rows(classes: int, size: int, images: int, rounds: int) -> list[Row]:
    rng = np.random.default_rng(classes)
    drawn: Images = [(f"image {row}", *audited_map(rng, size, classes)) for row in range(images)]
    problem = Problem(Task.SEMANTIC, tuple(f"class {c}" for c in range(classes)), background=0)
    regions = sum(len(segments(given, None)[1]) for _, given, _ in drawn)
    audits: dict[str, Callable[[], object]] = {
        "confident learning": lambda: confident_learning(lambda: drawn, problem),
        "segment audit": lambda: audit_segments([lambda: drawn], problem),
        LARGE: lambda: audit_segments([lambda: drawn], problem, most_regions=regions // 10),
    }
    taken = by_turns({name: partial(spent, audit) for name, audit in audits.items()}, rounds)
    floor = taken["confident learning"]
    return [
        {
            "classes": classes,
            "audit": name,
            SPEED: images * size * size / 1e6 / times.median_cpu_s,
            RATIO: times.cpu_over(floor),
        }
        for name, times in taken.items()
    ]


def audited_map(rng: np.random.Generator, size: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Given labels with wrong discs, uint8 "h w", and smooth predictions of the right ones, "k h w"."""
    truth = label_map(rng, size) % np.uint8(classes)
    given = truth.copy()
    while np.count_nonzero(given != truth) < WRONG * truth.size:
        middle = (int(rng.integers(size)), int(rng.integers(size)))
        cv2.circle(given, middle, int(rng.integers(*_RADII_PX)), int(rng.integers(classes)), -1)
    odds = np.empty((classes, size, size), np.float32)
    for class_id in range(classes):
        wavering = cv2.GaussianBlur(rng.standard_normal((size, size), dtype=np.float32), (0, 0), 4)
        seen = cv2.GaussianBlur((truth == class_id).astype(np.float32), (0, 0), 1.5)
        odds[class_id] = np.exp(6 * seen + 12 * wavering)
    return given, odds / odds.sum(axis=0)


if __name__ == "__main__":
    typer.run(main)

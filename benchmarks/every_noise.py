"""Every noise with its example: pixels and labels a second, beside a plain copy of the same labels."""

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
import typer
from docs.gallery import spec_of

from benchmarks import label_maps, photos
from benchmarks.measure import Rounds, by_turns, spent
from benchmarks.report import Row, publish
from truemask.bench.galleries import corrupted_set
from truemask.data import open_dataset
from truemask.noise import NOISES, SET_NOISES, Spec, corrupt, parse
from truemask.progress import watch
from truemask.types import Instances, Problem, Task

CLASSES = ("background", *(f"class {i}" for i in range(1, 9)))
"""As many as the examples of the gallery are for."""
MAPS = Problem(Task.SEMANTIC, CLASSES, background=0)
OBJECTS = Problem(Task.INSTANCE, CLASSES, background=0)
IMAGES = Problem(Task.CLASSIFICATION, CLASSES)
Work = tuple[str, str, float, Callable[[], object]]
"""Spec, what is counted, how many of them (in millions for pixels), and the noise on them."""


def main(size: int = 1024, photo_count: int = 20, objects: int = 20, rounds: int = 3) -> None:
    """Print the table and keep it in benchmarks/results/every_noise.json."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    labels = label_maps.label_map(rng, size) % len(CLASSES)
    lists = [_few_classes(photos.photo(rng, objects, first_id=objects * row)) for row in range(photo_count)]
    copied = np.empty_like(labels)
    floor = by_turns({"copy": partial(spent, lambda: np.copyto(copied, labels))}, rounds)["copy"]
    works = [*_on_maps(labels), *_on_objects(lists), *_on_images(), *_on_sets()]
    rows = [
        _row(work, by_turns({"noise": partial(spent, work[3])}, rounds)["noise"], floor, labels.size / 1e6)
        for work in watch("noises", works, len(works), show=True)
    ]
    publish(
        "every_noise",
        f"Every noise on a map of {size} x {size} px with {len(CLASSES)} classes, on {photo_count} photos of "
        f"640 x 480 px with {objects} objects each, and on 1,000 images",
        rows,
        settings={"size_px": size, "photos": photo_count, "objects": objects, "rounds": rounds, "threads": 1},
        packages=("numba", "opencv-python-headless", "scikit-image"),
        notes=[
            "Through the front door, `corrupt`, one image at a time, on one thread.",
            "Beside a copy: seconds a pixel over those of np.copyto of the same map, the floor of any noise.",
        ],
    )


def _on_maps(labels: np.ndarray) -> Sequence[Work]:
    megapixels = labels.size / 1e6
    return [
        (str(spec), "Mpx", megapixels, partial(corrupt, labels, spec, problem=MAPS, seed=0, key="map"))
        for spec in _specs(Task.SEMANTIC)
    ]


def _on_objects(lists: Sequence[Instances]) -> Sequence[Work]:
    def all_of(spec: Spec) -> None:
        for row, one in enumerate(lists):
            corrupt(one, spec, problem=OBJECTS, seed=0, key=f"photo-{row}")

    count = sum(map(len, lists))
    return [(str(spec), "objects", count, partial(all_of, spec)) for spec in _specs(Task.INSTANCE)]


def _on_images() -> Sequence[Work]:
    def all_of(spec: Spec) -> None:
        for row in range(1000):
            corrupt(row % len(CLASSES), spec, problem=IMAGES, seed=0, key=f"image-{row}")

    return [(str(spec), "image labels", 1000, partial(all_of, spec)) for spec in _specs(Task.CLASSIFICATION)]


def _on_sets() -> Sequence[Work]:
    digits = open_dataset("digits").split("train")
    return [
        (str(spec), "rows of digits", len(digits), partial(corrupted_set, digits, spec, 0))
        for spec in (parse(spec_of(name)) for name in SET_NOISES)
    ]


def _specs(task: Task) -> Sequence[Spec]:
    return [parse(spec_of(name)) for name, row in NOISES.items() if task in row.tasks]


def _few_classes(objects: Instances) -> Instances:
    return Instances(
        objects.size,
        (1 + objects.classes % (len(CLASSES) - 1)).astype(np.uint8),
        objects.masks,
        objects.boxes,
        objects.ids,
        objects.crowd,
    )


def _row(work: Work, taken: Rounds, floor: Rounds, megapixels: float) -> Row:
    spec, unit, amount, _ = work
    of_pixels = unit == "Mpx"
    return {
        "noise": spec if len(spec) <= 60 else f"{spec[:57]}...",
        "of": unit,
        "a second (median)": amount / taken.median_s,
        "per CPU s": amount / taken.median_cpu_s,
        "beside a copy": taken.median_s / amount * megapixels / floor.median_s if of_pixels else None,
    }


if __name__ == "__main__":
    typer.run(main)

"""Megapixels and objects a second of noise on outlines, against the same noise written by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import typer
from skimage.morphology import disk

from benchmarks import label_maps, outlines_by_hand, photos
from benchmarks.measure import Rounds, by_turns, spent
from benchmarks.report import Goal, Row, publish
from truemask.noise import corrupt, parse
from truemask.types import Instances, Labels, Problem, Task

MARKOV = "markov:200,everywhere=true"
BINARY = Problem(Task.SEMANTIC, ("background", "lesion"), background=0)
COPY = "copy of the map (np.copyto): the floor"
ALONE = (
    *("dilate:10", "dilate,area=1.2", "erode,area=0.8", "dilate_or_erode:2", "shift:-3,high_px=3"),
    *("markov:30", "simplify:5", "jitter:3", "affine:3,scale=1.2,rotate_deg=10", "affine:3,of=image"),
    *("box:0.5", "holes:0.5"),
)
"""Measured beside nothing but the floor."""
ALONE_ON_OBJECTS = (
    *("erode:2", *ALONE[1:], "skeleton", "elastic:50", "coarse:4", "coco_n:easy", "coco_n:hard"),
)


@dataclass(frozen=True)
class Contest:
    """The same noise by several means.

    Args:
        noise: spec.
        unit: what is counted.
        amount: so many of them in one piece of work.
        works: by whom; truemask's first.
        least: how many times as fast as the second truemask should be, if that is a goal.
        alike: whether two results are the same, as far as they should be.
    """

    noise: str
    unit: str
    amount: float
    works: dict[str, Callable[[], object]]
    least: float | None = None
    alike: Callable[[object, object], bool] | None = None


def main(size: int = 1024, photo_count: int = 20, objects: int = 20, rounds: int = 5) -> None:
    """Print the table and keep it in benchmarks/results/boundary_noise.json."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    labels = label_maps.label_map(rng, size)
    lists = [photos.photo(rng, objects, first_id=objects * row) for row in range(photo_count)]
    rows: list[Row] = []
    goals: list[Goal] = []
    for contest in [*on_maps(labels), *on_objects(lists)]:
        check_alike(contest)
        taken = by_turns({by: partial(spent, work) for by, work in contest.works.items()}, rounds)
        ours, *others = taken.values()
        if contest.least:
            name = f"{contest.noise}, {contest.unit}: times as fast as {list(taken)[1]}"
            goals.append(Goal(name, contest.least, others[0].over(ours), at_least=True))
        if contest.noise == "coco_n:medium":
            goals.append(
                Goal("coco_n: objects a second", 1000, contest.amount / ours.median_s, at_least=True)
            )
        rows += [_row(contest, by, times, ours) for by, times in taken.items()]
    publish(
        "boundary_noise",
        f"Noise on outlines: a map of {size} x {size} px with {label_maps.CLASSES} classes, and "
        f"{photo_count} photos of 640 x 480 px with {objects} objects each",
        rows,
        settings={"size_px": size, "photos": photo_count, "objects": objects, "rounds": rounds, "threads": 1},
        goals=goals,
        packages=("numba", "opencv-python-headless", "scikit-image", "scipy"),
        notes=[
            "Dilated, eroded, thinned and coarse labels are equal bit by bit; shares changed by elastic "
            "labels and areas after Markov growth agree to a tenth, classes changed by COCO-N to 30 %.",
            f"{MARKOV}: one disk of 220 px on 512 x 512 px, as lesions of ISIC are noised in the paper.",
        ],
    )


def on_maps(labels: np.ndarray) -> Sequence[Contest]:
    """Label maps."""
    classes, problem = label_maps.CLASSES, label_maps.PROBLEM
    areas = np.bincount(labels.ravel(), minlength=classes)
    largest_first = sorted(range(1, classes), key=lambda label: (-areas[label], label))
    out, megapixels = np.empty_like(labels), labels.size / 1e6
    floor = {COPY: lambda: np.copyto(out, labels)}

    def contest(noise: str, others: dict[str, Callable[[], object]], **more: object) -> Contest:
        ours = {"truemask": lambda: noised(labels, noise, problem)}
        return Contest(noise, "Mpx", megapixels, {**ours, **others, **floor}, **more)

    def painted(how: Callable[[np.ndarray], np.ndarray], order: list[int]) -> Callable[[], np.ndarray]:
        return lambda: outlines_by_hand.by_class(labels, how, order)

    skimage, scipy = outlines_by_hand.by_skimage(2), outlines_by_hand.by_scipy(2)
    every = [*reversed(largest_first), 0]
    lesion = np.zeros((512, 512), dtype=np.uint8)
    cv2.circle(lesion, (256, 256), 110, 1, -1)
    contests = [
        contest(
            f"{noise}:2",
            {
                "scikit-image, class by class": painted(skimage, order),
                "scipy, class by class": painted(scipy, order),
            },
            least=30,
            alike=np.array_equal,
        )
        for noise, order in (("dilate", largest_first), ("erode", every))
    ]
    contests += [
        contest(
            "skeleton",
            {"scikit-image, class by class": lambda: outlines_by_hand.skeletons(labels, classes)},
            alike=np.array_equal,
        ),
        Contest(
            MARKOV,
            "Mpx",
            lesion.size / 1e6,
            {
                "truemask": lambda: noised(lesion, MARKOV, BINARY),
                "numpy and scipy": lambda: outlines_by_hand.markov(lesion, 200, 0.8, 0.05, 0.2),
            },
            least=20,
            alike=lambda one, other: near(float(np.sum(one)), float(np.sum(other))),
        ),
        contest(
            "elastic:50",
            {"numpy and scipy": lambda: outlines_by_hand.elastic(labels, 50, 5)},
            alike=lambda one, other: near(float(np.mean(one != labels)), float(np.mean(other != labels))),
        ),
        contest(
            "coarse:4",
            {"numpy": lambda: outlines_by_hand.coarse(labels, 4, classes)},
            alike=np.array_equal,
        ),
    ]
    return [*contests, *(contest(noise, {}) for noise in ALONE)]


def on_objects(lists: list[Instances]) -> Sequence[Contest]:
    """Object lists."""
    count = sum(map(len, lists))

    def ours(noise: str) -> dict[str, Callable[[], object]]:
        return {"truemask": lambda: [noised(one, noise, photos.PROBLEM) for one in lists]}

    def whole(redraw: Callable[[np.ndarray], np.ndarray]) -> Callable[[], object]:
        return lambda: [outlines_by_hand.objects_on_whole_images(one, redraw) for one in lists]

    def by_hand() -> object:
        rng = np.random.default_rng(0)
        return [outlines_by_hand.coco_n(one, rng, photos.CLASSES) for one in lists]

    around = disk(2)
    others = {
        "OpenCV, on whole images": whole(lambda mask: np.asarray(cv2.dilate(mask, around))),
        "scikit-image, on whole images": whole(outlines_by_hand.by_skimage(2)),
    }
    contests = [
        Contest("dilate:2", "objects", count, {**ours("dilate:2"), **others}, least=10, alike=same_masks),
        Contest(
            "coco_n:medium",
            "objects",
            count,
            {**ours("coco_n:medium"), "OpenCV, on whole images": by_hand},
            alike=lambda one, other: near(reclassed(lists, one), reclassed(lists, other), 0.3),
        ),
    ]
    alone = [Contest(noise, "objects", count, ours(noise)) for noise in ALONE_ON_OBJECTS]
    return [*contests, *alone]


def noised(labels: Labels, spec: str, problem: Problem) -> Labels:
    """Through the front door, as `truemask corrupt` does."""
    return corrupt(labels, parse(spec), problem=problem, seed=0, key="image")


def check_alike(contest: Contest) -> None:
    """Refuse to compare what does not do the same."""
    if contest.alike is None:
        return
    by, *others = [name for name in contest.works if name != COPY]
    ours = contest.works[by]()
    for other in others:
        if not contest.alike(ours, contest.works[other]()):
            raise SystemExit(f"{contest.noise}: {other} does not do what truemask does")


def near(one: float, other: float, share: float = 0.1) -> bool:
    """Whether they differ by no more than this share of the larger one."""
    return abs(one - other) <= share * max(one, other)


def same_masks(one: object, other: object) -> bool:
    """Whether the lists have the same codes."""
    return [list(each.masks) for each in one] == [list(each) for each in other]


def reclassed(lists: list[Instances], made: object) -> float:
    """Share of objects with another class."""
    changed = total = 0
    for before, after in zip(lists, made, strict=True):
        if isinstance(after, Instances):
            there = np.isin(before.ids, after.ids)
            changed += np.count_nonzero(after.classes != before.classes[there])
        else:
            changed += np.count_nonzero(after[0] != before.classes)
        total += len(before)
    return changed / total


def _row(contest: Contest, by: str, taken: Rounds, truemask: Rounds) -> Row:
    return {
        "noise": contest.noise,
        "by": by,
        "unit": contest.unit,
        "a second (median)": contest.amount / taken.median_s,
        "a second (best)": contest.amount / taken.best_s,
        "a CPU second": contest.amount / taken.median_cpu_s,
        "truemask is faster by": taken.over(truemask),
    }


if __name__ == "__main__":
    typer.run(main)

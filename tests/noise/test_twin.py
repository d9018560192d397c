"""What became of the labels, measured on labels where it is known; and whether the spec makes it again."""

import csv
from math import sqrt

import cv2
import numpy as np
import pytest
from noise_toys import BINARY, CLASSES, OBJECTS, PIXELS, class_ids, label_maps, object_lists

from truemask import rle
from truemask.crops import crop
from truemask.data import open_dataset
from truemask.noise import corrupt, parse
from truemask.noise.twin import Tally, report_of, spec_of
from truemask.noise.twin.outlines import compare
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

CELLS = Problem(Task.INSTANCE, ("background", "cell", "dirt"), background=0)


def boxes(*made, size=(100, 100), crowd=()):
    """Objects from (class, top, left, bottom, right)."""
    masks = np.zeros((len(made), *size), dtype=bool)
    for mask, (_, top, left, bottom, right) in zip(masks, made, strict=True):
        mask[top:bottom, left:right] = True
    codes = rle.pack(masks)
    n = len(made)
    return Instances(
        size,
        np.array([one[0] for one in made], np.uint8).reshape(-1),
        codes,
        rle.boxes(codes, size),
        np.arange(n),
        np.isin(np.arange(n), crowd),
    )


def tally_of(noisy, clean, problem=CELLS):
    tally = Tally(problem)
    tally.add(noisy, clean, "image")
    return tally


def kinds_of(tally):
    return {kind: pair["count"] for kind, pair in report_of(tally)["kinds"].items() if pair["count"]}


A, B, C = (1, 10, 10, 30, 30), (1, 10, 34, 30, 60), (2, 60, 60, 90, 90)


@pytest.mark.parametrize(
    ("clean", "noisy", "expected"),
    [
        ([A, B, C], [A, B, C], {}),
        ([A, B, C], [A, C], {"missed": 1}),
        ([A, B, C], [A, B, (1, *C[1:])], {"wrong class": 1}),
        ([A], [A, C], {"spurious": 1}),
        ([A, B], [(1, 10, 10, 30, 60)], {"merged": 1}),
        ([A, B], [(1, 10, 10, 30, 60), A], {}),  # the joined one fits B, and A is there
        ([C], [(2, 60, 60, 74, 90), (2, 76, 60, 90, 90)], {"split": 1}),
        ([C], [(2, y, 60, y + 6, 90) for y in (60, 67, 74, 81)], {"split": 1}),
        ([A, C], [A, C, (2, 61, 59, 91, 89)], {"twice": 1}),
        ([A], [(1, 10, 10, 20, 30), (2, 20, 10, 30, 30)], {"spurious": 1, "redrawn": 1}),
        ([C], [(2, 60, 60, 76, 90)], {"gross outline": 1}),
        ([C], [(2, 60, 60, 84, 90)], {"redrawn": 1}),
        ([C], [(2, 57, 57, 90, 90)], {"redrawn": 1}),
        ([C], [(2, 60, 60, 90, 91)], {}),
        ([], [], {}),
        ([A], [], {"missed": 1}),
        ([], [A], {"spurious": 1}),
    ],
)
def test_what_became_of_things(clean, noisy, expected):
    tally = tally_of(boxes(*noisy), boxes(*clean))
    found = kinds_of(tally)
    if len(noisy) == 2 and noisy[-1] == A:
        assert found.pop("gross outline", 0) == 1
    assert found == expected
    assert tally.things.sum() == len(clean)


def test_of_two_in_one_place_the_one_of_the_same_class_is_the_same_thing():
    tally = tally_of(boxes((2, *C[1:]), (1, *C[1:])), boxes((1, *C[1:]), (2, *C[1:])))
    assert kinds_of(tally) == {}
    assert tally.confused.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_two_that_exchanged_their_classes_are_a_swap():
    tally = tally_of(boxes((2, *A[1:]), (1, *C[1:])), boxes(A, C))
    assert (tally.swaps, kinds_of(tally)) == (1, {"wrong class": 2})


def test_what_a_crowd_or_an_unknown_object_covers_does_not_count():
    crowd = boxes(A, C, crowd=[1])
    assert kinds_of(tally_of(boxes(A, C), crowd)) == {}
    assert kinds_of(tally_of(crowd, boxes(A, C))) == {}
    assert kinds_of(tally_of(boxes(A), boxes(A, (IGNORE, *C[1:])))) == {}


def test_sizes_are_kept_apart():
    clean = boxes((1, 0, 0, 31, 31), (1, 0, 50, 50, 90), (2, 60, 0, 99, 40))
    tally = tally_of(boxes((1, 0, 50, 50, 90)), clean)
    assert tally.missed.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert spec_of(tally) == "miss:0,rates=cell:0.5;dirt:1"


def test_sizes_have_rates_of_their_own_only_where_they_differ_by_more_than_chance():
    tally = Tally(CELLS)
    tally.things[1], tally.missed[1] = (100, 100, 10), (50, 20, 0)
    tally.things[2], tally.missed[2] = (100, 100, 10), (30, 26, 3)
    assert spec_of(tally) == "miss:0,rates=cell/small:0.5;cell/medium:0.2;dirt:0.281"


def test_tallies_of_parts_add_up():
    lists = list(object_lists().values())
    pairs = [
        (corrupt(one, parse("miss:0.3+misclassify:0.2"), problem=OBJECTS, seed=1, key=str(n)), one)
        for n, one in enumerate(lists)
    ]
    whole, parts = Tally(OBJECTS), (Tally(OBJECTS), Tally(OBJECTS))
    for n, (noisy, clean) in enumerate(pairs):
        whole.add(noisy, clean, str(n))
        parts[n % 2].add(noisy, clean, str(n))
    parts[0].merge(parts[1])
    assert report_of(parts[0]) == report_of(whole)


def test_labels_of_other_sizes_are_one_line():
    with pytest.raises(BadInput, match="'image': the noisy labels are 100 x 100 px, the clean ones 50 x 50"):
        tally_of(boxes(A), boxes((1, 0, 0, 9, 9), size=(50, 50)))


# Outlines


def disk(radius_px):
    mask = np.zeros((1, 200, 200), np.uint8)
    cv2.circle(mask[0], (100, 100), radius_px, 1, -1)
    return mask


def between(clean, noisy):
    size = clean.shape[1:]
    return compare(*(crop(rle.pack(side.astype(bool))[0], size) for side in (clean, noisy)))


@pytest.mark.parametrize("off_px", [-9, -4, -2, -1, 1, 2, 4, 9])
def test_the_bias_of_a_disk_of_another_radius(off_px):
    found = between(disk(40), disk(40 + off_px))
    assert found.mean_px == pytest.approx(off_px, abs=0.5)
    assert found.sd_px < 0.5


def test_a_square_grown_by_whole_pixels_is_so_much_too_large():
    square = np.zeros((1, 60, 60), np.uint8)
    square[0, 20:40, 20:40] = 1
    larger = square.copy()
    larger[0, 17:43, 17:43] = 1
    found = between(square, larger)
    assert (found.farthest_px, round(found.mean_px, 2)) == (pytest.approx(sqrt(18), abs=1e-5), 3.11)
    smaller = square.copy()
    smaller[0], smaller[0, 22:38, 22:38] = 0, 1
    assert between(square, smaller).mean_px == -2


def test_a_moved_square_has_no_bias_but_strays():
    square = np.zeros((1, 60, 60), np.uint8)
    square[0, 20:40, 20:40] = 1
    found = between(square, np.roll(square, 4, axis=2))
    assert abs(found.mean_px) < 0.5
    assert found.sd_px > 1.5


def test_the_image_edge_is_no_outline():
    half, more = np.zeros((2, 1, 40, 40), np.uint8)
    half[0, :, :20] = more[0, :, :25] = 1
    found = between(half, more)
    assert (found.mean_px, found.sd_px) == (5, 0)
    assert between(half, np.ones_like(half)) is None


# The spec makes it again


def cells(count=25, seed=0):
    """Ellipses on a grid with room between them, as object lists."""
    rng, size = np.random.default_rng(seed), (300, 300)
    lists = {}
    for n in range(count):
        masks = np.zeros((9, *size), np.uint8)
        for i, mask in enumerate(masks):
            at = [int(50 + 100 * part + rng.integers(-8, 9)) for part in divmod(i, 3)]
            axes = [int(one) for one in rng.integers(14, 30, 2)]
            cv2.ellipse(mask, at, axes, int(rng.integers(0, 180)), 0, 360, 1, -1)
        codes = rle.pack(masks.astype(bool))
        classes = rng.choice([1, 2], 9, p=(0.7, 0.3)).astype(np.uint8)
        ids = np.arange(9) + 9 * n
        lists[f"image-{n}"] = Instances(size, classes, codes, rle.boxes(codes, size), ids, np.zeros(9, bool))
    return lists


def maps(lists):
    painted = {}
    for key, one in lists.items():
        painted[key] = np.zeros(one.size, np.uint8)
        for mask, class_id in zip(rle.unpack(one.masks, one.size), one.classes, strict=True):
            painted[key][mask] = class_id
    return painted


def noised(clean, spec, problem, seed):
    tally = Tally(problem)
    for key, one in clean.items():
        tally.add(corrupt(one, parse(spec), problem=problem, seed=seed, key=key), one, key)
    return tally


MAPS = Problem(Task.SEMANTIC, CELLS.classes, background=0)


DONE = [
    ("miss:0.3", "missed", 0.3),
    ("miss:0,rates=dirt:0.5", "missed", None),
    ("misclassify:0.3", "wrong class", 0.3),
    ("split:0.4", "split", 0.4),
    ("spurious:0.3", "spurious", None),
]
DONE_TO_OBJECTS = [
    ("duplicate:0.3", "twice", 0.3),
    ("merge:0.3,gap_px=200,close=false", "merged", None),
]


@pytest.mark.parametrize(
    ("problem", "spec", "kind", "rate"),
    [(CELLS, *one) for one in DONE + DONE_TO_OBJECTS] + [(MAPS, *one) for one in DONE],
    ids=lambda one: str(one.task) if isinstance(one, Problem) else str(one),
)
def test_what_was_done_is_measured_and_made_again(problem, spec, kind, rate):
    clean = cells() if problem is CELLS else maps(cells())
    tally = noised(clean, spec, problem, 1)
    found = kinds_of(tally)
    assert set(found) <= {kind, "gross outline", "redrawn"}
    total = report_of(tally)["kinds"][kind]["of"]
    if rate is not None:
        assert abs(found[kind] - total * rate) <= 4 * sqrt(total * rate * (1 - rate))
    again = kinds_of(noised(clean, spec_of(tally), problem, 2))
    assert set(again) <= {kind, "gross outline", "redrawn"}
    # Both are draws, each of at most this variance.
    assert abs(again[kind] - found[kind]) <= 4 * sqrt(2 * found[kind])


@pytest.mark.parametrize("spec", ["dilate:2", "erode:3", "jitter:2", "jitter:3", "shift:1,high_px=3"])
@pytest.mark.parametrize("problem", [CELLS, MAPS], ids=["objects", "maps"])
def test_bias_and_jitter_are_made_again(problem, spec):
    clean = cells() if problem is CELLS else maps(cells())
    tally = noised(clean, spec, problem, 1)
    one = report_of(tally)["outlines"]
    other = report_of(noised(clean, spec_of(tally), problem, 2))["outlines"]
    assert other["bias_px"] == pytest.approx(one["bias_px"], abs=0.5)
    assert other["jitter_px"] == pytest.approx(one["jitter_px"], abs=0.4)
    assert other["redrawn"] == pytest.approx(one["redrawn"], rel=0.2)


def test_nothing_differs_and_nothing_is_to_be_done():
    for problem, clean in ((OBJECTS, object_lists()), (PIXELS, label_maps()), (CLASSES, class_ids())):
        tally = Tally(problem)
        for key, one in clean.items():
            tally.add(one, one, key)
        assert spec_of(tally) == "none"
        assert tally.differ == 0


def test_a_region_within_another_class_is_of_that_class_and_not_missed():
    clean = np.zeros((40, 40), np.uint8)
    clean[5:25, 5:20], clean[5:15, 20:30] = 1, 2
    noisy = np.where(clean > 0, 1, 0).astype(np.uint8)
    tally = tally_of(noisy, clean, MAPS)
    assert tally.confused[2, 1] == 1
    assert not tally.missed.any()


def test_flipped_pixels_are_single_pixels_and_not_things():
    problem = BINARY
    clean = {key: (one > 0).astype(np.uint8) for key, one in maps(cells(10)).items()}
    tally = noised(clean, "flip:0.05", problem, 1)
    away = tally.inside / tally.inside.sum(axis=1, keepdims=True)
    n = tally.inside.sum(axis=1)
    assert (np.abs(away[[0, 1], [1, 0]] - 0.05) <= 4 * np.sqrt(0.05 * 0.95 / n)).all()
    assert tally.missed.sum() == tally.spurious.sum() == 0
    assert spec_of(tally).split("+")[-1].startswith("matrix:0.9")
    again = noised(clean, spec_of(tally), problem, 2)
    assert again.inside[0, 1] / again.inside[0].sum() == pytest.approx(0.05, abs=0.003)


def test_ignore_on_either_side_does_not_count():
    clean = maps(cells(1))["image-0"]
    noisy = clean.copy()
    noisy[:100] = IGNORE
    assert spec_of(tally_of(noisy, clean, MAPS)) == spec_of(tally_of(clean, noisy, MAPS)) == "none"
    ignored = np.full_like(clean, IGNORE)
    assert spec_of(tally_of(ignored, clean, MAPS)) == "none"


def test_classes_of_images_are_a_matrix():
    clean = class_ids()
    tally = noised(clean, "symmetric:0.4", CLASSES, 1)
    known = [one for one in clean.values() if one != IGNORE]
    assert tally.confused.sum() == len(known)
    again = noised(clean, spec_of(tally), CLASSES, 2)
    total = tally.confused.sum(axis=1, keepdims=True)
    share = tally.confused / total
    assert (np.abs(again.confused - tally.confused) <= 4 * np.sqrt(total * share * (1 - share)) + 1).all()


# Real labels and their correction


@pytest.mark.slow
def test_the_twin_of_carparts_has_the_counts_of_the_real_mistakes(real_data):
    home = real_data / "carparts"
    clean, noisy = (open_dataset(home, labels=name).split("all") for name in ("v2", "v1"))
    problem = clean.problem
    true = {key: clean.labels(row) for row, key in enumerate(clean.keys)}
    measured = Tally(problem)
    for row, key in enumerate(noisy.keys):
        measured.add(noisy.labels(row), true[key], key)
    with (home / "events_v1_v2.csv").open() as file:
        events = [line["type"] for line in csv.DictReader(file)]
    found = kinds_of(measured)
    assert {"missing": found["missed"], "class": found["wrong class"], "spurious": found["spurious"]} == {
        name: events.count(name) for name in ("missing", "class", "spurious")
    }
    assert found["gross outline"] == pytest.approx(
        events.count("boundary") + events.count("gross-boundary"), abs=3
    )
    for seed in range(2):
        twin = noised(true, spec_of(measured), problem, seed)
        again = kinds_of(twin)
        for kind, count in found.items():
            # Rare kinds are Poisson; wrong sizes also come below the IoU at which things are one.
            assert abs(again.get(kind, 0) - count) <= 3 * sqrt(count) + 3, (kind, seed)
        missed, of = measured.missed.sum(axis=1), measured.things.sum(axis=1)
        share = missed / np.maximum(of, 1)
        bound = 4 * np.sqrt(of * share * (1 - share)) + 2
        assert (np.abs(twin.missed.sum(axis=1) - missed) <= bound).all()

import numpy as np
import pytest
from noise_toys import BINARY, PIXELS, STREET

from truemask.noise import corrupt, parse
from truemask.noise.transition import realised
from truemask.types import IGNORE

SHAPE = (400, 500)


@pytest.fixture
def labels(rng):
    drawn = rng.choice(4, size=SHAPE, p=(0.5, 0.3, 0.15, 0.05)).astype(np.uint8)
    drawn[:20] = IGNORE
    return drawn


def apply(labels, spec, problem=PIXELS, seed=1):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key="image")


def shares(before, after, num_classes=4):
    """The realised transition matrix, the last column for IGNORE, and how far chance may take it."""
    pairs = [
        [((before == i) & (after == j)).sum() for j in (*range(num_classes), IGNORE)]
        for i in range(num_classes)
    ]
    counts = np.array(pairs)
    return realised(counts), 4.5 * np.sqrt(0.25 / counts.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            "flip:0.6",
            [
                [0.4, 0.2, 0.2, 0.2, 0],
                [0.2, 0.4, 0.2, 0.2, 0],
                [0.2, 0.2, 0.4, 0.2, 0],
                [0.2, 0.2, 0.2, 0.4, 0],
            ],
        ),
        (
            "flip:0.6,background=0,rates=fox:0.3",
            [[1, 0, 0, 0, 0], [0.2, 0.4, 0.2, 0.2, 0], [0.2, 0.2, 0.4, 0.2, 0], [0.1, 0.1, 0.1, 0.7, 0]],
        ),
        ("sample:0.3", np.c_[0.3 * np.eye(4), np.full(4, 0.7)]),
        (
            "sample:0.3,as=background",
            [[1, 0, 0, 0, 0], [0.7, 0.3, 0, 0, 0], [0.7, 0, 0.3, 0, 0], [0.7, 0, 0, 0.3, 0]],
        ),
        ("random:0.3", [[0.7, 0.1, 0.1, 0.1, 0]] * 4),
        ("random", [[0.25, 0.25, 0.25, 0.25, 0]] * 4),
    ],
)
def test_the_realised_matrix_is_the_one_of_the_definition(labels, spec, expected):
    found, error = shares(labels, apply(labels, spec))
    assert (np.abs(found - expected) <= error).all()


def test_a_binary_flip_swaps_the_two_classes(rng):
    labels = rng.integers(0, 2, SHAPE).astype(np.uint8)
    assert (apply(labels, "flip:1", BINARY) == 1 - labels).all()


def test_pixels_flip_independently_of_their_neighbours():
    flipped = apply(np.zeros(SHAPE, np.uint8), "flip:0.4", BINARY).astype(float)
    for one, other in ((flipped[1:], flipped[:-1]), (flipped[:, 1:], flipped[:, :-1])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.01


def test_an_exact_flip_changes_the_nearest_whole_number_of_every_class(labels):
    after = apply(labels, "flip:0.4,exact=true,background=0.1")
    for class_id, rate in enumerate((0.1, 0.4, 0.4, 0.4)):
        here = labels == class_id
        assert ((after != labels) & here).sum() == np.floor(here.sum() * rate + 0.5)


def test_an_exact_flip_spreads_evenly_over_the_other_classes(labels):
    found, error = shares(labels, apply(labels, "flip:0.6,exact=true"))
    assert (np.abs(found[:, :4] - (0.2 + 0.2 * np.eye(4))) <= error).all()


def test_random_labels_know_nothing_of_the_true_ones(labels):
    other = np.where(labels == IGNORE, IGNORE, 3 - labels.astype(int)).astype(np.uint8)
    found, error = shares(labels, apply(other, "random:0.6"))
    assert (np.abs(found - [0.4, 0.2, 0.2, 0.2, 0]) <= error).all()


def test_random_without_a_rate_needs_no_background(labels):
    street = np.where(labels == 3, 2, labels).astype(np.uint8)
    found, error = shares(street, apply(street, "random", STREET), 3)
    assert (np.abs(found[:, :3] - 1 / 3) <= error).all()


def test_two_flips_in_a_row_draw_differently(labels):
    binary = (labels == 1).astype(np.uint8)
    once, twice = (apply(binary, spec, BINARY) != binary for spec in ("flip:0.4", "flip:0.4+flip:0.4"))
    assert abs(once.mean() - 0.4) < 0.005
    assert abs(twice.mean() - 2 * 0.4 * 0.6) < 0.005

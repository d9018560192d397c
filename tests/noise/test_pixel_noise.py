import numpy as np
import pytest
from noise_toys import BINARY, PIXELS, STREET

from truemask.noise import Ledger, check, corrupt, manifest_of, parse
from truemask.noise.transition import realised
from truemask.types import IGNORE, BadInput

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
        ("sample:0.3,keeps=fox:0.8", np.c_[np.diag([0.3, 0.3, 0.3, 0.8]), [0.7, 0.7, 0.7, 0.2]]),
        (
            "sample:0.3,keeps=background:0.1;fox:0.8,as=background",
            [[1, 0, 0, 0, 0], [0.7, 0.3, 0, 0, 0], [0.7, 0, 0.3, 0, 0], [0.2, 0, 0, 0.8, 0]],
        ),
        ("random:0.3,shares=cat:0.2", [[0.7, 0.2, 0.05, 0.05, 0]] * 4),
        ("random,shares=cat:0.2;0:0.2", [[0.2, 0.2, 0.3, 0.3, 0]] * 4),
        ("random,shares=0:0.1;1:0.2;2:0.3;3:0.4", [[0.1, 0.2, 0.3, 0.4, 0]] * 4),
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


def test_an_exact_flip_keeps_the_whole_number_of_every_class_that_the_released_code_keeps(labels):
    after = apply(labels, "flip:0.4,exact=true,background=0.1")
    for class_id, tenths in enumerate((9, 6, 6, 6)):
        here = labels == class_id
        assert ((after == labels) & here).sum() == -(-here.sum() * tenths // 10)


@pytest.mark.parametrize(("pixels", "keep", "kept"), [(10, 0.3, 3), (10, 0.31, 4), (1, 0.01, 1), (7, 0, 0)])
def test_exact_counts_are_of_the_rate_as_written(pixels, keep, kept):
    row = np.ones((1, pixels), np.uint8)
    assert (apply(row, f"sample:{keep},exact=true", BINARY) == 1).sum() == kept
    assert (apply(row, f"sample:{keep},exact=true,as=background", BINARY) == 1).sum() == kept
    assert (apply(row, f"flip:{round(1 - keep, 2)},exact=true", BINARY) == 1).sum() == kept


def test_an_exact_sample_loses_the_rest_of_every_class_and_no_ignored_pixel(labels):
    after = apply(labels, "sample:0.3,keeps=fox:0.8,exact=true")
    for class_id, tenths in enumerate((3, 3, 3, 8)):
        here = labels == class_id
        assert ((after == class_id) & here).sum() == -(-here.sum() * tenths // 10)
        assert np.isin(after[here], [class_id, IGNORE]).all()
    assert (after[labels == IGNORE] == IGNORE).all()


def test_sampled_background_stays_where_the_rest_becomes_background(labels):
    after = apply(labels, "sample:0.3,as=background,exact=true")
    assert (after[labels == 0] == 0).all()
    assert (after[labels == 1] == 0).sum() == (labels == 1).sum() * 7 // 10


def test_an_exact_change_of_a_map_without_any_label_is_none():
    nothing = np.full((3, 4), IGNORE, np.uint8)
    for spec in ("flip:1,exact=true", "sample:0,exact=true"):
        assert (apply(nothing, spec) == IGNORE).all()


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


def test_the_manifest_declares_what_each_class_does_weighed_by_how_often_it_occurs(labels):
    ledger = Ledger(parse("flip:0.4,background=0.1"), PIXELS, 1)
    ledger.corrupt(labels, "image")
    share = (labels == 0).sum() / (labels != IGNORE).sum()
    (step,) = manifest_of(ledger).steps
    assert step.declared == pytest.approx(0.1 * share + 0.4 * (1 - share))
    assert step.share_of == "pixels changed"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "random:0.3,shares=background:0.5",
            "random is told its background's share twice: rate 0.3 leaves 0.7, "
            "shares=background:0.5 says 0.5",
        ),
        (
            "random:0.3,shares=cat:0.4",
            "the shares of random labels add up to 1; 1 - rate = 0.7 with shares=cat:0.4 comes to 1.1",
        ),
        (
            "random,shares=0:0.1;1:0.1;2:0.1;3:0.1",
            "the shares of random labels add up to 1; shares=0:0.1;1:0.1;2:0.1;3:0.1 comes to 0.4",
        ),
        (
            "sample:0.3,keeps=cow:0.1",
            "the rates cow:0.1: no class called 'cow'; there is: background, cat, dog, fox",
        ),
    ],
)
def test_shares_that_make_no_sense_are_told_before_any_label_is_seen(spec, message):
    with pytest.raises(BadInput) as error:
        check(parse(spec), PIXELS)
    assert str(error.value) == message

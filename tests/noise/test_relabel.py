import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truemask.noise.draws import Draws
from truemask.noise.relabel import relabel, relabel_map, relabel_units
from truemask.noise.transition import asymmetric, spread, symmetric
from truemask.types import IGNORE, BadInput

DRAWS = Draws(3, "image")


def halves(labels):
    """The two halves of each pixel's draw, in numpy."""
    bits = DRAWS.bits("class", np.arange(labels.size)).reshape(labels.shape)
    return (bits >> np.uint64(32)).astype(object), (bits & np.uint64(0xFFFFFFFF)).astype(object)


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(st.integers(2, 12), st.floats(0, 1))
def test_even_flips_equal_their_numpy_formulation(num_classes, rate):
    labels = np.random.default_rng(0).integers(0, num_classes, (9, 11)).astype(np.uint8)
    labels[0] = IGNORE
    high, low = halves(labels)
    other = low * (num_classes - 1) // 2**32
    other = other + (other >= labels)
    expected = np.where((high < round(rate * 2**32)) & (labels != IGNORE), other, labels)
    assert (relabel_map(labels, symmetric(num_classes, rate), DRAWS) == expected).all()


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(st.floats(0, 1))
def test_flips_to_one_class_equal_their_numpy_formulation(rate):
    labels = np.random.default_rng(0).integers(0, 3, (9, 11)).astype(np.uint8)
    high, _ = halves(labels)
    expected = np.where((high < round(rate * 2**32)) & (labels == 1), 2, labels)
    assert (relabel_map(labels, asymmetric(3, rate, {1: (2,)}), DRAWS) == expected).all()


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(st.integers(2, 255), st.floats(0, 1))
def test_the_fast_loop_for_even_flips_makes_the_bytes_of_the_general_one(num_classes, rate):
    labels = np.random.default_rng(0).integers(0, num_classes, (16, 16)).astype(np.uint8)
    transition = symmetric(num_classes, rate)
    general = relabel_units(labels.ravel(), np.arange(labels.size), transition, DRAWS)
    assert (relabel_map(labels, transition, DRAWS).ravel() == general).all()


@pytest.mark.parametrize("columns", [7, 8], ids=["classes", "with IGNORE"])
def test_any_matrix_is_realised(rng, columns):
    transition = rng.dirichlet(np.full(columns, 0.3), size=7)
    transition[2] = np.eye(columns)[2]
    labels = rng.integers(0, 7, (1000, 1400)).astype(np.uint8)
    noisy = relabel_map(labels, transition, DRAWS)
    for true in range(7):
        here = noisy[labels == true]
        for given_class, chance in enumerate(transition[true]):
            count = (here == (IGNORE if given_class == 7 else given_class)).sum()
            error = np.sqrt(here.size * chance * (1 - chance))
            assert abs(count - here.size * chance) <= 4.5 * error + 1


def test_a_label_changes_at_a_higher_rate_if_it_does_at_a_lower_one(rng):
    labels = rng.integers(0, 4, (50, 50)).astype(np.uint8)
    few, many = (relabel_map(labels, symmetric(4, rate), DRAWS) != labels for rate in (0.2, 0.5))
    assert (many | ~few).all()


def test_rate_1_changes_every_label_and_only_to_targets():
    labels = np.zeros((40, 40), np.uint8)
    assert set(np.unique(relabel_map(labels, symmetric(4, 1.0), DRAWS))) == {1, 2, 3}


def test_a_pixel_draws_alike_however_the_map_lies_in_memory(rng):
    labels = rng.integers(0, 4, (30, 40)).astype(np.uint8)
    expected = relabel_map(labels, symmetric(4, 0.5), DRAWS)
    assert (relabel_map(np.asfortranarray(labels), symmetric(4, 0.5), DRAWS) == expected).all()


def test_an_image_draws_as_unit_0():
    transition = spread(np.full(3, 0.5), ~np.eye(3, dtype=bool))
    units = np.zeros(1, np.int64)
    for key in map(str, range(50)):
        draws = Draws(1, key)
        assert relabel(1, transition, draws) == relabel_units(np.uint8([1]), units, transition, draws)[0]


def test_no_labels_are_no_trouble():
    assert relabel_units(np.zeros(0, np.uint8), np.zeros(0, np.int64), symmetric(3, 0.5), DRAWS).shape == (0,)
    assert relabel_map(np.zeros((0, 5), np.uint8), symmetric(3, 0.5), DRAWS).shape == (0, 5)


def test_a_matrix_that_is_none_is_refused():
    with pytest.raises(BadInput, match="sums to"):
        relabel_map(np.zeros((2, 2), np.uint8), np.array([[0.5, 0.2], [0.5, 0.5]]), DRAWS)

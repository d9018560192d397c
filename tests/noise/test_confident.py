"""Drawn transition matrices of a given trace and sparsity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noise_toys import OBJECTS

from truemask.noise import Draws, check, parse
from truemask.noise.label.confident import confident_transition
from truemask.noise.transition import validate
from truemask.types import BadInput, Problem, Task


def classes(k):
    return Problem(Task.CLASSIFICATION, tuple(f"class {i}" for i in range(k)))


def drawn(k, rate, sparsity=0.0, seed=0, key="image"):
    return confident_transition(classes(k), Draws(seed, key), rate=rate, sparsity=sparsity)


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 40), st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**32))
def test_the_trace_and_the_zeros_are_as_asked_for(k, rate, sparsity, seed):
    sparsity = sparsity * (k - 2) / (k - 1) * 0.999
    made = drawn(k, rate, sparsity, seed)
    validate(made)
    assert np.trace(made) == pytest.approx(k * (1 - rate), abs=1e-9)
    zeros = ((made == 0) & ~np.eye(k, dtype=bool)).sum()
    if rate > 1e-6:
        assert zeros == round(sparsity * k * (k - 1))


def test_the_matrix_is_the_same_for_all_images_and_another_for_another_seed():
    np.testing.assert_array_equal(drawn(10, 0.3, 0.4), drawn(10, 0.3, 0.4, key="another image"))
    assert (drawn(10, 0.3, 0.4) != drawn(10, 0.3, 0.4, seed=1)).any()


def test_no_noise_is_the_identity_and_all_of_it_keeps_no_label():
    np.testing.assert_array_equal(drawn(7, 0.0), np.eye(7))
    np.testing.assert_allclose(drawn(7, 1.0).diagonal(), 0, atol=1e-12)


def test_rates_of_the_classes_are_spread_evenly_around_the_mean():
    rates = np.concatenate([1 - drawn(50, 0.2, seed=seed).diagonal() for seed in range(40)])
    assert rates.mean() == pytest.approx(0.2)
    assert rates.std() == pytest.approx(0.2 / np.sqrt(3), rel=0.05)
    assert (np.histogram(rates, 4, (0, 0.4))[0] > 400).all()


def test_objects_are_never_given_as_background():
    made = confident_transition(OBJECTS, Draws(0, "image"), rate=0.5, sparsity=0.0)
    assert made[0].tolist() == [1, 0, 0, 0]
    assert (made[1:, 0] == 0).all()
    assert np.trace(made[1:, 1:]) == pytest.approx(1.5)


def test_a_sparsity_that_leaves_a_class_nothing_is_told():
    with pytest.raises(BadInput) as error:
        check(parse("confident:0.3,sparsity=0.9"), classes(10))
    assert str(error.value) == (
        "confident: sparsity 0.9 leaves 9 pairs of 10 classes to confuse, fewer than one a class; it can be "
        "0.8889 at most"
    )
    with pytest.raises(BadInput, match="confident noise needs two classes to change between"):
        check(parse("confident:0.3"), Problem(Task.INSTANCE, ("background", "car"), background=0))

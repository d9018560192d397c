"""Noises with one wrong class for each: pairs, permutations, and whichever the seed says."""

from itertools import permutations

import numpy as np
import pytest
from noise_toys import CLASSES, OBJECTS, PIXELS, object_lists

from truemask.noise import Draws, check, corrupt, parse
from truemask.noise.table import NOISES
from truemask.types import IGNORE, BadInput, Problem, Task

TEN = Problem(Task.CLASSIFICATION, tuple("abcdefghij"))


def target(spec, problem, seed=0, key="image"):
    """What each class is mistaken for, of a spec with rate 1."""
    (step,) = parse(spec).steps
    matrix = NOISES[step.name].transition(problem, Draws(seed, key), **step.knobs())
    assert set(np.unique(matrix)) == {0, 1}
    assert (matrix.sum(axis=1) == 1).all()
    return tuple(matrix.argmax(axis=1).tolist())


def test_a_pair_is_a_class_and_the_next_one():
    assert target("pair:1", TEN) == (*range(1, 10), 0)
    assert target("pair:1", PIXELS) == (1, 2, 3, 0)
    assert target("pair:1", OBJECTS) == (0, 2, 3, 1)


def test_paired_objects_keep_all_but_their_class():
    for key, before in object_lists().items():
        after = corrupt(before, parse("pair:1"), problem=OBJECTS, seed=1, key=key)
        bears = (before.classes != IGNORE) & ~before.crowd
        assert (after.classes[bears] == before.classes[bears] % 3 + 1).all()
        assert (after.classes[~bears] == before.classes[~bears]).all()
        assert after.masks == before.masks


def test_a_drawn_permutation_leaves_no_class_in_its_place_and_is_the_same_for_all_images():
    for seed in range(50):
        drawn = target("permutation:1", TEN, seed)
        assert sorted(drawn) == list(range(10))
        assert all(place != given for place, given in enumerate(drawn))
        assert target("permutation:1", TEN, seed, key="another image") == drawn


def test_every_permutation_without_fixed_points_is_drawn_alike():
    four = Problem(Task.CLASSIFICATION, tuple("abcd"))
    deranged = [p for p in permutations(range(4)) if all(i != j for i, j in enumerate(p))]
    drawn = [target("permutation:1", four, seed) for seed in range(900)]
    assert set(drawn) == set(deranged)
    assert len(deranged) == 9
    spread = 4.5 * np.sqrt(900 * (1 / 9) * (8 / 9))
    assert all(abs(drawn.count(one) - 100) < spread for one in deranged)


def test_a_permutation_of_objects_leaves_the_background_alone():
    assert {target("permutation:1", OBJECTS, seed) for seed in range(40)} == {(0, 2, 3, 1), (0, 3, 1, 2)}


def test_a_permutation_can_be_of_some_classes():
    assert target("permutation:1,map=a>c;c>a", TEN) == (2, 1, 0, *range(3, 10))


def test_consistent_mistakes_are_any_other_class_and_the_same_for_all_images():
    drawn = np.array([target("consistent:1", TEN, seed) for seed in range(600)])
    assert (drawn != np.arange(10)).all()
    assert target("consistent:1", TEN, 3, key="another image") == tuple(drawn[3])
    assert any(len(set(one.tolist())) < 10 for one in drawn)
    for true in range(10):
        counts = np.bincount(drawn[:, true], minlength=10)[np.arange(10) != true]
        assert np.abs(counts - 600 / 9).max() < 4.5 * np.sqrt(600 * (1 / 9) * (8 / 9))


def test_consistent_mistakes_of_objects_are_among_object_classes():
    for seed in range(20):
        given = target("consistent:1", OBJECTS, seed)
        assert given[0] == 0
        assert 0 not in given[1:]


@pytest.mark.parametrize("name", ["pair", "permutation", "consistent"])
def test_one_class_has_nothing_to_be_mistaken_for(name):
    one = Problem(Task.INSTANCE, ("background", "car"), background=0)
    with pytest.raises(BadInput, match=f"{name} noise needs two classes to change between; this problem has"):
        check(parse(f"{name}:0.3"), one)


@pytest.mark.parametrize(
    ("spec", "problem", "message"),
    [
        ("permutation:0.3,map=a>b", TEN, "the class map a>b is no permutation"),
        ("permutation:0.3,map=a>b;a>c;b>a", TEN, "the class map a>b;a>c;b>a is no permutation"),
        ("permutation:0.3,map=a>b;c>b", TEN, "the class map a>b;c>b is no permutation"),
        ("permutation:0.3,map=reed", CLASSES, "the class map reed: no class called '7'"),
        ("permutation:0.3,map=cat>0;0>cat", OBJECTS, "names the background, which is no object's class"),
    ],
)
def test_a_map_that_is_no_permutation_is_told(spec, problem, message):
    with pytest.raises(BadInput, match=message):
        check(parse(spec), problem)

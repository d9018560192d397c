"""Groups of classes, and noise that stays within them."""

import numpy as np
import pytest
from noise_toys import CLASSES, OBJECTS

from truemask.noise import Draws, check, parse
from truemask.noise.class_groups import CLASS_GROUPS, ClassGroups
from truemask.noise.table import NOISES
from truemask.types import BadInput, Problem, Task

CIFAR100 = Problem(
    Task.CLASSIFICATION, tuple(sorted(name for names in CLASS_GROUPS["cifar100"].values() for name in names))
)


def matrix(spec, problem, seed=0, key="image"):
    (step,) = parse(spec).steps
    return NOISES["superclass"].transition(problem, Draws(seed, key), **step.knobs())


@pytest.mark.parametrize(
    ("name", "groups", "classes"),
    [("cifar100", 20, 100), ("coco", 12, 80), ("voc", 4, 20), ("cityscapes", 7, 19)],
)
def test_named_groups_hold_every_class_of_their_data_set_once(name, groups, classes):
    names = [one for members in CLASS_GROUPS[name].values() for one in members]
    assert len(CLASS_GROUPS[name]) == groups
    assert len(names) == len(set(names)) == classes


def test_coarse_classes_of_cifar100_have_five_each():
    assert {len(names) for names in CLASS_GROUPS["cifar100"].values()} == {5}
    assert CIFAR100.classes[0] == "apple"
    assert CIFAR100.classes[99] == "worm"


def test_labels_go_to_the_others_of_their_real_coarse_class_alike():
    made = matrix("superclass:0.4,groups=cifar100", CIFAR100)
    apple = {CIFAR100.classes[i]: made[0, i] for i in np.flatnonzero(made[0])}
    assert apple.pop("apple") == pytest.approx(0.6)
    assert set(apple) == {"mushroom", "orange", "pear", "sweet_pepper"}
    assert all(share == pytest.approx(0.1) for share in apple.values())
    np.testing.assert_allclose(1 - made.diagonal(), 0.4)


def test_the_next_of_a_group_is_by_id_and_the_first_for_the_last():
    made = matrix("superclass:1,groups=cifar100,to=next", CIFAR100)
    goes = {CIFAR100.classes[i]: CIFAR100.classes[j] for i, j in enumerate(made.argmax(axis=1))}
    assert [goes[name] for name in ("apple", "mushroom", "orange", "pear", "sweet_pepper")] == [
        *("mushroom", "orange", "pear", "sweet_pepper", "apple")
    ]


def test_two_drawn_classes_of_each_group_change_places():
    seen = set()
    for seed in range(60):
        made = matrix("superclass:1,groups=cifar100,to=swap", CIFAR100, seed)
        np.testing.assert_array_equal(
            made, matrix("superclass:1,groups=cifar100,to=swap", CIFAR100, seed, "b")
        )
        np.testing.assert_array_equal(made @ made, np.eye(100))
        for names in CLASS_GROUPS["cifar100"].values():
            ids = [CIFAR100.classes.index(name) for name in names]
            assert made[np.ix_(ids, ids)].sum() == 5
            assert made.diagonal()[ids].sum() == 3
        seen.add(tuple(np.flatnonzero(made.diagonal()[[0, 51, 53, 57, 83]] == 0).tolist()))
    assert len(seen) == 10


def test_a_part_of_the_classes_of_a_data_set_has_part_of_the_groups():
    pets = Problem(Task.CLASSIFICATION, ("person", "dog", "hot dog", "cat", "robot"))
    made = matrix("superclass:0.5,groups=coco", pets)
    expected = np.eye(5)
    expected[np.ix_([1, 3], [1, 3])] = 0.5
    np.testing.assert_allclose(made, expected)


def test_groups_of_objects_are_among_object_classes():
    np.testing.assert_array_equal(matrix("superclass:1,groups=blocks2", OBJECTS), np.eye(4)[[0, 2, 1, 3]])


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("coco", "coco"), ("blocks05", "blocks5"), (" dog/cat ; car/ bus/van", "car/bus/van;dog/cat")],
)
def test_groups_have_one_text(text, canonical):
    assert str(ClassGroups.parse(text)) == canonical
    assert ClassGroups.parse(canonical) == ClassGroups.parse(text)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            "pets",
            "superclass: no class groups called 'pets'; there is: cifar100, cityscapes, coco, voc, blocks2",
        ),
        ("blocks1", "superclass: no class groups called 'blocks1'"),
        ("cat/;dog", "superclass: the class groups 'cat/;dog' are no groups of two or more"),
    ],
)
def test_what_are_no_groups_is_told(groups, message):
    with pytest.raises(BadInput) as error:
        parse(f"superclass:0.4,groups={groups}")
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("groups", "problem", "message"),
    [
        ("cat/cow", CLASSES, "the class groups cat/cow: no class called 'cow'; there is: cat, dog, fox"),
        ("cat/dog;dog/fox", CLASSES, "the class groups cat/dog;dog/fox have a class in two groups"),
        ("cat/cat", CLASSES, "the class groups cat/cat have a class in two groups, or twice in one"),
        (
            "background/cat",
            OBJECTS,
            "the class groups background/cat name 'background', which is no object's",
        ),
        (
            "cityscapes",
            CLASSES,
            "no two classes of this problem are in one group of cityscapes; there is: cat, dog, fox",
        ),
    ],
)
def test_groups_that_do_not_fit_the_problem_are_told(groups, problem, message):
    with pytest.raises(BadInput) as error:
        check(parse(f"superclass:0.4,groups={groups}"), problem)
    assert str(error.value).startswith(message)

"""Noises like what an audit found."""

import numpy as np
import pytest

from truemask import rle
from truemask.audit.findings import KINDS
from truemask.commands.like_found import noise_like
from truemask.types import Problem, Task

CLASSES = ("background", "cat", "dog", "fox")
MAPS, OBJECTS = (Problem(task, CLASSES, background=0) for task in (Task.SEMANTIC, Task.INSTANCE))
THINGS = np.array([0, 100, 100, 200])


def rows(kind, *pairs):
    return [{"kind": kind, "given": given, "proposed": proposed, "score": 1.0} for given, proposed in pairs]


def knobs(kind, rate, found, problem=OBJECTS, things=THINGS):
    spec = noise_like(kind, rate, found, things, problem)
    (step,) = spec.steps
    return step.name, step.knobs()


def test_every_kind_of_objects_has_a_noise_and_those_of_label_maps_but_duplicates():
    made = set(KINDS) - {"unusable"}
    assert {kind for kind in KINDS if noise_like(kind, 0.1, [], THINGS, OBJECTS)} == made
    assert {kind for kind in KINDS if noise_like(kind, 0.1, [], THINGS, MAPS)} == made - {"duplicate"}


def test_classes_are_left_out_as_often_as_findings_say():
    name, said = knobs("missing", 0.1, rows("missing", (0, 1), (0, 1), (0, 1), (0, 2)))
    chances = said["rates"].table(OBJECTS, said["rate"])[:, 0]
    assert name == "miss"
    # 40 of 400: nine tenths as found, 27 and 9, and a tenth as there are things, 1, 1 and 2.
    assert (chances[1:] * THINGS[1:]).tolist() == pytest.approx([28, 10, 2], abs=0.01)


def test_classes_are_swapped_for_those_that_findings_propose():
    name, said = knobs("swapped", 0.1, rows("swapped", (1, 3), (1, 3), (2, 3)))
    transition = said["matrix"].over(OBJECTS)
    assert name == "misclassify"
    assert transition[0].tolist() == [1, 0, 0, 0]
    # 40 of 400 change, 36 and 2 of them foxes: to cat as often again as to dog, and a tenth to any.
    assert 1 - transition[3, 3] == pytest.approx(38 / 200, abs=1e-4)
    assert transition[3, 1] / (1 - transition[3, 3]) == pytest.approx(0.9 * 2 / 3 + 0.05, abs=1e-3)
    assert (1 - transition.diagonal()) @ THINGS == pytest.approx(40, abs=0.1)


def test_no_class_is_lost_and_one_alone_is_not_swapped():
    transition = knobs("swapped", 1.0, rows("swapped", (1, 2)))[1]["matrix"].over(OBJECTS)
    assert transition.diagonal().min() >= 0.5
    alone = np.array([0, 9, 0, 0])
    assert noise_like("swapped", 0.1, [], alone, MAPS) is None


def test_classes_that_are_numbers_are_not_named_by_number():
    digits = Problem(Task.INSTANCE, ("background", "7", "3"), background=0)
    assert knobs("missing", 0.1, rows("missing", (0, 1)), digits, np.array([0, 5, 5]))[1]["rates"] is None


def test_shifts_are_as_far_as_those_found():
    plane = np.zeros((60, 60), bool)
    plane[10:30, 10:30] = True
    codes = rle.pack(np.stack([plane, np.roll(plane, 9, axis=1)]))
    one = {
        "kind": "shifted",
        "level": "instance",
        "score": 1.0,
        "rle": codes[0],
        "shapes": [codes[1]],
        "height": 60,
        "width": 60,
    }
    assert knobs("shifted", 0.1, [one] * 20)[1]["shift_px"] == 9
    assert knobs("shifted", 0.1, [one] * 19)[1]["shift_px"] == 9  # ten in the upper half
    assert knobs("shifted", 0.1, [one] * 18)[1]["shift_px"] == 6  # too few to say

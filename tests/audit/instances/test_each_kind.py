"""Each kind of error, put into one image of a small world, is found as that kind and as nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from object_toys import CELLS, SIZE, TILES, TRUE, Thing, given_of, predicted_of, seen_of, world

from truemask import rle
from truemask.audit.instances import Seen, audit_instances

FIRST, SECOND, THIRD = (replace(thing, id=place) for place, thing in enumerate(TRUE))
LONE = Thing(2, (40, 60, 56, 78), id=9)

PLANTED = {
    "swapped": ([replace(FIRST, label=2), SECOND, THIRD], (0,), "relabel"),
    "missing": ([SECOND, THIRD], (), "add"),
    "spurious": ([FIRST, SECOND, THIRD, LONE], (9,), "remove"),
    "merged": ([Thing(1, (4, 4, 25, 46), id=0), THIRD], (0,), "redraw"),
    "split": (
        [FIRST, SECOND, Thing(1, (34, 10, 54, 22), id=2), Thing(1, (34, 22, 54, 40), id=3)],
        (3, 2),
        "redraw",
    ),
    "shifted": ([replace(FIRST, box=(10, 8, 30, 28)), SECOND, THIRD], (0,), "redraw"),
    "boundary_over": ([FIRST, SECOND, replace(THIRD, box=(30, 6, 58, 44))], (2,), "redraw"),
    "boundary_under": ([FIRST, SECOND, replace(THIRD, box=(38, 14, 50, 36))], (2,), "redraw"),
    "hole": ([FIRST, SECOND, replace(THIRD, hole=(38, 14, 48, 36))], (2,), "redraw"),
    "duplicate": ([FIRST, SECOND, THIRD, replace(THIRD, box=(34, 12, 54, 42), id=9)], (9,), "remove"),
}


def audited(given, found=TRUE, problem=TILES):
    images = world(problem=problem)
    images[0] = seen_of("image00", given, found)
    return audit_instances(images, problem)


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_error_is_found_as_what_it_is(kind):
    given, objects, action = PLANTED[kind]
    result = audited(given)
    (row,) = result.findings.to_pylist()
    assert (row["level"], row["image"], row["kind"], row["action"]) == ("instance", "image00", kind, action)
    assert tuple(row["objects"]) == objects
    assert 0.5 <= row["score"] <= 1
    assert result.images.to_pylist()[0]["image"] == "image00"
    assert result.images["flagged"].to_pylist() == [1] + [0] * 11


@pytest.mark.parametrize("kind", ["split", "shifted", "boundary_over", "boundary_under", "hole", "missing"])
def test_the_proposed_shapes_are_the_true_ones(kind):
    (row,) = audited(PLANTED[kind][0]).findings.to_pylist()
    right = {"missing": (FIRST,), "shifted": (FIRST,)}.get(kind, (THIRD,))
    proposed = rle.unpack(row["shapes"], SIZE)
    wanted = np.array([thing.mask() for thing in right])
    assert sorted(proposed.tolist()) == sorted(wanted.tolist())


def test_a_merged_outline_is_cut_up():
    (row,) = audited(PLANTED["merged"][0]).findings.to_pylist()
    proposed = rle.unpack(row["shapes"], SIZE)
    wanted = [Thing(1, (4, 4, 25, 25)).mask(), Thing(1, (4, 25, 25, 46)).mask()]
    assert sorted(proposed.tolist()) == sorted(np.array(wanted).tolist())


def test_the_proposed_class_is_the_predicted_one():
    for kind, pair in (("swapped", (2, 1)), ("missing", (0, 1)), ("spurious", (2, 0))):
        (row,) = audited(PLANTED[kind][0]).findings.to_pylist()
        assert (row["given"], row["proposed"]) == pair


def test_perfect_labels_give_no_findings():
    result = audit_instances(world(), TILES)
    assert len(result.findings) == 0
    assert result.wrong_rate == 0
    assert result.units.tolist() == [0, 24, 12]
    assert set(result.images["quality"].to_pylist()) == {1.0}


def test_a_network_that_sees_too_much_is_not_believed():
    unsure = replace(LONE, score=0.3)
    images = [seen_of(one.key, [FIRST, SECOND, THIRD], [*TRUE, unsure]) for one in world()]
    assert len(audit_instances(images, TILES).findings) == 0


def test_an_object_that_the_network_seldom_finds_is_not_spurious():
    small = Thing(2, (44, 60, 56, 68), id=9)
    images = [seen_of(one.key, [FIRST, SECOND, THIRD, small], TRUE) for one in world()]
    assert len(audit_instances(images, TILES).findings) == 0


@pytest.mark.parametrize("kind", sorted(set(PLANTED) - {"swapped"}))
def test_one_class_is_enough(kind):
    def cell(thing):
        return replace(thing, label=1)

    result = audited([*map(cell, PLANTED[kind][0])], [*map(cell, TRUE)], CELLS)
    assert result.findings["kind"].to_pylist() == [kind]


def test_probabilities_at_the_given_place_find_a_swap_without_predictions():
    images = []
    for one in world():
        sure = np.full((3, 3), 0.02, np.float32)
        sure[np.arange(3), [1, 2, 1]] = 0.96
        images.append(replace(one, found=predicted_of([]), judged=sure))
    images[3] = replace(images[3], given=given_of([replace(FIRST, label=2), SECOND, THIRD]))
    (row,) = audit_instances(images, TILES).findings.to_pylist()
    assert (row["image"], row["kind"], row["objects"], row["proposed"]) == ("image03", "swapped", [0], 1)


def test_what_lies_in_a_crowd_or_an_ignored_object_is_not_missing():
    crowd = Thing(2, (36, 50, 60, 80), id=9)
    found = predicted_of([*TRUE, LONE])
    for given in (
        given_of([FIRST, SECOND, THIRD, crowd], crowd=[3]),
        given_of([FIRST, SECOND, THIRD, replace(crowd, label=255)]),
    ):
        images = world()
        images[0] = Seen("image00", given, found)
        result = audit_instances(images, TILES)
        assert len(result.findings) == 0
        assert result.ignored == 1
        assert result.units.sum() == 36

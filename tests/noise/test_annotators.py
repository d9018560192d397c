"""Annotators: habits of their own, the same for every image, alone and in a crowd."""

import numpy as np
import pytest
from noise_toys import BINARY, CLASSES, PIXELS, STREET, class_ids, label_maps

from truemask.noise import Draws, check, corrupt, parse
from truemask.noise.annotator.fusion import fuse
from truemask.noise.annotator.person import Habits, person
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE, BadInput

HABITS = Habits(confusion=0.2, miss=0.1, bias_px=2.0, jitter_px=1.0)


def apply(labels, spec, key="image", seed=1, problem=PIXELS):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key=key)


def people(problem=PIXELS, habits=HABITS, count=400):
    return [person(number, problem, Draws(3, "any"), habits) for number in range(count)]


def disk(radius=20, side=80):
    rows, columns = np.mgrid[:side, :side] - side // 2
    return (rows**2 + columns**2 <= radius**2).astype(np.uint8)


def test_a_person_does_not_depend_on_the_image_or_the_place_in_the_spec():
    one, other = (person(4, PIXELS, draws, HABITS) for draws in (Draws(3, "a"), Draws(3, "b", step=2)))
    assert (one.miss, one.bias_px, one.jitter_px) == (other.miss, other.bias_px, other.jitter_px)
    assert (one.confusion == other.confusion).all()
    assert person(4, PIXELS, Draws(4, "a"), HABITS).bias_px != one.bias_px


def test_people_differ_around_their_habits():
    crowd = people()
    assert np.mean([one.miss for one in crowd]) == pytest.approx(0.1, abs=0.012)
    assert 0 <= min(one.miss for one in crowd) <= max(one.miss for one in crowd) <= 0.2
    assert np.std([one.bias_px for one in crowd]) == pytest.approx(2, rel=0.15)
    assert abs(np.mean([one.bias_px for one in crowd])) < 0.4
    wrong = np.array([1 - one.confusion[1, 1] for one in crowd])
    assert wrong.mean() == pytest.approx(0.2, abs=0.025)


def test_confusion_is_a_matrix_over_the_foreground():
    for one in people(count=20):
        np.testing.assert_allclose(one.confusion.sum(axis=1), 1)
        assert one.confusion[0].tolist() == [1, 0, 0, 0]
        assert (one.confusion[1:, 0] == 0).all()
        assert one.confusion[1, 2] != one.confusion[1, 3]
    lone = person(0, BINARY, Draws(3, "a"), HABITS)
    assert (lone.confusion == np.eye(2)).all()
    images = person(0, CLASSES, Draws(3, "a"), HABITS)
    assert (images.confusion[~np.eye(3, dtype=bool)] > 0).all()


def test_bias_moves_the_outline_by_so_many_pixels():
    labels = disk(20)
    for number in range(6):
        bias_px = person(number, BINARY, Draws(1, ""), Habits(0, 0, 3.0, 0)).bias_px
        after = apply(labels, f"annotator:{number},confusion=0,miss=0,bias_px=3,jitter_px=0", problem=BINARY)
        radius = np.sqrt(after.sum() / np.pi)
        assert radius == pytest.approx(np.sqrt(labels.sum() / np.pi) + bias_px, abs=0.6)


def test_jitter_bends_the_outline_and_keeps_the_size():
    labels = disk(20)
    jitters = [person(number, BINARY, Draws(1, ""), Habits(0, 0, 0, 2.0)).jitter_px for number in range(8)]
    number = int(np.argmax(jitters))
    drawn = [
        apply(labels, f"annotator:{number},confusion=0,miss=0,bias_px=0,jitter_px=2", f"k{i}", problem=BINARY)
        for i in range(20)
    ]
    assert all((one != labels).sum() > 40 for one in drawn)
    assert np.mean([one.sum() for one in drawn]) == pytest.approx(labels.sum(), rel=0.06)
    assert (drawn[0] != drawn[1]).any()


def test_misses_and_confusions_are_of_whole_segments():
    for key, labels in label_maps().items():
        after = apply(labels, "annotator:1,confusion=0.4,miss=0.3,bias_px=0,jitter_px=0", key)
        ids, places = segments(labels, 0)
        for number in range(1, len(places) + 1):
            assert len(np.unique(after[ids == number])) == 1
        assert (after[labels == 0] == 0).all()


def test_a_thing_that_is_drawn_too_small_vanishes():
    labels = np.zeros((30, 30), np.uint8)
    labels[10:12, 10:12] = 1
    numbers = [n for n in range(20) if person(n, BINARY, Draws(1, ""), Habits(0, 0, 4.0, 0)).bias_px < -1.5]
    assert numbers
    spec = f"annotator:{numbers[0]},confusion=0,miss=0,bias_px=4,jitter_px=0"
    assert not apply(labels, spec, problem=BINARY).any()


def test_small_things_are_drawn_over_large_ones():
    labels = np.zeros((40, 40), np.uint8)
    labels[5:35, 5:20] = 1
    labels[15:20, 20:24] = 2
    number = next(n for n in range(20) if person(n, PIXELS, Draws(1, ""), Habits(0, 0, 4.0, 0)).bias_px > 2)
    after = apply(labels, f"annotator:{number},confusion=0,miss=0,bias_px=4,jitter_px=0")
    assert (after[labels == 2] == 2).all()
    assert after[17, 18] == 2


@pytest.mark.parametrize("how", ["majority", "staple"])
def test_a_crowd_is_its_annotators_fused(how):
    for key, labels in list(label_maps().items())[:4]:
        alone = [apply(labels, f"annotator:{number}", key) for number in range(5)]
        spec = "crowd:5" if how == "majority" else "crowd:5,fuse=staple"
        assert (apply(labels, spec, key) == fuse(alone, PIXELS, how)).all()


def test_a_majority_is_better_than_its_members():
    alone, together = [], []
    for key, labels in label_maps().items():
        known = labels != IGNORE
        alone += [(apply(labels, f"annotator:{n}", key) != labels)[known].mean() for n in range(7)]
        together.append((apply(labels, "crowd:7", key) != labels)[known].mean())
    assert np.mean(together) < 0.6 * np.mean(alone)


def test_images_are_confused_by_the_annotators_own_matrix():
    ids = class_ids()
    for number in (0, 1):
        who = person(number, CLASSES, Draws(1, ""), Habits(0.5, 0, 0, 0))
        counts = np.zeros((3, 3))
        for key, label in ids.items():
            if label != IGNORE:
                counts[label, apply(label, f"annotator:{number},confusion=0.5", key, problem=CLASSES)] += 1
        expected = who.confusion * counts.sum(axis=1, keepdims=True)
        errors = np.sqrt(expected * (1 - who.confusion)) + 1e-9
        assert (np.abs(counts - expected) <= 4 * errors).all()


def test_what_does_not_go_is_told():
    with pytest.raises(BadInput, match="an annotator of label maps needs a background class"):
        check(parse("annotator:0"), STREET)
    with pytest.raises(BadInput, match="staple cannot tell who is good; use fuse=majority"):
        check(parse("crowd:3,fuse=staple"), CLASSES)

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from noise_toys import CLASSES, OBJECTS, PIXELS, STREET, object_list, same

from truemask import rle
from truemask.noise import apply_changes, changes
from truemask.noise.changes import KINDS
from truemask.noise.objects import kept, with_classes, with_outlines
from truemask.types import IGNORE, Instances

MAPS = arrays(np.uint8, (5, 7), elements=st.sampled_from([0, 1, 2, 3, IGNORE]))


def kinds(done):
    return [KINDS[kind] for kind in done.kind]


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(MAPS, MAPS)
def test_changes_of_any_two_maps_make_the_one_from_the_other(before, after):
    done = changes(before, after, "image", PIXELS)
    assert (apply_changes(before, done) == after).all()
    assert done.run.sum() == (before != after).sum()


def test_pixels_that_change_alike_are_one_run():
    before = np.array([[0, 0, 0, 1], [1, 2, 0, 0]], np.uint8)
    after = np.array([[0, 1, 1, 0], [0, 2, IGNORE, 3]], np.uint8)
    done = changes(before, after, "image", PIXELS)
    assert done.unit.tolist() == [1, 3, 6, 7]
    assert done.run.tolist() == [2, 2, 1, 1]
    assert done.source.tolist() == [0, 1, 0, 0]
    assert done.target.tolist() == [1, 0, IGNORE, 3]
    assert kinds(done) == ["added", "removed", "ignored", "added"]


def test_without_a_background_a_change_is_of_class_only():
    before, after = np.array([[0, 1, 2]], np.uint8), np.array([[1, 0, IGNORE]], np.uint8)
    assert kinds(changes(before, after, "image", STREET)) == ["class", "class", "ignored"]


def test_equal_labels_have_no_changes():
    assert len(changes(np.ones((3, 4), np.uint8), np.ones((3, 4), np.uint8), "image", PIXELS)) == 0
    assert len(changes(1, 1, "image", CLASSES)) == 0


def test_an_image_has_one_change():
    done = changes(2, 0, "image", CLASSES)
    assert (done.unit.tolist(), done.run.tolist(), done.source.tolist(), done.target.tolist()) == (
        [0],
        [1],
        [2],
        [0],
    )
    assert apply_changes(2, done) == 0
    assert apply_changes(2, changes(2, 2, "image", CLASSES)) == 2


def test_every_kind_of_object_change_is_told_and_repeated(rng):
    before = object_list(rng, first_id=50, count=6)
    before = replace(before, classes=np.array([1, 2, 3, 1, 2, 3], np.uint8), crowd=np.zeros(6, bool))
    masks = rle.unpack(before.masks, before.size)
    masks[2, :5, :9] = True
    outlines = dict(zip((2, 3), rle.pack(masks[[2, 2]]), strict=True))
    changed = with_outlines(with_classes(before, np.array([3, 2, 3, 2, IGNORE, 3], np.uint8)), outlines)
    shorter = kept(changed, np.array([True, False, True, True, True, True]))
    fresh = rle.pack(masks[:1])
    after = Instances(
        before.size,
        np.append(shorter.classes, np.uint8(2)),
        shorter.masks + fresh,
        np.concatenate([shorter.boxes, rle.boxes(fresh, before.size)]),
        np.append(shorter.ids, 900),
        np.append(shorter.crowd, False),
    )
    done = changes(before, after, "image", OBJECTS)
    ids = before.ids.tolist()
    assert dict(zip(done.unit.tolist(), kinds(done), strict=True)) == {
        ids[0]: "class",
        ids[1]: "removed",
        ids[2]: "outline",
        ids[3]: "class",
        ids[4]: "ignored",
        900: "added",
    }
    assert done.target.tolist() == [3, 0, 3, 2, IGNORE, 2]
    assert set(done.masks) == {2, 3, 5}
    assert same(apply_changes(before, done), after)


def test_an_empty_list_of_objects_has_no_changes(rng):
    nothing = object_list(rng, first_id=0, count=0)
    done = changes(nothing, nothing, "image", OBJECTS)
    assert len(done) == 0
    assert same(apply_changes(nothing, done), nothing)

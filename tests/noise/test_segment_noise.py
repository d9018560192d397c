import numpy as np
from noise_toys import OBJECTS, PIXELS, label_maps, object_lists
from scipy import ndimage

from truemask.noise import corrupt, parse
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE


def apply(labels, spec, problem=PIXELS, key="image", seed=1):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key=key)


def test_segments_are_the_connected_regions_of_each_class():
    for labels in label_maps().values():
        ids, places = segments(labels, 0)
        assert (ids == 0).sum() == np.isin(labels, (0, IGNORE)).sum()
        expected = {}
        for class_id in (1, 2, 3):
            regions, count = ndimage.label(labels == class_id, np.ones((3, 3)))
            for region in range(1, count + 1):
                expected[np.flatnonzero(regions == region)[0]] = set(np.flatnonzero(regions == region))
        found = {place: set(np.flatnonzero(ids == number)) for number, place in enumerate(places, 1)}
        assert found == expected


def test_a_missed_segment_is_missed_whole():
    for key, labels in label_maps().items():
        ids, places = segments(labels, 0)
        missed = apply(labels, "miss:0.5", key=key) != labels
        for number in range(1, len(places) + 1):
            assert len(np.unique(missed[ids == number])) == 1
        assert not missed[ids == 0].any()


def test_what_else_is_in_the_image_does_not_decide_whether_a_segment_is_missed():
    for key, labels in label_maps().items():
        after = apply(labels, "miss:0.5", key=key)
        cats_only = np.where(labels == 1, 1, 0).astype(np.uint8)
        assert ((apply(cats_only, "miss:0.5", key=key) == 1) == (after == 1)).all()


def test_at_rate_1_nothing_is_left_but_background_and_ignore():
    labels = label_maps()["map-0"]
    assert (apply(labels, "miss:1") == np.where(labels == IGNORE, IGNORE, 0)).all()


def test_missed_objects_vanish_and_the_others_keep_everything():
    for key, before in object_lists().items():
        after = apply(before, "miss:0.5", OBJECTS, key)
        rows = [before.ids.tolist().index(i) for i in after.ids.tolist()]
        assert rows == sorted(rows)
        assert after.masks == tuple(before.masks[row] for row in rows)
        assert after.classes.tolist() == before.classes[rows].tolist()
        assert after.boxes.tolist() == before.boxes[rows].tolist()


def test_an_object_is_missed_by_its_id_wherever_it_stands_in_the_list():
    before = object_lists()["list-14"]
    order = np.arange(len(before))[::-1].copy()
    turned = type(before)(
        before.size,
        before.classes[order],
        tuple(before.masks[row] for row in order),
        before.boxes[order],
        before.ids[order],
        before.crowd[order],
    )
    one, other = (apply(each, "miss:0.5", OBJECTS) for each in (before, turned))
    assert one.ids.tolist() == other.ids.tolist()[::-1]
    assert 0 < len(one) < len(before)

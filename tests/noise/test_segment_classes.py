"""Noise on the classes of whole segments: misannotate, misclassify, swap."""

import numpy as np
import pytest
from noise_toys import BINARY, OBJECTS, PIXELS, STREET, label_maps, object_lists

from truemask.noise import Ledger, corrupt, manifest_of, parse
from truemask.noise.objects import bearing
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE, BadInput


def apply(labels, spec, problem=PIXELS, key="image", seed=1):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key=key)


def share_of(spec, problem, labels):
    ledger = Ledger(parse(spec), problem, 3)
    for key, one in labels.items():
        ledger.corrupt(one, key)
    return manifest_of(ledger).steps[0]


def test_all_misannotated_leaves_the_target_and_background():
    labels = label_maps()["map-1"]
    after = apply(labels, "misannotate,target=cat,others=background")
    assert (after == np.where(np.isin(labels, (2, 3)), 1, labels)).all()


def test_the_clean_twin_of_misannotation_has_only_the_target():
    labels = label_maps()["map-1"]
    after = apply(labels, "misannotate:0,target=cat,others=background")
    assert (after == np.where(np.isin(labels, (2, 3)), 0, labels)).all()


def test_half_misannotated_splits_others_by_segment_between_target_and_background():
    counts = np.zeros(2)
    for key, labels in label_maps().items():
        ids, places = segments(labels, 0)
        after = apply(labels, "misannotate:0.5,target=cat,others=background", key=key)
        for number, place in enumerate(places, 1):
            if labels.flat[place] != 1:
                (now,) = np.unique(after[ids == number])
                counts[now] += 1
    assert abs(counts[1] - counts.sum() / 2) <= 4 * np.sqrt(counts.sum() / 4)


def test_misannotated_objects_are_the_target_and_others_may_go():
    for before in object_lists().values():
        after = apply(before, "misannotate,target=dog,others=background", OBJECTS)
        assert np.isin(after.classes, (2, IGNORE) if not before.crowd.any() else (1, 2, 3, IGNORE)).all()
        kept = bearing(before)
        assert len(after) == len(before)
        now = dict(zip(after.ids.tolist(), after.classes.tolist(), strict=True))
        assert all(now[i] == 2 for i in before.ids[kept].tolist())
        gone = apply(before, "misannotate:0,target=dog,others=background", OBJECTS)
        assert set(gone.ids.tolist()) == set(before.ids[~kept | (before.classes == 2)].tolist())


def test_several_targets_are_taken_alike():
    step = share_of("misannotate:1,target=cat;dog", PIXELS, label_maps())
    assert step.count == step.of
    foxes = {key: np.where(one == 3, 3, 0).astype(np.uint8) for key, one in label_maps().items()}
    seen = np.zeros(4)
    for key, labels in foxes.items():
        _, places = segments(labels, 0)
        after = apply(labels, "misannotate,target=dog;cat", key=key)
        seen += np.bincount(after.flat[places], minlength=4)
    assert seen[3] == 0
    assert abs(seen[1] - seen[2]) <= 4 * np.sqrt(seen.sum())


def test_a_target_is_no_background():
    with pytest.raises(BadInput, match="name the background"):
        apply(label_maps()["map-0"], "misannotate,target=background")
    with pytest.raises(BadInput, match="needs a background class"):
        apply(label_maps()["map-0"] % 3, "misannotate,target=cat,others=background", STREET)


def test_a_misclassified_segment_is_so_whole_and_never_background():
    for key, labels in label_maps().items():
        ids, places = segments(labels, 0)
        after = apply(labels, "misclassify", key=key)
        for number, place in enumerate(places, 1):
            (now,) = np.unique(after[ids == number])
            assert now in {1, 2, 3} - {labels.flat[place]}
        assert (after[ids == 0] == labels[ids == 0]).all()


@pytest.mark.parametrize(("rate", "effective"), [(1, 2 / 3), (0.5, 1 / 3)])
def test_random_labels_of_the_draft_leave_one_in_k_right(rate, effective):
    """AllRandomLabels and HalfRandomLabels with 3 foreground classes: rate (k - 1) / k."""
    step = share_of(f"misclassify:{rate},draw=any", PIXELS, label_maps())
    assert step.declared == pytest.approx(effective)
    assert abs(step.count - step.of * effective) <= 4 * np.sqrt(step.of * effective * (1 - effective))


def test_a_mix_has_its_own_chance_for_each_pair():
    spec, seen = "misclassify,mix=cat>dog:0.3;cat>fox:0.1;fox>dog:0.5", np.zeros((4, 4))
    for key, labels in label_maps().items():
        _, places = segments(labels, 0)
        np.add.at(seen, (labels.flat[places], apply(labels, spec, key=key).flat[places]), 1)
    expected = np.eye(4)
    expected[1, 1:], expected[3, 2:] = (0.6, 0.3, 0.1), (0.5, 0.5)
    total = seen.sum(axis=1, keepdims=True)
    assert (np.abs(seen - total * expected) <= 4 * np.sqrt(total * expected * (1 - expected))).all()
    step = share_of(spec, PIXELS, label_maps())
    assert step.declared == pytest.approx(((1 - expected.diagonal()) * total[:, 0]).sum() / step.of)


def test_a_matrix_written_out_is_the_same_as_a_mix():
    labels = label_maps()["map-2"]
    one = apply(labels, "misclassify,mix=cat>dog:0.3;fox>dog:0.5")
    other = apply(labels, "misclassify,matrix=0.7/0.3/0;0/1/0;0/0.5/0.5")
    assert (one == other).all()


def test_a_map_sends_classes_where_it_says():
    for before in object_lists().values():
        after = apply(before, "misclassify,map=cat>dog;dog>cat", OBJECTS)
        bears = bearing(before)
        assert after.classes[bears].tolist() == [(0, 2, 1, 3)[c] for c in before.classes[bears].tolist()]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("misclassify,mix=cat>background:0.1", "to leave things out use miss"),
        ("misclassify,mix=cat>dog:0.7;cat>fox:0.7", "come to 1.4, above 1"),
        ("misclassify,mix=cat>cat:0.7", "to itself"),
        ("misclassify,mix=cat>dog:2", "chance from 0 to 1"),
        ("misclassify,mix=cat-dog", "no entry such as"),
        ("misclassify,mix=cat>dog:0.2;cat>dog:0.2", "says a pair twice"),
        ("misclassify,mix=cat>dog:0.2,map=cat>dog", "takes one of map, mix and matrix; got map and mix"),
    ],
)
def test_what_cannot_be_misclassified(spec, said):
    with pytest.raises(BadInput, match=said):
        apply(label_maps()["map-0"], spec)


def test_one_foreground_class_cannot_be_mistaken_for_another():
    with pytest.raises(BadInput, match="two classes"):
        apply(np.eye(4, dtype=np.uint8), "misclassify:0.5", BINARY)


def test_swapping_keeps_the_number_of_segments_of_each_class():
    for key, before in object_lists().items():
        after = apply(before, "swap:0.7", OBJECTS, key)
        assert (
            np.bincount(after.classes, minlength=256).tolist()
            == np.bincount(before.classes, minlength=256).tolist()
        )
        assert after.masks == before.masks


def test_swapping_everything_leaves_as_many_as_have_no_partner():
    for before in object_lists().values():
        after = apply(before, "swap:1", OBJECTS)
        bears = bearing(before)
        counts = np.bincount(before.classes[bears], minlength=4)
        pairs = min(counts.sum() // 2, counts.sum() - counts.max())
        assert (after.classes != before.classes).sum() == 2 * pairs


def test_a_map_says_who_swaps_with_whom():
    for key, labels in label_maps().items():
        after = apply(labels, "swap:1,map=cat>dog", key=key)
        assert ((after == 3) == (labels == 3)).all()
        _, places = segments(labels, 0)
        old, new = labels.flat[places], after.flat[places]
        assert (old != new).sum() == 2 * min((old == 1).sum(), (old == 2).sum())
    with pytest.raises(BadInput, match="has one in two pairs"):
        apply(label_maps()["map-0"], "swap:1,map=cat>dog;cat>fox")
    with pytest.raises(BadInput, match="names the background"):
        apply(label_maps()["map-0"], "swap:1,map=cat>background")


def test_without_a_background_every_region_is_a_segment():
    labels = np.repeat(np.array([[0, 1, 2]], np.uint8), 2, axis=0)
    assert (apply(labels, "misclassify,map=cat>dog;dog>fox;fox>cat", STREET) == (labels + 1) % 3).all()

"""Each noise on whole sets does what its source says."""

from collections import Counter
from math import exp, pi, sqrt

import numpy as np
import pytest
from scipy.special import ndtr
from set_toys import CLASSES, ToyGallery, by_key, toy_gallery, toy_roster

from truemask.noise import corrupt_set, manifest_of, parse, roster_of
from truemask.noise.image.instance_dependent import flip_rates
from truemask.noise.image.similar import likeness
from truemask.types import IGNORE, BadInput, Problem, Task


def noisy(text, roster=None, gallery=None, seed=3, problem=CLASSES):
    roster, gallery = roster or toy_roster(), gallery or toy_gallery()
    return corrupt_set(roster, parse(text), problem=problem, seed=seed, gallery=gallery)


def donors_of(ledger):
    return [donor for donor in ledger.after.donors if donor is not None]


def test_open_set_images_are_of_no_class_of_the_set_and_labels_stay():
    ledger = noisy("open-set:0.3,from=digits")
    names = toy_gallery().donors("digits")
    shown = {names[donor.removeprefix("digits#")] for donor in donors_of(ledger)}
    assert shown == {"plane", "ship", "horse"}
    assert ledger.after.labels.tolist() == ledger.before.labels.tolist()
    counts = np.array(manifest_of(ledger).counts)
    assert counts.sum() == ledger.before.labelled.sum() - len(donors_of(ledger))
    assert (counts[:, :3] == np.diag(np.diagonal(counts))).all()


def test_no_donor_is_shown_twice_before_all_were_shown():
    assert max(Counter(donors_of(noisy("open-set:0.5,from=digits"))).values()) == 1
    few = ToyGallery(toy_gallery().images, dict(list(toy_gallery().strangers.items())[:40]))
    shown = Counter(donors_of(noisy("open-set:0.5,from=digits", gallery=few)))
    assert len(shown) == 30
    assert max(shown.values()) - min(shown.values()) == 1


def test_open_set_in_exact_numbers():
    labelled = int(toy_roster().labelled.sum())
    for rate in (0.1, 0.4, 1):
        assert len(donors_of(noisy(f"open-set:{rate},from=digits,exact=true"))) == round(labelled * rate)


def test_a_donor_set_without_other_classes_is_told():
    cats = ToyGallery(toy_gallery().images, {"a": ("CAT", None), "b": ("dog", None)})
    with pytest.raises(BadInput, match="from=digits: all of its images are of the set's own classes"):
        noisy("open-set:0.5,from=digits", gallery=cats)
    with pytest.raises(
        BadInput, match="has images of 3 classes that the set does not have, meanings=4 needs 4"
    ):
        noisy("cross-domain:0.5,from=digits,meanings=4")


@pytest.mark.parametrize("meanings", [1, 2])
def test_cross_domain_images_of_one_class_are_of_the_same_few_kinds(meanings):
    ledger, names = noisy(f"cross-domain:0.6,from=digits,meanings={meanings}"), toy_gallery().donors("digits")
    kinds = {label: set() for label in range(3)}
    for label, _, donor in by_key(ledger.after).values():
        if donor:
            kinds[label].add(names[donor.removeprefix("digits#")])
    assert [len(one) for one in kinds.values()] == [meanings] * 3
    assert "Cat" not in set.union(*kinds.values())


def test_images_without_a_class_are_strangers_of_one_kind():
    masks = ToyGallery(toy_gallery().images, {f"m{i}": (None, None) for i in range(9)})
    for spec in ("open-set:0.5,from=digits", "cross-domain:0.5,from=digits"):
        assert len(set(donors_of(noisy(spec, gallery=masks)))) == 9


def test_cross_category_prefers_classes_that_look_alike():
    counts = np.array(manifest_of(noisy("cross-category:0.5")).counts)
    assert counts[0, 1] > 3 * counts[0, 2] > 0
    roster, gallery = toy_roster(), toy_gallery()
    means = np.array(
        [
            np.mean(
                [
                    gallery.images[key]
                    for key, label in zip(roster.keys, roster.labels, strict=True)
                    if label == i
                ],
                0,
            )
            for i in range(3)
        ]
    )
    apart = ((means[:, None] - means) ** 2).sum(axis=(2, 3, 4))
    mean = apart.sum() / 6
    found = likeness(roster, CLASSES, gallery, 2.0)
    for i, near, far in ((0, 1, 2), (2, 1, 0)):
        expected = exp(-2 * (apart[i, far] - apart[i, near]) / mean)
        assert found[i, far] / found[i, near] == pytest.approx(expected, rel=0.02)
    flat = likeness(roster, CLASSES, gallery, 0.0)
    assert (flat[~np.eye(3, dtype=bool)] == 1).all()


def test_dilution_leaves_the_share_of_right_labels_that_the_paper_says():
    alpha, k = 9, 3
    ledger = noisy(f"dilution:{alpha}")
    count = int(toy_roster().labelled.sum())
    assert len(ledger.after) == len(toy_roster()) + alpha * count
    counts = np.array(manifest_of(ledger).counts)[:, :3]
    right = np.trace(counts) / counts.sum()
    share = (1 + alpha / k) / (1 + alpha)
    error = sqrt((1 / k) * (1 - 1 / k) / (alpha * count)) * alpha / (1 + alpha)
    assert abs(right - share) < 4 * error
    assert manifest_of(ledger).units == count * (1 + alpha)
    assert by_key(ledger.after)["image-0~3"][1:] == ("image-0", None)


def test_copies_follow_their_image_and_originals_keep_their_label():
    after = noisy("dilution:2").after
    keys = [key for key in after.keys if key.startswith("image-7")][:3]
    assert keys == ["image-7", "image-7~1", "image-7~2"]
    before = by_key(toy_roster())
    assert all(by_key(after)[key] == before[key] for key in before)


def test_structured_dilution_leans_to_one_class():
    for spec, to in (
        ("dilution:3,structure=1", (1, 2, 0)),
        ("dilution:3,structure=1,map=cat>fox", (2, None, None)),
    ):
        counts = np.array(manifest_of(noisy(spec)).counts)[:, :3]
        for label, target in enumerate(to):
            if target is not None:
                assert counts[label, target] == 3 * counts[label, label]
                assert counts[label].sum() == 4 * counts[label, label]


def test_a_copy_that_has_the_name_of_an_image_is_told():
    roster = roster_of(["image-1", "image-1~1"], [0, 1])
    with pytest.raises(BadInput, match="a copy would be called 'image-1~1', as another image is already"):
        noisy("dilution:1", roster)


@pytest.mark.parametrize("per", ["set", "class"])
def test_unbiased_noise_comes_in_exact_numbers(per):
    counts = np.array(manifest_of(noisy(f"unbiased:0.35,per={per}")).counts)[:, :3]
    groups = counts if per == "class" else [counts.ravel()]
    for i, group in enumerate(groups):
        wrong = group.sum() - (counts[i, i] if per == "class" else np.trace(counts))
        assert wrong == np.floor(group.sum() * 0.35 + 0.5)
    off = counts[0, 1:]
    assert abs(off[0] - off[1]) < 4 * sqrt(off.sum())


def test_the_darkest_images_of_each_class_become_the_next_class():
    ledger, gallery = noisy("biased:0.25,by=brightness"), toy_gallery()
    before, after = by_key(ledger.before), by_key(ledger.after)
    for label in range(3):
        keys = [key for key, one in before.items() if one[0] == label]
        wrong = [key for key in keys if after[key][0] != label]
        assert len(wrong) == int(len(keys) * 0.25 + 0.5)
        assert {after[key][0] for key in wrong} == {(label + 1) % 3}
        light = {key: gallery.images[key].mean() for key in keys}
        assert max(light[key] for key in wrong) <= min(light[key] for key in keys if key not in wrong) + 2


def test_the_mistakes_of_the_weak_model_come_first_and_look_like_what_they_are_taken_for():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 100)
    levels = np.where(labels == 1, 200, 50) + rng.normal(0, 60, 200)
    images = {f"i{i}": np.full((4, 4, 1), np.clip(level, 0, 255), np.uint8) for i, level in enumerate(levels)}
    two = Problem(Task.CLASSIFICATION, ("dark", "light"))
    roster = roster_of(list(images), labels.tolist())
    ledger = noisy("biased:0.2,samples=200", roster, ToyGallery(images, {}), problem=two)
    light = np.array([image.mean() for image in images.values()])
    means = [light[labels == i].mean() for i in (0, 1)]
    margin = np.abs(light - np.take(means, 1 - labels)) - np.abs(light - np.take(means, labels))
    wrong = ledger.after.labels != labels
    assert wrong.sum() == 40
    assert margin[wrong].max() <= margin[~wrong].min() + 3
    assert (margin < 0).sum() > 5


def test_equal_images_are_mistaken_alike_by_the_weak_model():
    gallery = toy_gallery()
    twins = {f"twin-{key}": image for key, image in gallery.images.items()}
    keys, labels = [*gallery.images, *twins], toy_roster().labels.tolist() * 2
    ledger = noisy("biased:0.5", roster_of(keys, labels), ToyGallery({**gallery.images, **twins}, {}))
    after = by_key(ledger.after)
    unlike = sum(after[key][0] != after[f"twin-{key}"][0] for key in gallery.images)
    assert unlike <= 1
    assert ledger.changed == np.floor(0.5 * ledger.units + 0.5)


def test_flip_rates_have_the_mean_that_was_asked_for_and_the_published_ones_more():
    uniforms = (np.arange(20_000) + 0.5) / 20_000
    for rate in (0.0, 0.1, 0.5, 0.9, 1.0):
        own = flip_rates(uniforms, rate, 0.1, published=False)
        assert own.mean() == pytest.approx(rate, abs=1e-4)
        assert 0 <= own.min() <= own.max() <= 1
    density = exp(-0.5) / sqrt(2 * pi)
    expected = 0.1 + 0.1 * density / ndtr(1)  # mean of N(0.1, 0.1^2) above 0; 1 is nine deviations away
    assert expected == pytest.approx(0.1288, abs=1e-4)
    assert flip_rates(uniforms, 0.1, 0.1, published=True).mean() == pytest.approx(expected, abs=1e-4)
    assert flip_rates(uniforms, 0.4, 0.0, published=True).tolist() == [0.4] * 20_000


def test_instance_dependent_labels_follow_the_image():
    image = toy_gallery().images["image-0"]
    same = {f"i{i}": image for i in range(300)}
    keys, others = [*same, *toy_roster().keys], toy_roster().labels.tolist()
    gallery = ToyGallery({**toy_gallery().images, **same}, {})
    roster = roster_of(keys, [1] * 300 + [0 if i == 1 else i for i in others])
    ledger = noisy("instance-dependent:0.5", roster, gallery)
    counts = np.array(manifest_of(ledger).counts)[1, :3]
    wrong = counts[[0, 2]]
    assert 110 < wrong.sum() < 190
    # Equal images have equal chances, and far from alike: 4 standard errors would be by chance.
    assert wrong.max() - wrong.sum() / 2 > 4 * sqrt(wrong.sum() / 4)
    varied = np.array(manifest_of(noisy("instance-dependent:0.5")).counts)[0, 1:3]
    assert varied.min() > 0


def test_the_published_truncation_makes_more_noise_at_low_rates():
    keys = [f"i{i}" for i in range(4000)]
    gallery = ToyGallery(dict.fromkeys(keys, np.zeros((2, 2, 1), np.uint8)), {})
    roster = roster_of(keys, [0] * 4000)
    strict, published = (
        noisy(f"instance-dependent:0.1{compat}", roster, gallery).changed / 4000
        for compat in ("", ",compat=published")
    )
    assert abs(strict - 0.1) < 4 * sqrt(0.09 / 4000)
    assert abs(published - 0.1288) < 4 * sqrt(0.1288 * 0.8712 / 4000)


def test_points_have_features_too():
    points = {f"p{i}": np.array([i % 2 * 3.0, i / 100], np.float32) for i in range(200)}
    two = Problem(Task.CLASSIFICATION, ("left", "right"), channels=2, points=True)
    roster = roster_of(list(points), [i % 2 for i in range(200)])
    for spec in ("biased:0.3", "cross-category:0.3", "instance-dependent:0.3", "biased:0.3,by=brightness"):
        ledger = noisy(spec, roster, ToyGallery(points, {}), problem=two)
        assert 30 < ledger.changed < 90


def test_noises_of_both_kinds_follow_each_other():
    ledger = noisy("open-set:0.4,from=digits+dilution:1+symmetric:0.5")
    manifest = manifest_of(ledger)
    replaced, diluted, flipped = manifest.steps
    after = by_key(ledger.after)
    assert flipped.of == diluted.of * 2 == replaced.of * 2 == manifest.units
    assert abs(flipped.realised - 0.5) < 4 * sqrt(0.25 / flipped.of)
    copies = {key: one for key, one in after.items() if key.endswith("~1")}
    assert all(after[origin][2] == donor for _, origin, donor in copies.values())
    assert sum(donor is not None for _, _, donor in copies.values()) == replaced.count
    kinds = Counter(one.kind[0] for one in ledger.changes())
    assert set(kinds) == {0, 5, 6}


def test_a_label_that_is_none_of_the_problem_is_told():
    with pytest.raises(BadInput, match="image 'a': label 7, but there are 3 classes"):
        noisy("unbiased:0.1", roster_of(["a"], [7]))
    assert noisy("unbiased:0.1", roster_of(["a"], [IGNORE])).units == 0

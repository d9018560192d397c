"""Groups with more errors are named; groups that are only unlucky, or only one bad image, are not."""

import numpy as np
import pytest

from truemask.audit import confident_learning
from truemask.audit.diagnosis import Groups, diagnose, places
from truemask.audit.diagnosis.places import one_hot
from truemask.types import Problem, Task


def uneven_images(rng, images, rate, units=100):
    """Flagged labels of images that differ: in one of ten, half of all labels are wrong."""
    shares = np.where(rng.random(images) < 0.1, 0.5, rate)
    return rng.binomial(units, shares).astype(float)


def in_groups(names, sizes):
    return np.repeat(names, sizes).tolist()


def test_groups_of_a_few_uneven_images_are_hardly_ever_named():
    rng = np.random.default_rng(0)
    group = in_groups([f"folder {i}" for i in range(24)], rng.integers(1, 9, 24))
    units = np.full(len(group), 100.0)
    named = 0
    for _ in range(100):
        flagged = uneven_images(rng, len(group), 0.05)
        found = places("folder", one_hot(group, units), one_hot(group, flagged))
        named += any(place.stands_out for place in found)
    assert named <= 5 + 4 * np.sqrt(100 * 0.05 * 0.95)  # 5 % of data sets, 4 standard errors


def test_an_annotator_who_errs_twice_as_often_is_named_and_nobody_else():
    rng = np.random.default_rng(1)
    group = in_groups(["anna", "ben", "cleo", "dan"], [60] * 4)
    units = np.full(240, 100.0)
    right = 0
    for _ in range(30):
        rates = np.where(np.array(group) == "ben", 0.12, 0.04)
        flagged = rng.binomial(100, rates * rng.uniform(0.5, 1.5, 240)).astype(float)
        found = places("annotator", one_hot(group, units), one_hot(group, flagged))
        right += [place.name for place in found if place.stands_out] == ["ben"]
    assert right >= 28
    worst = found[0]
    assert worst.low < 3 < worst.high
    assert worst.share == pytest.approx(0.12, rel=0.2)


def test_one_bad_image_is_no_bad_folder():
    group = ["bad", *["fair"] * 50]
    units, flagged = np.full(51, 1000.0), np.full(51, 10.0)
    flagged[0] = 900
    found = places("folder", one_hot(group, units), one_hot(group, flagged))
    assert [(place.name, place.low) for place in found if place.name == "bad"] == [("bad", 0.0)]
    assert not any(place.stands_out for place in found)


def test_the_interval_is_that_of_drawing_images_again():
    rng = np.random.default_rng(2)
    group = in_groups(["x", "y"], [80, 200])
    units = rng.integers(50, 150, 280).astype(float)
    flagged = np.minimum(uneven_images(rng, 280, 0.05), units)
    of_x = np.array(group) == "x"
    (place,) = (one for one in places("folder", one_hot(group, units), one_hot(group, flagged),
                                      comparisons=1) if one.name == "x")  # fmt: skip
    drawn = []
    for _ in range(2000):
        at = rng.integers(0, 280, 280)
        x, y = at[of_x[at]], at[~of_x[at]]
        drawn.append((flagged[x].sum() / units[x].sum()) / (flagged[y].sum() / units[y].sum()))
    low, high = np.percentile(drawn, [5, 95])
    assert np.log(place.high / place.low) == pytest.approx(np.log(high / low), rel=0.12)
    assert np.log(place.low) == pytest.approx(np.log(low), abs=0.1)


def test_more_comparisons_make_wider_intervals():
    rng = np.random.default_rng(3)
    group = in_groups(["x", "y"], [50, 50])
    units, flagged = one_hot(group, np.full(100, 10.0)), one_hot(group, rng.binomial(10, 0.2, 100) + 0.0)
    few, many = (places("folder", units, flagged, comparisons=n)[0] for n in (2, 200))
    assert few.times == many.times
    assert many.low < few.low < few.high < many.high


def test_all_divisions_of_a_diagnosis_are_corrected_for_together():
    problem = Problem(Task.CLASSIFICATION, ("a", "b"))
    probs = np.tile(np.array([0.9, 0.1], np.float32), (40, 1))
    result = confident_learning(lambda: ((str(i), int(i % 5 == 0), probs[i]) for i in range(40)), problem)
    group = in_groups(["x", "y"], [20, 20])
    units, flagged = np.ones(40), (np.arange(40) % 5 == 0).astype(float)
    one = Groups("folder", one_hot(group, units), one_hot(group, flagged))
    alone = diagnose(result, groups=[one]).places["folder"]
    among = diagnose(result, groups=[one, Groups("site", one.units, one.flagged)]).places["folder"]
    assert {place.name for place in alone} == {"x", "y"}
    assert among[0].low < alone[0].low


def test_nothing_flagged_names_nobody():
    group = in_groups(["x", "y"], [30, 30])
    found = places("folder", one_hot(group, np.ones(60)), one_hot(group, np.zeros(60)))
    assert [place.times for place in found] == [1.0, 1.0]
    assert not any(place.stands_out for place in found)

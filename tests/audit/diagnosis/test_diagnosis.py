"""Kind, amount and places of noise, from audits of known truth."""

import dataclasses

import numpy as np
import pytest

from truemask.audit import confident_learning
from truemask.audit.calibration import Calibration, ListCalibration, Part
from truemask.audit.diagnosis import Groups, amount, diagnose, lift, nature, places
from truemask.audit.diagnosis.places import folders, one_hot
from truemask.audit.findings import Finding, findings_table
from truemask.audit.result import images_table
from truemask.types import Problem, Task

K = 5
PROBLEM = Problem(Task.CLASSIFICATION, tuple("abcde"))


def audit(wrong_class, rate=0.2, count=1000, seed=0):
    """A perfect network's audit of labels that are `wrong_class(truth, rng)` with chance `rate`."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, K, count)
    given = np.where(rng.random(count) < rate, wrong_class(truth, rng), truth)
    probs = np.full((count, K), 0.02, np.float32)
    probs[np.arange(count), truth] = 1 - 0.02 * (K - 1)
    stream = lambda: ((f"folder{i % 4}/{i:04}", int(given[i]), probs[i]) for i in range(count))  # noqa: E731
    return confident_learning(stream, PROBLEM), (given != truth).mean()


def next_class(truth, _):
    return (truth + 1) % K


def any_class(truth, rng):
    return (truth + rng.integers(1, K, len(truth))) % K


def with_images(result, units, flagged):
    rows = [
        {"image": f"{place:03}", "units": int(n), "flagged": int(m), "quality": 0.5}
        for place, (n, m) in enumerate(zip(units, flagged, strict=True))
    ]
    return dataclasses.replace(result, images=images_table(rows), unit="objects")


def test_labels_swapped_by_rule_are_told_from_labels_swapped_by_chance():
    by_rule, by_chance = nature(audit(next_class)[0]), nature(audit(any_class)[0])
    assert by_rule.spread == pytest.approx(0, abs=1e-9)
    assert by_rule.by_rule < 0.01
    assert by_chance.spread > 0.9
    assert by_chance.by_rule > 0.01
    assert by_rule.kinds == {"swapped": 1.0}


def test_two_classes_can_only_be_swapped_for_each_other():
    two = Problem(Task.CLASSIFICATION, ("a", "b"))
    probs = np.tile(np.array([0.9, 0.1], np.float32), (30, 1))
    stream = lambda: ((str(i), int(i < 3), probs[i]) for i in range(30))  # noqa: E731
    assert np.isnan(nature(confident_learning(stream, two)).spread)


def test_flags_that_pile_up_in_images_are_told_from_flags_that_do_not():
    result, _ = audit(next_class)
    units = np.full(100, 20)
    piled = np.zeros(100, int)
    piled[:10] = 10
    even = np.ones(100, int)
    bad_images = nature(with_images(result, units, piled))
    assert bad_images.worst_tenth == 1.0
    assert bad_images.by_image < 0.01
    fair = nature(with_images(result, units, even))
    assert fair.worst_tenth == pytest.approx(0.1)
    assert fair.by_image > 0.5


def test_the_amount_is_the_joints_and_its_interval_holds_the_truth():
    result, truth = audit(any_class)
    (rate, low, high), rests_on = amount(result)
    assert rests_on == "the confident joint"
    assert low < rate < high
    assert low <= truth <= high
    assert high - low == pytest.approx(2 * 1.64 * np.sqrt(0.2 * 0.8 / 1000), rel=0.25)


def calibration(errors):
    part = Part(0.5, 200, (0.9, 0.8, 1.0), (0.9, 0.8, 1.0))
    one = ListCalibration("image", "swapped", 200, 100, 90, errors, (part,), None)
    return Calibration("fast", None, ("symmetric:0.1",), (one,), ())


def test_the_amount_is_that_of_calibrated_lists_where_there_are_some():
    result, _ = audit(any_class)
    by_errors_put_in = calibration((150.0, 120.0, 190.0))
    (rate, low, high), rests_on = amount(result, by_errors_put_in)
    assert (rate, low, high) == (0.15, 0.12, 0.19)
    assert rests_on == "the most it can be, by the calibrated lists"
    assert amount(result, dataclasses.replace(by_errors_put_in, mode="reviewed"))[1] == "the calibrated lists"


def test_what_was_decided_about_findings_says_nothing_of_the_whole():
    result, _ = audit(any_class)
    reviewed = dataclasses.replace(calibration((np.nan,) * 3), mode="reviewed")
    assert amount(result, reviewed) == amount(result)


def test_an_audit_by_likelihood_says_so():
    result, _ = audit(any_class)
    assert amount(result, Calibration("likelihood", None, (), (), ()))[1] == "the likelihood of the labels"


def test_a_group_with_more_errors_stands_out_and_the_others_do_not():
    rng = np.random.default_rng(0)
    group = np.repeat(["x", "y", "z"], 200).tolist()
    flagged = (rng.random(600) < np.where(np.array(group) == "x", 0.3, 0.1)).astype(float)
    found = places("folder", one_hot(group, np.ones(600)), one_hot(group, flagged))
    assert [place.name for place in found if place.stands_out] == ["x"]
    assert found[0].times == pytest.approx(3, rel=0.35)
    assert found[0].low < found[0].times < found[0].high
    assert found[0].units == 200


def test_alike_groups_hardly_ever_stand_out():
    rng = np.random.default_rng(1)
    group = np.repeat([*"abcdefgh"], 60).tolist()
    standing = 0
    for _ in range(30):
        flagged = (rng.random(480) < 0.2).astype(float)
        found = places("folder", one_hot(group, np.ones(480)), one_hot(group, flagged))
        standing += any(place.stands_out for place in found)
    assert standing <= 6  # 5 % of 30 on one side; with 4 standard errors 6


def test_small_and_single_groups_are_not_spoken_of():
    many, few = np.ones(50), np.zeros(50)
    few[:5] = 1
    assert places("class", {"a": many, "b": few}, {"a": few, "b": few}) == []
    assert folders(["cats/1", "cats/old/2", "3"]) == ["cats", "cats/old", ""]


def findings(chances):
    rows = [
        Finding("image", str(place), "swapped", 0.5, "a test", -float(place), p_wrong=chance)
        for place, chance in enumerate(chances)
    ]
    return findings_table(rows, PROBLEM.classes)


def test_the_lift_says_how_many_to_review():
    one = lift(findings([0.5, 1.0, None, 0.9]), errors=3.0)
    assert one.found.tolist() == pytest.approx([1.0, 1.9, 2.4])
    assert one.needed(0.5) == 2
    assert one.needed(0.75) == 3
    assert one.needed(0.9) is None
    assert lift(findings([None]), errors=3.0) is None


def test_a_diagnosis_has_all_of_it():
    result, _ = audit(next_class)
    group = folders([row["image"] for row in result.images.to_pylist()])
    units = np.ones(len(group))
    flags = np.array([row["flagged"] for row in result.images.to_pylist()], float)
    groups = Groups("folder", one_hot(group, units), one_hot(group, flags))
    found = diagnose(result, calibration((150.0, 120.0, 190.0)), [groups])
    assert {place.name for place in found.places["folder"]} == {f"folder{i}" for i in range(4)}
    assert found.rate[0] == 0.15
    assert found.lift is None  # these findings have no probability


def test_an_audit_without_findings_has_a_diagnosis_too():
    result, _ = audit(next_class, rate=0.0)
    found = diagnose(result)
    assert found.nature.kinds == {}
    assert np.isnan(found.nature.spread)
    assert found.rate[0] == pytest.approx(0)

"""Lists of classes of images, calibrated by their likelihood."""

from functools import cached_property

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from truemask.audit import confident_learning, likelihood
from truemask.audit.calibration import calibrate_classes, read_calibration, within
from truemask.types import IGNORE, BadInput, Problem, Task

PROBLEM = Problem(Task.CLASSIFICATION, ("none", "a", "b", "c"), background=0, channels=1)
K = 4


class Images:
    """Classes and what a network says of them, weak or strong."""

    def __init__(self, strength, rate=0.15, count=3000, seed=0):
        rng = np.random.default_rng(seed)
        self.truth = rng.integers(0, K, count)
        self.given = np.where(
            rng.random(count) < rate, (self.truth + rng.integers(1, K, count)) % K, self.truth
        )
        logits = rng.normal(0, 1, (count, K)) + strength * np.eye(K)[self.truth]
        exp = np.exp(strength * logits)
        self.probs = (exp / exp.sum(axis=1, keepdims=True)).astype(np.float32)
        self.keys = [f"{row:05}" for row in range(count)]

    def stream(self):
        return zip(self.keys, self.given.tolist(), self.probs, strict=True)

    def wrong(self, findings):
        wrong = dict(zip(self.keys, self.given != self.truth, strict=True))
        return np.array([wrong[key] for key in findings["image"].to_pylist()])

    @cached_property
    def result(self):
        return confident_learning(self.stream, PROBLEM)

    @cached_property
    def told(self):
        return calibrate_classes(self.result, self.stream, precision=0.9)

    def calibrated(self):
        calibration, told = calibrate_classes(self.result, self.stream)
        return calibration, told.findings


@pytest.fixture(scope="module")
def strong():
    return Images(3.0)


@pytest.fixture(scope="module", params=["weak", "strong"])
def images(request, strong):
    return Images(1.5) if request.param == "weak" else strong


def test_lists_hold_what_they_promise(images):
    calibration, told = images.told[0], images.told[1].findings
    wrong, kinds = images.wrong(told), np.array(told["kind"].to_pylist())
    assert {one.kind for one in calibration.lists} == {"swapped", "missing", "spurious"}
    for one in calibration.lists:
        promised, low, high = one.whole.precision
        realised = wrong[kinds == one.kind].mean()
        assert promised == pytest.approx(realised, abs=0.08)  # 3 standard errors of 250 findings
        assert low - 0.03 <= realised <= high + 0.03
    both = images.given != images.truth
    missing = both & (images.given == 0)
    errors = next(one.errors for one in calibration.lists if one.kind == "missing")
    assert errors[1] <= missing.sum() <= errors[2]
    assert sum(one.errors[0] for one in calibration.lists) == pytest.approx(both.sum(), rel=0.15)


def test_a_higher_score_is_as_probably_wrong_and_lists_are_cut(images):
    calibration, told = images.told[0], images.told[1].findings
    taken = within(told, 0.9)
    for one in calibration.lists:
        rows = [row for row in told.to_pylist() if row["kind"] == one.kind]
        falling = [row["p_wrong"] for row in sorted(rows, key=lambda row: -row["score"])]
        assert (np.diff(falling) <= 1e-6).all()
        shares = [part.precision[0] for part in one.parts]
        assert (np.diff(shares) <= 1e-9).all()
        assert (np.diff([part.recall[0] for part in one.parts]) >= 0).all()
        assert one.parts[-1].findings == one.findings == len(rows)
    kept = sum(one.cut.findings for one in calibration.lists if one.cut)
    assert kept == taken.sum() > 50
    assert images.wrong(told)[taken].mean() == pytest.approx(0.9, abs=0.07)


def test_the_joint_is_nearer_to_the_truth_than_the_confident_joint(images):
    true = np.zeros((K, K))
    np.add.at(true, (images.given, images.truth), 1 / len(images.given))
    result, told = images.result, images.told[1]
    off = [np.abs(one.joint - true).sum() / 2 for one in (told, result)]
    assert off[0] < 0.03
    assert off[0] < off[1]
    assert told.joint.sum() == pytest.approx(1)
    assert told.wrong_rate == pytest.approx(0.15, abs=0.02)


def test_it_is_kept(images, tmp_path):
    calibration, _ = images.told
    calibration.write(tmp_path)
    assert read_calibration(tmp_path) == calibration
    assert (calibration.mode, calibration.specs) == ("likelihood", ())
    assert "likeliest" in calibration.rests_on


def test_labels_that_are_not_there_say_nothing(strong):
    fewer = Images(3.0)
    fewer.given[:500] = IGNORE
    whole, part = strong.told[0], fewer.calibrated()[0]
    assert sum(one.errors[0] for one in part.lists) == pytest.approx(
        sum(one.errors[0] for one in whole.lists) * 2500 / 3000, rel=0.1
    )


def test_large_data_sets_are_judged_by_a_sample_in_any_order(strong, monkeypatch):
    other = Images(3.0)
    whole = strong.told[0]
    monkeypatch.setattr(likelihood, "MOST_CELLS", 1000 * K)
    sampled = strong.calibrated()[0]
    turned = [*other.stream()][::-1]
    other.stream = lambda: iter(turned)
    assert other.calibrated()[0].lists[0].errors == pytest.approx(sampled.lists[0].errors, rel=0.02)
    for one, few in zip(whole.lists, sampled.lists, strict=True):
        assert few.errors[0] == pytest.approx(one.errors[0], rel=0.15)


def test_findings_are_what_is_more_probably_wrong_than_right(images):
    result, told = images.result, images.told[1]
    rows = told.findings.to_pylist()
    assert [row["rank"] for row in rows] == [*range(1, len(rows) + 1)]
    assert all(row["score"] == row["p_wrong"] > 0.5 and row["evidence"] == "likelihood" for row in rows)
    place = {key: at for at, key in enumerate(images.keys)}
    assert all(row["given"] == images.given[place[row["image"]]] != row["proposed"] for row in rows)
    assert told.flagged.sum() == len(rows) == sum(told.images["flagged"].to_pylist())
    wrong = images.given != images.truth
    better, other = (
        average_precision_score(
            [wrong[place[key]] for key in one.images["image"].to_pylist()], one.images["score"].to_pylist()
        )
        for one in (told, result)
    )
    assert better > other - 0.005
    assert images.wrong(told.findings).mean() > images.wrong(result.findings).mean()


def test_right_labels_leave_nothing_to_find():
    images = Images(3.0, rate=0.0, count=500)
    result = confident_learning(images.stream, PROBLEM)
    calibration, told = calibrate_classes(result, images.stream, precision=0.9)
    assert calibration.lists == calibration.uncalibrated == ()
    assert len(told.findings) == told.flagged.sum() == 0
    assert told.wrong_rate < 0.01


@pytest.mark.parametrize("labels", [0, 1, 2])
def test_next_to_no_labels_are_no_reason_to_fail(labels):
    images = Images(3.0, rate=0.0, count=5)
    images.given[labels:] = IGNORE
    calibration, told = calibrate_classes(confident_learning(images.stream, PROBLEM), images.stream)
    assert calibration.lists == ()
    assert len(told.findings) == 0


def test_probabilities_that_are_none_are_refused():
    images = Images(3.0, count=50)
    result = confident_learning(images.stream, PROBLEM)
    images.probs = images.probs * 3
    with pytest.raises(BadInput, match="softmax"):
        calibrate_classes(result, images.stream)

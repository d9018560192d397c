"""Lists of an audit, calibrated by what a reviewer decided about some of their findings."""

import numpy as np
import pytest

from truemask.audit.calibration import (
    Calibration,
    calibrate_reviewed,
    read_calibration,
    to_review,
    within,
)
from truemask.audit.calibration.calibration import ListCalibration, Part
from truemask.audit.calibration.lists import with_p_wrong
from truemask.audit.findings import Finding, findings_table
from truemask.audit.identity import finding_ids

NAMES = ("background", "cat", "dog")


def listed(count, kind="swapped"):
    """So many findings of a kind, best first."""
    return [
        Finding("image", f"{kind}-{row:04}", kind, 1 - row / count, "x", 1.0, given=1, proposed=2)
        for row in range(count)
    ]


class Lists:
    """Findings, some of them right: the more probably, the higher their score."""

    def __init__(self, middle, slope, count=300, seed=0):
        self.table = findings_table(listed(count), NAMES)
        height = self.table["score"].to_numpy() - 0.5
        rng = np.random.default_rng(seed)
        self.right = rng.random(count) < 1 / (1 + np.exp(-middle - slope * height))
        self.ids = finding_ids(self.table)

    def decided(self, rows):
        return {self.ids[row]: bool(self.right[row]) for row in rows}

    def calibrated(self, each, seed=0, **options):
        return calibrate_reviewed(self.table, self.decided(to_review(self.table, each, seed=seed)), **options)


@pytest.mark.parametrize(("middle", "slope"), [(0, 0), (-2, 6), (3, 1), (6, 0)])
def test_intervals_hold_what_the_list_holds(middle, slope):
    held, off = [], []
    for seed in range(40):
        lists = Lists(middle, slope, seed=seed)
        estimate, low, high = lists.calibrated(40, seed)[0].lists[0].whole.precision
        held.append(low <= lists.right.mean() <= high)
        off.append(estimate - lists.right.mean())
    assert np.mean(held) >= 0.8  # of 0.9: two standard errors of 40
    assert abs(np.mean(off)) < 0.035  # three standard errors of 40, of at most 0.074 each
    assert np.mean(np.abs(off)) < 0.074


def test_what_was_decided_is_known():
    lists = Lists(0, 4, count=60)
    calibration, told = lists.calibrated(60, precision=0.9)
    assert np.array_equal(told["p_wrong"].to_numpy(), lists.right.astype(np.float32))
    whole = calibration.lists[0].whole.precision
    assert whole == pytest.approx((lists.right.mean(),) * 3)
    assert within(told, 1.0).sum() == lists.right.sum()
    assert (calibration.mode, calibration.uncalibrated) == ("reviewed", ())


def test_of_what_is_open_a_higher_score_is_as_probably_wrong():
    lists = Lists(0, 4)
    rows = to_review(lists.table, 40)
    _, told = lists.calibrated(40)
    chances = told["p_wrong"].to_numpy()
    assert np.array_equal(chances[rows], lists.right[rows].astype(np.float32))
    open_ = np.delete(chances, rows)
    assert (np.diff(open_) <= 1e-6).all()
    assert 0 < open_[-1] < open_[0] < 1


def test_more_decisions_tell_more():
    widths = []
    for each in (10, 40, 160):
        found = [Lists(0, 4, seed=seed).calibrated(each, seed)[0].lists[0].whole for seed in range(6)]
        widths.append(np.mean([part.precision[2] - part.precision[1] for part in found]))
    assert widths[0] > 1.5 * widths[1] > 2.25 * widths[2]


def test_the_top_of_a_list_need_not_be_pure():
    off = []
    for seed in range(20):
        lists = Lists(2, 14, count=1000, seed=seed)
        lists.right &= np.random.default_rng(1000 + seed).random(1000) < 0.8
        chances = lists.calibrated(240, seed)[1]["p_wrong"].to_numpy()
        top = np.setdiff1d(np.arange(300), to_review(lists.table, 240, seed=seed))
        off.append(chances[top].mean() - lists.right[top].mean())
    assert abs(np.mean(off)) < 0.03  # three standard errors; by a line without a ceiling: 0.05


def test_decisions_about_the_top_alone_leave_the_rest_open():
    lists = Lists(1, 4, count=400)
    even = lists.calibrated(40)[0].lists[0].whole.precision
    top = calibrate_reviewed(lists.table, lists.decided(range(40)))[0].lists[0].whole.precision
    assert top[2] - top[1] > 2 * (even[2] - even[1])
    assert top[1] < lists.right.mean() < top[2]


def test_too_few_decisions_say_nothing_but_about_themselves():
    table = findings_table([*listed(50), *listed(4, "missing")], NAMES)
    ids = finding_ids(table)
    missing = np.array(table["kind"].to_pylist()) == "missing"
    rows = sorted([*np.flatnonzero(~missing)[:3].tolist(), *np.flatnonzero(missing).tolist()])
    calibration, told = calibrate_reviewed(
        table, {ids[row]: True for row in rows} | {"of another audit": False}
    )
    assert [(one.kind, one.findings) for one in calibration.lists] == [("missing", 4)]
    assert [(one.kind, one.why) for one in calibration.uncalibrated] == [
        ("swapped", "3 are decided: at least 10 are needed")
    ]
    assert told["p_wrong"].null_count == 47
    assert np.array_equal(np.flatnonzero(within(told, 0.9)), rows)


def test_recall_is_what_the_calibration_before_said():
    lists = Lists(6, 0, count=100)
    parts = tuple(
        Part(score, n, (1, 1, 1), (r, r - 0.1, r + 0.1)) for score, n, r in ((0.5, 50, 0.4), (0, 100, 0.8))
    )
    said = ListCalibration("image", "swapped", 100, 30, 24, (125.0, 110.0, 140.0), parts, None)
    before = Calibration("fast", None, ("symmetric:0.1",), (said,), ())
    calibration, _ = lists.calibrated(40, before=before)
    one = calibration.lists[0]
    found = lists.right.sum()
    assert one.whole.recall == pytest.approx((0.8, 0.7, 0.9))
    assert one.errors[0] == pytest.approx(found / 0.8, rel=0.05)
    assert one.errors[1] < found / 0.8 < one.errors[2]
    assert (one.injected, one.recovered, calibration.specs) == (30, 24, ("symmetric:0.1",))
    half = Lists(0, 0, count=100)
    cut = half.calibrated(100, before=before, precision=1.0)[0].lists[0].cut
    assert cut.findings == half.right.sum()
    assert cut.recall[0] == pytest.approx(0.8)  # all that is right is kept, and nothing else
    half.right[:] = np.arange(100) % 2 == 0
    few = half.calibrated(40, before=before, precision=1.0)[0].lists[0].cut
    assert few.recall[0] == pytest.approx(0.8 * few.findings / 50, rel=0.1)  # what is decided to be right
    unknown = lists.calibrated(40)[0].lists[0]
    assert np.isnan(unknown.errors).all()
    assert np.isnan(unknown.whole.recall).all()


@pytest.mark.parametrize(("said", "nearer"), [("as it is", True), ("too sure", False)])
def test_the_likelihood_is_believed_as_far_as_decisions_bear_it_out(said, nearer):
    before = Calibration("likelihood", None, (), (), ())
    off: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(20):
        lists = Lists(0, 3, seed=seed)
        height = lists.table["score"].to_numpy().astype(np.float64) - 0.5
        chances = 1 / (1 + np.exp(-3 * height))
        lists.table = with_p_wrong(lists.table, 0.97 + 0.02 * chances if said == "too sure" else chances)
        for trusted, found in off.items():
            (one,) = lists.calibrated(20, seed, before=before if trusted else None)[0].lists
            found.append(abs(one.whole.precision[0] - lists.right.mean()))
    if nearer:
        assert np.mean(off[True]) < 0.8 * np.mean(off[False])
    else:
        assert np.mean(off[True]) < np.mean(off[False]) + 0.01
        assert max(off[True]) < 0.25  # of 0.5


def test_it_is_kept(tmp_path):
    calibration, _ = Lists(0, 4).calibrated(40, precision=0.9)
    calibration.write(tmp_path)
    read = read_calibration(tmp_path)
    assert read is not None
    assert str(read) == str(calibration)  # NaN is not equal to itself


def test_equal_scores_are_equally_probably_wrong():
    rows = [Finding("image", f"{row:03}", "swapped", 0.5, "x", 1.0, given=1, proposed=2) for row in range(50)]
    table = findings_table(rows, NAMES)
    ids = finding_ids(table)
    drawn = to_review(table, 20)
    calibration, told = calibrate_reviewed(table, {ids[row]: bool(row % 2) for row in drawn})
    assert len(np.unique(np.delete(told["p_wrong"].to_numpy(), drawn))) == 1
    assert len(calibration.lists[0].parts) == 1


def test_nothing_found_is_nothing_to_calibrate():
    table = findings_table([], NAMES)
    calibration, told = calibrate_reviewed(table, {})
    assert (calibration.lists, calibration.uncalibrated, len(told)) == ((), (), 0)

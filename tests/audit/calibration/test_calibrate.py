"""An audit's lists, calibrated by trials."""

import json

import numpy as np
import pyarrow as pa
import pytest

from truemask.audit.calibration import CALIBRATION, Injected, Trial, calibrate, read_calibration, within
from truemask.audit.findings import Finding, findings_table
from truemask.types import BadInput

CLASSES = ("a", "b")


def table(scores, kind="swapped", key="image {}"):
    rows = [
        Finding("image", key.format(place), kind, float(score), "a test", float(score))
        for place, score in enumerate(scores)
    ]
    return findings_table(rows, CLASSES)


@pytest.fixture
def known():
    """A list of 300 errors and 200 false alarms, and a trial that put 500 errors in and found 400."""
    rng = np.random.default_rng(0)
    logistic = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    scores = logistic(np.concatenate([rng.normal(2, 1, 300), rng.normal(-1, 1, 200)]))
    found = table(logistic(rng.normal(2, 1, 400)), key="other {}")
    errors = [Injected("image", "swapped", f"other {place}") for place in range(500)]
    return table(scores), Trial(errors, pa.concat_tables([table(scores), found]))


def test_errors_precision_recall_and_the_cut(known):
    findings, trial = known
    calibration, told = calibrate(findings, [trial], mode="fast", specs=["symmetric:0.1"], precision=0.9)
    (one,) = calibration.lists
    assert (one.level, one.kind, one.findings) == ("image", "swapped", 500)
    assert (one.injected, one.recovered) == (500, 400)
    assert one.whole.precision[0] == pytest.approx(0.6, abs=0.06)
    assert one.whole.recall[0] == pytest.approx(0.8)
    assert one.errors[0] == pytest.approx(375, abs=40)
    assert one.errors[1] <= one.errors[0] <= one.errors[2]
    assert one.cut.findings == within(told, 0.9).sum()
    assert one.cut.precision[0] == pytest.approx(0.9, abs=0.01)
    assert told.schema.metadata == findings.schema.metadata
    assert told.drop_columns(["p_wrong"]).equals(findings.drop_columns(["p_wrong"]))


def test_it_is_written_and_read(known, tmp_path):
    findings, trial = known
    calibration, _ = calibrate(findings, [trial], mode="fast", specs=["symmetric:0.1"])
    assert read_calibration(tmp_path) is None
    calibration.write(tmp_path)
    assert read_calibration(tmp_path) == calibration
    content = json.loads((tmp_path / CALIBRATION).read_text())
    assert content["lists"][0]["cut"] is None
    assert content["lists"][0]["curve"]["findings"][-1] == 500
    (tmp_path / CALIBRATION).write_text('{"mode": "fast"}')
    with pytest.raises(BadInput, match="damaged"):
        read_calibration(tmp_path)


def test_errors_where_the_audit_had_flagged_before_do_not_count(known):
    findings, trial = known
    again = Trial([*trial.errors, Injected("image", "swapped", "image 0")], trial.findings)
    both = [calibrate(findings, [one], mode="fast", specs=[])[0] for one in (trial, again)]
    assert both[0] == both[1]


def test_full_scores_are_carried_over_by_rank(known):
    findings, trial = known
    fainter = pa.array(np.array(trial.findings["score"].to_pylist()) ** 2, pa.float32())
    place = trial.findings.schema.get_field_index("score")
    less_sure = trial.findings.set_column(place, trial.findings.schema.field(place), fainter)
    fast, _ = calibrate(findings, [trial], mode="fast", specs=[])
    full, _ = calibrate(findings, [Trial(trial.errors, less_sure)], mode="full", specs=[])
    assert full.lists[0].whole.precision[0] == pytest.approx(fast.lists[0].whole.precision[0], abs=0.03)


def test_lists_without_enough_injected_errors_say_why(known):
    findings, trial = known
    few = Trial(trial.errors[:10], trial.findings)
    calibration, told = calibrate(findings, [few], mode="fast", specs=[])
    assert calibration.lists == ()
    assert "at least 20" in calibration.uncalibrated[0].why
    assert told["p_wrong"].null_count == 500
    none, _ = calibrate(table([0.5] * 20, kind="unusable"), [trial], mode="fast", specs=[])
    assert none.uncalibrated[0].why == "no errors of this kind were injected"
    short, _ = calibrate(findings.slice(0, 19), [trial], mode="fast", specs=[])
    assert "too short to tell" in short.uncalibrated[0].why


def test_an_audit_that_found_nothing_has_no_lists(known):
    _, trial = known
    calibration, told = calibrate(table([]), [trial], mode="fast", specs=[], precision=0.9)
    assert (calibration.lists, calibration.uncalibrated, len(told)) == ((), (), 0)

"""Cutting lists for a precision."""

import numpy as np
import pytest

from truemask.audit.calibration import within
from truemask.audit.findings import Finding, findings_table
from truemask.types import BadInput


def table(rows):
    findings = [
        Finding(
            level=level,
            image=f"image {place}",
            kind=kind,
            score=0.5,
            evidence="a test",
            weight=-place,
            p_wrong=chance,
        )
        for place, (level, kind, chance) in enumerate(rows)
    ]
    return findings_table(findings, ("a", "b"))


def test_each_list_is_cut_where_its_mean_falls_below_the_precision():
    chances = [1.0, 0.9, 0.8, 0.7, 0.2]  # means 1, .95, .9, .85, .72
    findings = table([("image", "swapped", chance) for chance in chances])
    assert within(findings, 0.9).tolist() == [True, True, True, False, False]
    assert within(findings, 0.85).tolist() == [True, True, True, True, False]
    assert within(findings, 0.5).all()


def test_lists_do_not_lend_each_other_precision():
    findings = table([("image", "swapped", 1.0), ("image", "missing", 0.8), ("instance", "swapped", 0.95)])
    chosen = within(findings, 0.9)
    assert sorted(np.array(findings["p_wrong"].to_pylist())[chosen].round(3)) == [0.95, 1.0]


def test_findings_of_one_probability_stay_together():
    findings = table([("image", "swapped", chance) for chance in (1.0, 0.8, 0.8, 0.8)])
    assert within(findings, 0.9).tolist() == [True, False, False, False]


def test_findings_without_a_probability_are_not_taken():
    findings = table([("image", "swapped", 1.0), ("image", "unusable", None)])
    assert within(findings, 0.9).tolist() == [True, False]
    assert within(findings.slice(0, 0), 0.9).tolist() == []


def test_what_is_no_error_is_never_taken():
    findings = table([("image", "swapped", chance) for chance in (*[1.0] * 19, 0.0)])
    assert within(findings, 0.9).tolist() == [True] * 19 + [False]
    assert not within(table([("image", "swapped", 0.0)]), 0.1).any()


def test_what_is_refused():
    calibrated = table([("image", "swapped", 1.0)])
    for precision in (0.0, 1.5, float("nan")):
        with pytest.raises(BadInput, match="above 0 and up to 1"):
            within(calibrated, precision)
    with pytest.raises(BadInput, match="--calibrate"):
        within(table([("image", "swapped", None)]), 0.9)

"""Findings to decide about."""

import numpy as np

from truemask.audit.calibration import to_review
from truemask.audit.findings import Finding, findings_table

NAMES = ("background", "cat", "dog")


def listed(count, kind="swapped"):
    """So many findings of a kind, best first."""
    return [
        Finding("image", f"{kind}-{row:04}", kind, 1 - row / count, "x", 1.0, given=1, proposed=2)
        for row in range(count)
    ]


def test_samples_are_even_and_grow():
    table = findings_table([*listed(300), *listed(7, "missing")], NAMES)
    few, more = to_review(table, 20, seed=3), to_review(table, 60, seed=3)
    assert len(few) == 27
    assert len(more) == 67
    assert set(few) < set(more)
    assert sorted(np.unique(few).tolist()) == sorted(few.tolist())
    missing = np.array(table["kind"].to_pylist()) == "missing"
    assert set(np.flatnonzero(missing)) < set(few.tolist())
    for count in (5, 10, 20):
        drawn = np.sort([row for row in few if not missing[row]][:count])
        assert np.diff(np.concatenate([[0], drawn, [307]])).max() <= 3 * 307 / count
    assert missing[few[:14]].tolist() == [True, False] * 7  # in turn, as long as there are findings of both
    assert not np.array_equal(few, to_review(table, 20, seed=4))


def test_nothing_found_is_nothing_to_review():
    assert len(to_review(findings_table([], NAMES), 10)) == 0

"""What people said of suspected labels, and what became of these."""

import numpy as np
import pytest
from benchmarks.class_audits import Verdict
from benchmarks.real_digits import Checked, account, checked, found

from truemask.types import IGNORE

COLUMNS = "test_index,given,guessed,votes_given,votes_guessed,votes_neither,votes_both"


def test_a_label_is_wrong_without_three_votes_and_true_is_what_three_voted_for(tmp_path):
    file = tmp_path / "checked.csv"
    file.write_text(f"{COLUMNS}\n3,4,6,3,2,0,0\n7,1,2,2,3,0,0\n12,5,8,1,2,2,0\n")
    assert checked(file) == {
        "000003": Checked(wrong=False, true=IGNORE),
        "000007": Checked(wrong=True, true=2),
        "000012": Checked(wrong=True, true=IGNORE),
    }


def test_changes_are_counted_by_what_people_said():
    said = {
        "a": Checked(wrong=True, true=2),
        "b": Checked(wrong=True, true=2),
        "c": Checked(wrong=False, true=IGNORE),
    }
    before = np.array([0, 0, 0, 0, 0])
    text = account(before, np.array([2, 1, 1, 1, 0]), ["a", "b", "c", "d", "e"], said)
    assert text == (
        "4 of 5 labels changed: 1 wrong ones mended, 1 wrong ones to what no majority voted for, "
        "1 that were found right, 1 never checked"
    )


def test_the_first_hundred_are_looked_at():
    wrong = np.zeros(400, bool)
    wrong[[0, 1, 99, 100]] = True
    suspects = np.arange(400) < 25
    none = np.zeros(400, bool)
    row = found(Verdict("x", "y", -np.arange(400.0), none, (0.1, 0.0, 0.2), np.eye(2) / 2), wrong, suspects)
    assert (row["P@15"], row["P@50"], row["P@100"]) == pytest.approx((2 / 15, 2 / 50, 3 / 100))
    assert (row["recall@100"], row["suspects"]) == (0.75, 0.25)
    assert row["AP"] == pytest.approx((1 + 1 + 3 / 100 + 4 / 101) / 4)

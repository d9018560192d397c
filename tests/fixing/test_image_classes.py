"""Findings on the class of an image."""

import pytest

from truemask.fixing.image_classes import fixed_class
from truemask.types import IGNORE, BadInput, Problem, Task

PROBLEM = Problem(Task.CLASSIFICATION, ("none", "cat", "dog"), background=0)
NO_BACKGROUND = Problem(Task.CLASSIFICATION, ("bird", "cat", "dog"))


@pytest.mark.parametrize(
    ("values", "problem", "label"),
    [
        ({"given": 1, "proposed": 2}, PROBLEM, 2),
        ({"given": 1, "action": "ignore"}, PROBLEM, IGNORE),
        ({"given": 1, "action": "remove"}, PROBLEM, 0),
        ({"given": 1, "action": "remove"}, NO_BACKGROUND, IGNORE),
        ({"given": 1, "action": "remove", "proposed": 2}, NO_BACKGROUND, 2),
    ],
)
def test_each_action(wanted, values, problem, label):
    fixed, (outcome,) = fixed_class(1, [wanted(**values)], "a", problem)
    assert fixed == label
    assert (outcome.outcome, outcome.changed) == ("applied", 1)


def test_the_first_that_says_enough_wins(wanted):
    one = [wanted(1, given=1), wanted(2, given=1, proposed=2), wanted(3, given=1, proposed=0)]
    fixed, outcomes = fixed_class(1, one, "a", PROBLEM)
    assert fixed == 2
    assert [o.outcome for o in outcomes] == ["impossible", "applied", "conflict"]
    assert outcomes[2].why == "finding-2"


def test_findings_of_other_labels_are_refused(wanted):
    with pytest.raises(BadInput, match="given as class 2, and it is given as 1"):
        fixed_class(1, [wanted(given=2, proposed=0)], "a", PROBLEM)

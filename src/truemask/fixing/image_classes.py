"""Findings applied to the class of an image."""

from collections.abc import Sequence

from truemask.fixing.wanted import Outcome, Wanted
from truemask.types import IGNORE, BadInput, Problem


def fixed_class(
    given: int, wanted: Sequence[Wanted], key: str, problem: Problem
) -> tuple[int, list[Outcome]]:
    """The class with the first finding that can be applied, and what came of each.

    Raises:
        BadInput: if a finding speaks of another class than the image has.
    """
    label, winner = given, ""
    outcomes = []
    for one in wanted:
        finding = one.finding
        if finding.given not in (None, given):
            raise BadInput(
                f"{key}: finding {one.id} speaks of an image given as class {finding.given}, and it is given "
                f"as {given}: the labels are not those that were audited; audit these"
            )
        if winner:
            outcomes.append(Outcome(one.id, "conflict", why=winner))
        elif finding.action not in ("ignore", "remove") and finding.proposed is None:
            outcomes.append(Outcome(one.id, "impossible", why="proposes no class"))
        else:
            label, winner = _label(finding.action, finding.proposed, problem), one.id
            outcomes.append(Outcome(one.id, "applied", int(label != given)))
    return label, outcomes


def _label(action: str, proposed: int | None, problem: Problem) -> int:
    if action == "ignore" or proposed is None:
        return IGNORE if action == "ignore" or problem.background is None else problem.background
    return proposed

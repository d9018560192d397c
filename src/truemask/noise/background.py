"""The background of a problem, for noise that needs one."""

from truemask.types import BadInput, Problem


def background_of(problem: Problem, what: str) -> int:
    """The id of the background.

    Raises:
        BadInput: if there is none, naming `what` needs it.
    """
    if problem.background is None:
        raise BadInput(f"{what} needs a background class; among {', '.join(problem.classes)} there is none")
    return problem.background

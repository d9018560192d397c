"""`dynamics`: how a run took its labels, epoch by epoch: a figure, and the lines that sum it up."""

from pathlib import Path

from truemask.metrics.course import Course
from truemask.report.curves import write_curves
from truemask.report.dynamics import courses_of, panels_of, warnings_of


def dynamics_verb(run: Path, out: Path | None) -> None:
    """Draw the curves, and print what `summary` says.

    Raises:
        BadInput: the run has no history or did not look at its labels, or the figure's format is not known.
    """
    figure = out or run / "dynamics.png"
    write_curves(panels_of(run), figure)
    for line in summary(run):
        print(line)
    print(f"{figure}: the curves")


def summary(run: Path) -> list[str]:
    """The warning if there was one, and best, last and largest fall of each number the run was judged by.

    Raises:
        BadInput: the run has no history, or did not look at its labels.
    """
    courses = [f"{column}: {_landmarks(course)}" for column, course in courses_of(run).items()]
    return warnings_of(run) + courses


def _landmarks(course: Course) -> str:
    text = f"best {course.best:.3f} in epoch {course.best_epoch}, last {course.last:.3f}"
    if course.last_gap > 0:
        text += f" ({course.last_gap:.3f} below the best)"
    if course.collapse > 0:
        text += f"; largest fall {course.collapse:.3f}, epochs {course.peak_epoch} to {course.trough_epoch}"
    return text

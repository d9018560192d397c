"""Which classes a label may have: all of them, but on objects not the background."""

from truemask.types import Problem, Task


def exempt_class(problem: Problem) -> int | None:
    """The background of an object list: it is no object's class."""
    return problem.background if problem.task == Task.INSTANCE else None


def label_classes(problem: Problem) -> list[int]:
    """The classes that a label may have, in the order of their ids."""
    return [class_id for class_id in range(problem.num_classes) if class_id != exempt_class(problem)]

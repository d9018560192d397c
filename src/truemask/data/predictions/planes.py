"""Arrays as people store predictions, to class probabilities."""

import numpy as np
from jaxtyping import Float, Integer

from truemask.types import BadInput, Problem, Task


def is_hard(array: np.ndarray) -> bool:
    """Whether it holds classes rather than probabilities."""
    return array.dtype.kind in "biu"


def class_probabilities(array: np.ndarray, problem: Problem, whose: object) -> Float[np.ndarray, "k *space"]:
    """Probabilities "k *space" as they are; of two classes' second one alone, and of classes, made up.

    A class becomes probability 1 of it and 0 of all others, in float16, which holds both exactly.

    Args:
        array: of one image.
        problem: whose classes they are.
        whose: names the array where it is refused.

    Raises:
        BadInput: if it can be neither.
    """
    space = 2 if problem.task == Task.SEMANTIC else 0
    if is_hard(array) and array.ndim == space:
        return _one_hot(np.asarray(array, np.int64), problem.num_classes, whose)
    if array.dtype.kind == "f" and array.ndim == space + 1:
        return array
    if array.dtype.kind == "f" and array.ndim == space and problem.num_classes == 2:
        return np.stack([1 - array, array])
    shape = "classes, heights, widths" if space else "classes"
    raise BadInput(
        f"{whose}: {array.dtype} of shape {array.shape} says nothing about {problem.task}: it takes floats "
        f"of {shape}, or integers without the first"
    )


def _one_hot(
    classes: Integer[np.ndarray, "*space"], count: int, whose: object
) -> Float[np.ndarray, "k *space"]:
    if classes.size and not 0 <= classes.min() <= classes.max() < count:
        wrong = classes.max() if classes.max() >= count else classes.min()
        raise BadInput(f"{whose}: predicts class {wrong}; there are 0..{count - 1}")
    probs = np.zeros((count, *classes.shape), np.float16)
    np.put_along_axis(probs, classes[None], np.float16(1), axis=0)
    return probs

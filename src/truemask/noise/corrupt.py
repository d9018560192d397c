"""Apply a spec to the labels of one image."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from truemask.noise.draws import Draws
from truemask.noise.spec import Spec
from truemask.noise.table import EVERY_NOISE, NOISES, SET_NOISES
from truemask.types import IGNORE, BadInput, Instances, Labels, Problem, Task

_KINDS: dict[Task, type] = {Task.CLASSIFICATION: int, Task.SEMANTIC: np.ndarray, Task.INSTANCE: Instances}
_WORDS = {Task.CLASSIFICATION: "a class id", Task.SEMANTIC: "a uint8 label map", Task.INSTANCE: "objects"}


def corrupt(labels: Labels, spec: Spec, *, problem: Problem, seed: int, key: str) -> Labels:
    """The labels of one image with the noise of `spec`; the labels given are left as they are.

    The result depends on nothing but the arguments: other images, their order and the number of workers do
    not matter. Nearly all of it is whole-number arithmetic, so every machine makes the same bytes; a noise
    where floating point decides says so.

    Args:
        labels: of the task's kind.
        spec: from `parse`.
        problem: what the classes are.
        seed: such as `seed_for("noise", data set, str(spec), repetition)`.
        key: the image's lasting name.

    Raises:
        BadInput: if the labels are not the problem's, or a noise does not apply to it.
    """
    noisy = labels
    for noisy in stepwise(labels, spec, problem=problem, seed=seed, key=key):  # noqa: B007 - the last one
        pass
    return noisy


def stepwise(labels: Labels, spec: Spec, *, problem: Problem, seed: int, key: str) -> Iterator[Labels]:
    """The labels after each step of `spec`; see `corrupt`."""
    must_apply(spec, problem)
    for step in spec.steps:
        if step.name in SET_NOISES:
            raise BadInput(f"{step} sees a whole data set, not one image at a time: use corrupt_set")
    must_be_of(problem, labels, key)
    for place, step in enumerate(spec.steps):
        labels = NOISES[step.name].apply(labels, problem, Draws(seed, key, place), **step.knobs())
        yield labels


def check(spec: Spec, problem: Problem) -> None:
    """Check, without any data, that the spec can be applied to labels of the problem.

    Raises:
        BadInput: if a noise does not apply, or a knob asks for what the problem has not.
    """
    nothing = np.zeros(0, dtype=np.uint8)
    must_apply(spec, problem)
    spec = Spec(tuple(step for step in spec.steps if step.name in NOISES))
    made_up: dict[Task, Labels] = {
        Task.CLASSIFICATION: 0,
        Task.SEMANTIC: np.zeros((1, 1), dtype=np.uint8),
        Task.INSTANCE: Instances(
            (1, 1), nothing, (), np.zeros((0, 4), np.float32), nothing.astype(np.int64), nothing.astype(bool)
        ),
    }
    corrupt(made_up[problem.task], spec, problem=problem, seed=0, key="made up")


@lru_cache(maxsize=64)
def must_apply(spec: Spec, problem: Problem) -> None:
    """Check that every noise of the spec is one for labels of the problem's task.

    Raises:
        BadInput: naming one that is not, and those that are.
    """
    every = sorted(EVERY_NOISE.items())
    for step in spec.steps:
        if problem.task not in EVERY_NOISE[step.name].tasks:
            fitting = ", ".join(name for name, row in every if problem.task in row.tasks)
            raise BadInput(
                f"{step.name} does not apply to {problem.task} labels, only to "
                f"{' and '.join(sorted(EVERY_NOISE[step.name].tasks))} ones; there is: {fitting}"
            )


def must_be_of(problem: Problem, labels: Labels, key: str) -> None:
    """Check that the labels of an image are ones of the problem.

    Raises:
        BadInput: if they are of another kind, or a class is out of range.
    """
    kind = _KINDS[problem.task]
    if not isinstance(labels, kind) or (isinstance(labels, np.ndarray) and labels.dtype != np.uint8):
        raise BadInput(
            f"image {key!r}: the labels of a {problem.task} problem are {_WORDS[problem.task]}; "
            f"got {getattr(labels, 'dtype', type(labels).__name__)}"
        )
    classes = labels.classes if isinstance(labels, Instances) else np.asarray(labels)
    beyond = classes >= problem.num_classes
    if np.count_nonzero(beyond) != np.count_nonzero(classes == IGNORE):
        wrong = classes[beyond & (classes != IGNORE)].flat[0]
        raise BadInput(
            f"image {key!r}: label {wrong}, but there are {problem.num_classes} classes (0 to "
            f"{problem.num_classes - 1}) and IGNORE = {IGNORE}"
        )

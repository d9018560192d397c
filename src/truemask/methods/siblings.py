"""Groups of classes that are taken for each other, as a matrix."""

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.types import BadInput, Problem


def sibling_matrix(problem: Problem, groups: str | None, share: float) -> Float[Tensor, "k k"]:
    """Row i: 1 - share for class i, and the share divided among its siblings; a class without any keeps 1.

    Args:
        problem: whose classes.
        groups: names or ids of classes, `cat/dog;car/truck`; None: no class has siblings.
        share: in [0, 1).

    Raises:
        BadInput: a group with less than two classes, a name that is no class, or a class that stands twice.
    """
    matrix, seen = torch.eye(problem.num_classes), set[int]()
    for text in groups.split(";") if groups else ():
        group = [_class_id(name.strip(), problem) for name in text.split("/")]
        if len(set(group)) < 2 or len(set(group)) < len(group) or seen & set(group):
            raise BadInput(
                f"siblings={groups}: {text!r} is no group of two classes or more, each in one group and once"
            )
        seen |= set(group)
        for own in group:
            matrix[own, group] = share / (len(group) - 1)
            matrix[own, own] = 1 - share
    return matrix


def _class_id(name: str, problem: Problem) -> int:
    if name in problem.classes:
        return problem.classes.index(name)
    if name.isdigit() and int(name) < problem.num_classes:
        return int(name)
    raise BadInput(f"siblings: no class {name!r}; there is: {', '.join(problem.classes)}")

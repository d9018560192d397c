"""Labels that become another class of the same super-class: a poodle is no truck, but it may be a terrier.

Sources: Patrini et al., CVPR 2017, arXiv:1609.03683 (CIFAR-100); Yang et al., ECCV 2020,
doi:10.1007/978-3-030-58568-6_3 (COCO).
"""

from typing import Literal

import numpy as np
from jaxtyping import Float64

from truemask.noise.class_groups import CLASS_GROUPS, ClassGroups
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.label.exempt import label_classes
from truemask.noise.maps import class_id
from truemask.noise.relabel import relabel
from truemask.noise.transition import asymmetric as asymmetric_matrix
from truemask.noise.transition import redrawn
from truemask.types import BadInput, Labels, Problem


def superclass(
    labels: Labels,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    groups: ClassGroups,
    to: Literal["others", "next", "swap"] = "others",
    compat: Literal["strict", "lncis"] = "strict",
) -> Labels:
    """Labels changed to another class of the same group; a class alone in its group stays (COCO's person).

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a label that may change to end up wrong.
        groups: which classes are alike: `cifar100` (the real 20 coarse classes), `coco`, `voc`, `cityscapes`,
            or groups such as `cat/dog;bus/car/truck`. `blocks5` is every five ids in a row: what released
            code takes for the super-classes of CIFAR-100 (ids there are alphabetical, so it groups apples
            with bears). With `to=next` it is the noise of Patrini et al., APL and ELR, with `to=swap` that of
            SCE, where two fifths of the classes change, so the effective rate is 0.4 times `rate`.
        to: `others` of the group alike; the `next` of the group by id, and the first for the last; or `swap`:
            two classes of each group, drawn once from the seed, change places, and the others stay (the paper
            of Yang et al. on COCO).
        compat: `lncis`, for `groups=coco`, does what the released script of Yang et al. does. It draws from
            all of the group but the last class, the true one included, and has snowboard twice and skis not
            at all, so of a group of m classes most end up wrong at rate (m - 2) / (m - 1). Persons, whom the
            paper leaves alone, become vehicles at the whole rate.

    Raises:
        BadInput: if no two classes are in one group, or `compat` is asked for other classes than COCO's.
    """
    transition = superclass_transition(problem, draws, rate=rate, groups=groups, to=to, compat=compat)
    return relabel(labels, transition, draws)


def superclass_transition(
    problem: Problem, draws: Draws, *, rate: float, groups: ClassGroups, to: str, compat: str
) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of `superclass`."""
    if compat != "strict":
        return redrawn(problem.num_classes, rate, _lncis_coco(problem, groups, to))
    targets: dict[int, list[int]] = {}
    for group in groups.ids(problem.classes, label_classes(problem)):
        changing = _two_of(group, draws) if to == "swap" else group
        for place, source in enumerate(changing):
            others = changing[place + 1 :] + changing[:place]
            targets[source] = others[:1] if to == "next" else others
    return asymmetric_matrix(problem.num_classes, rate, targets)


def _two_of(group: list[int], draws: Draws) -> list[int]:
    """Two classes of the group, every choice alike; which ones does not depend on other groups."""
    chosen = draws.of_all_images().chosen("which classes", np.array(group), 2)
    return [group[place] for place in np.flatnonzero(chosen).tolist()]


def _lncis_coco(problem: Problem, groups: ClassGroups, to: str) -> dict[int, list[int]]:
    """What each class is drawn from by the released script."""
    if groups.name != "coco" or to != "others":
        raise BadInput("superclass,compat=lncis is the released script for COCO: write groups=coco and no to")
    where = "superclass,compat=lncis, which needs all 80 classes of COCO"
    ids = {
        kind: [class_id(name, problem.classes, where) for name in names]
        for kind, names in CLASS_GROUPS["coco"].items()
    }
    drawn = {kind: members[:-1] for kind, members in ids.items()}
    skis, snowboard = ids["sports"][1:3]
    drawn["sports"] = [snowboard if one == skis else one for one in drawn["sports"]]
    drawn["person"] = drawn["vehicle"]
    return {source: drawn[kind] for kind, members in ids.items() for source in members}

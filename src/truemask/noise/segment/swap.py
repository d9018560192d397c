"""Two things of one image whose labels were exchanged: left and right, front and back."""

import numpy as np
from jaxtyping import UInt8

from truemask.noise.counts import Share
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.maps import ClassMap
from truemask.noise.objects import with_classes
from truemask.noise.row import Knobs
from truemask.noise.segment.realised import classes_after
from truemask.noise.segment.units import Segments, regions_of, repainted, segments_of
from truemask.types import BadInput, Instances, Labels, Problem


def swap(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    map: ClassMap | None = None,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Pairs of segments of different classes that exchange their classes.

    The segments of an image are paired off, as many as can be and no one twice, by chance; then each pair is
    exchanged or not. The number of segments of each class stays what it was.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a pair to be exchanged.
        map: exchange only between these classes, such as `map=left_door>right_door;left_light>right_light`,
            each with one other.

    Raises:
        BadInput: if the map names a class that the problem lacks, or one in two pairs.
    """
    couples = _couples(problem, map)
    if isinstance(labels, Instances):
        found = segments_of(labels, problem)
        classes = labels.classes.copy()
        classes[found.rows] = _exchanged(found, draws, rate, couples)
        return with_classes(labels, classes)
    ids, found = regions_of(labels, problem)
    return repainted(labels, ids, _exchanged(found, draws, rate, couples))


def realised(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:
    """Pairs exchanged, of as many as can be made in each image."""
    assert not isinstance(before, int)
    found = segments_of(before, problem)
    couples = _couples(problem, knobs["map"])
    of = sum(_most(counts) for counts in _groups(found, couples))
    return int((classes_after(found, after) != found.classes).sum()) // 2, of


def _couples(problem: Problem, map: ClassMap | None) -> list[tuple[int, int]] | None:
    if map is None:
        return None
    couples = {
        (min(one, other), max(one, other))
        for one, others in map.targets(problem.classes).items()
        for other in others
    }
    named = [class_id for couple in sorted(couples) for class_id in couple]
    if len(set(named)) < len(named):
        raise BadInput(f"swap exchanges each class with one other; the map {map} has one in two pairs")
    if problem.background in named:
        raise BadInput(f"the map {map} names the background, which is no segment's class")
    return sorted(couples)


def _groups(found: Segments, couples: list[tuple[int, int]] | None) -> list[list[int]]:
    """How many segments there are of each class, for classes that exchange among each other."""
    counts = np.bincount(found.classes, minlength=256)
    if couples is None:
        return [counts.tolist()]
    return [[int(counts[one]), int(counts[other])] for one, other in couples]


def _most(counts: list[int]) -> int:
    """How many pairs of different classes can be made at most."""
    return min(sum(counts) // 2, sum(counts) - max(counts))


def _exchanged(
    found: Segments, draws: Draws, rate: float, couples: list[tuple[int, int]] | None
) -> UInt8[np.ndarray, "n"]:
    bits = draws.bits("swap: who with whom", found.names)
    order = np.lexsort((found.names, bits))
    waiting: dict[int, list[int]] = {}
    for place in order.tolist():
        waiting.setdefault(int(found.classes[place]), []).append(place)
    pairs: list[tuple[int, int]] = []
    groups = [sorted(waiting)] if couples is None else [list(couple) for couple in couples]
    for group in groups:
        pairs += _paired([waiting.get(class_id, []) for class_id in group])
    # Each pair is called by its two first draws together, whichever of them comes first.
    names = bits[np.array(pairs, dtype=np.int64).reshape(-1, 2)].sum(axis=1).view(np.int64)
    classes = found.classes.copy()
    for (one, other), draw in zip(pairs, draws.uniforms("swap", names), strict=True):
        if draw < rate:
            classes[[one, other]] = classes[[other, one]]
    return classes


def _paired(queues: list[list[int]]) -> list[tuple[int, int]]:
    """As many pairs as there can be: each time one from the two longest queues."""
    pairs: list[tuple[int, int]] = []
    while True:
        longest = sorted((queue for queue in queues if queue), key=len, reverse=True)[:2]
        if len(longest) < 2:
            return pairs
        pairs.append((longest[0].pop(), longest[1].pop()))

"""Objects drawn in several parts: which drawn shapes are one object, and by which id it is known."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from truemask.data.formats.found import object_id


@dataclass(frozen=True)
class Part:
    """A drawn shape that is an object, or one of its parts.

    Args:
        place: of the shape among all shapes of its image.
        label: what it is called.
        group: parts of one group and one label are one object; None for one that stands alone.
        mark: what tells it from other shapes of the image, whatever its label: what it covers.
        id: the id that the file says; None where it says none.
        crowd: it stands for many objects.
        unknown: its class is not known, whatever its label.
    """

    place: int
    label: str
    group: Hashable | None
    mark: str
    id: int | None
    crowd: bool
    unknown: bool


@dataclass(frozen=True)
class Group:
    """One object: its id, and the places of its shapes."""

    id: int
    label: str
    crowd: bool
    unknown: bool
    members: tuple[int, ...]


def joined(parts: Sequence[Part], split: str, key: str) -> list[Group]:
    """The objects of an image, in the order of their first parts, which say what the object is.

    An id that the file does not say hangs on what the first part covers (and which of several alike it
    is), so that it lasts when other shapes come and go.
    """
    members: dict[Hashable, list[Part]] = {}
    for part in parts:
        name = (None, part.place) if part.group is None else (part.group, part.label)
        members.setdefault(name, []).append(part)
    seen: Counter[str] = Counter()
    groups = []
    for first, *others in members.values():
        seen[first.mark] += 1
        id_ = object_id(split, key, f"{first.mark} {seen[first.mark]}") if first.id is None else first.id
        places = (first.place, *(part.place for part in others))
        groups.append(Group(id_, first.label, first.crowd, first.unknown, places))
    return groups

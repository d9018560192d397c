"""Objects one by one: empty masks, boxes that are not around them, and objects that are there twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from truemask import rle
from truemask.data.lint.finding import Finding

_MOST_PX = 3.0
_MOST_SHARE = 0.1
"""Sides of a box may be off by this many pixels, or this share of the mask's longer side: outlines are drawn
between pixels, and boxes by hand."""


@dataclass
class Objects:
    """Checks objects in any order; what it saw of an image is kept as hashes."""

    _seen: dict[tuple[int, int], tuple[object, object]] = field(default_factory=dict)

    def check(
        self,
        where: tuple[str, str],
        image: object,
        code: bytes,
        size: tuple[int, int],
        class_id: object,
        box: Sequence[float] | None,
        outline: Sequence[float] | None = None,
    ) -> Iterator[Finding]:
        """Findings about one object.

        Args:
            where: file and object, as findings name them.
            image: what tells its image from others.
            code: its packed mask.
            size: height and width of the image.
            class_id: its class.
            box: x0, y0, x1, y1 as given; None where the format has no boxes.
            outline: x0, y0, x1, y1 of the polygons, if it has some: they may have spikes without a pixel.
        """
        file, name = where
        if not rle.areas((code,), size)[0]:
            yield Finding(file, name, "mask-empty", f"no pixel of {size[0]} x {size[1]}")
            return
        if box is not None:
            tight = rle.boxes((code,), size)[0].tolist()
            if outline is None or _apart(outline, box) > _allowed(outline):
                yield from _compare(where, tight, box)
        key = (hash(image), hash(code))
        other, other_class = self._seen.setdefault(key, (name, class_id))
        if other == name:
            return
        if other_class == class_id:
            yield Finding(file, name, "object-twice", f"same mask and class as {other}")
        else:
            said = f"same mask as {other}, which has class {other_class}, not {class_id}"
            yield Finding(file, name, "object-disputed", said)


def _compare(where: tuple[str, str], tight: Sequence[float], box: Sequence[float]) -> Iterator[Finding]:
    if (apart := _apart(tight, box)) > _allowed(tight):
        said = f"box {_listed(box)}, mask {_listed(tight)} (x0, y0, x1, y1): {apart:.0f} px apart"
        yield Finding(*where, "box-disagrees", said)


def _apart(box: Sequence[float], other: Sequence[float]) -> float:
    """How far the sides of two boxes are apart at most."""
    return max(abs(a - b) for a, b in zip(box, other, strict=True))


def _allowed(box: Sequence[float]) -> float:
    return max(_MOST_PX, _MOST_SHARE * max(box[2] - box[0], box[3] - box[1]))


def _listed(box: Sequence[float]) -> str:
    return " ".join(f"{value:.0f}" for value in box)

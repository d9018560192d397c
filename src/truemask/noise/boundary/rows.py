"""Noises that move outlines."""

from collections.abc import Mapping

from truemask.noise.boundary import realised
from truemask.noise.boundary.morphology import dilate, erode
from truemask.noise.boundary.skeleton import skeleton
from truemask.noise.row import Noise
from truemask.types import Task

_LUO = "Luo et al., AAAI 2022, arXiv:2103.11594"
_MAPS_AND_OBJECTS = frozenset({Task.SEMANTIC, Task.INSTANCE})

ROWS: Mapping[str, Noise] = {
    "dilate": Noise(
        dilate,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="union of disks of radius_px around a thing's pixels; small things over large ones",
        realised=realised.redrawn,
        share_of="pixels changed (objects with another outline)",
        declares=None,
        example="dilate:2",
        nothing="dilate:0",
        source=_LUO,
        draws=False,
    ),
    "erode": Noise(
        erode,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="pixels whose disk of radius_px lies within the thing; large things over small ones",
        realised=realised.redrawn,
        share_of="pixels changed (objects with another outline)",
        declares=None,
        example="erode:2",
        nothing="erode:0",
        source=_LUO,
        draws=False,
    ),
    "skeleton": Noise(
        skeleton,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="medial lines of each class or object, one pixel wide; the rest becomes background",
        realised=realised.redrawn,
        share_of="pixels changed (objects with another outline)",
        declares=None,
        example="skeleton",
        nothing=None,
        source=_LUO,
        draws=False,
    ),
}

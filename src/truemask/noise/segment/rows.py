"""Noises on whole segments: connected regions of a label map, or objects. Pixels of one change together."""

from collections.abc import Mapping

from truemask.noise.row import Noise
from truemask.noise.segment import realised
from truemask.noise.segment.miss import miss
from truemask.types import Task

_MAPS_AND_OBJECTS = frozenset({Task.SEMANTIC, Task.INSTANCE})

ROWS: Mapping[str, Noise] = {
    "miss": Noise(
        miss,
        level="segment",
        tasks=_MAPS_AND_OBJECTS,
        formula="P(left out) = rate for each connected region of a foreground class, or object",
        realised=realised.missed,
        share_of="segments left out",
        declares="rate",
        example="miss:0.3",
        nothing="miss:0",
        source="Learn transferable features ... in the presence of label noise (draft, 2017)",
    ),
}

"""Noisy annotators: people with habits of their own, crowds of them, and what is made of their maps."""

from collections.abc import Mapping

from truemask.noise.annotator.annotators import annotator, crowd
from truemask.noise.counts import changed
from truemask.noise.row import Noise
from truemask.types import Task

_MAPS_AND_IMAGES = frozenset({Task.SEMANTIC, Task.CLASSIFICATION})
_SOURCE = "Dawid and Skene, Applied Statistics 28(1), 1979; Warfield et al., IEEE TMI 23(7), 2004"

ROWS: Mapping[str, Noise] = {
    "annotator": Noise(
        annotator,
        level="annotator",
        tasks=_MAPS_AND_IMAGES,
        formula="P_id(j | y), P_id(left out) and outlines at signed distance bias_id + jitter_id z, "
        "all drawn once from (seed, id)",
        realised=changed,
        share_of="pixels (images) changed",
        declares=None,
        example="annotator:0",
        nothing="annotator:0,confusion=0,miss=0,bias_px=0,jitter_px=0",
        source=_SOURCE,
    ),
    "crowd": Noise(
        crowd,
        level="annotator",
        tasks=_MAPS_AND_IMAGES,
        formula="majority (or STAPLE) of annotator:0 to annotator:annotators-1",
        realised=changed,
        share_of="pixels (images) changed",
        declares=None,
        example="crowd:3",
        nothing="crowd:3,confusion=0,miss=0,bias_px=0,jitter_px=0",
        source=_SOURCE,
    ),
}

"""Noises on whole segments: connected regions of a label map, or objects. Pixels of one change together."""

from collections.abc import Mapping

from truemask.noise.row import Noise
from truemask.noise.segment import merge as merging
from truemask.noise.segment import misannotate as misannotating
from truemask.noise.segment import misclassify as misclassifying
from truemask.noise.segment import realised
from truemask.noise.segment import split as splitting
from truemask.noise.segment import spurious as adding
from truemask.noise.segment import swap as swapping
from truemask.noise.segment.duplicate import duplicate
from truemask.noise.segment.miss import miss
from truemask.types import Task

_MAPS_AND_OBJECTS = frozenset({Task.SEMANTIC, Task.INSTANCE})
_DRAFT = "Learn transferable features ... in the presence of label noise (draft, 2017)"
_NUCLEI = "errors that people corrected in DSB2018 (kaggle-dsbowl-2018-dataset-fixes)"
_CARS = "errors corrected in version 2 of Car-Parts-Segmentation (Pasupa et al., 2021)"

ROWS: Mapping[str, Noise] = {
    "miss": Noise(
        miss,
        level="segment",
        tasks=_MAPS_AND_OBJECTS,
        formula="P(left out) = rate for each connected region of a foreground class, or object",
        realised=realised.missed,
        share_of="segments left out",
        declares="rate",
        expected=realised.likely,
        example="miss:0.3",
        nothing="miss:0",
        source=_DRAFT,
    ),
    "misannotate": Noise(
        misannotating.misannotate,
        level="segment",
        tasks=_MAPS_AND_OBJECTS,
        formula="P(target | y) = rate for each segment of a class y other than the target",
        realised=misannotating.realised,
        share_of="segments of other classes labelled as the target",
        declares="rate",
        expected=misannotating.expected,
        example="misannotate:0.5,target=1",
        nothing="misannotate:0,target=1",
        source=_DRAFT,
    ),
    "misclassify": Noise(
        misclassifying.misclassify,
        level="segment",
        tasks=_MAPS_AND_OBJECTS,
        formula="P(j | y) = rate / (k - 1) for each other j of k foreground classes, or rate T[y, j]",
        realised=realised.reclassed,
        share_of="segments of another class",
        declares="rate",
        expected=misclassifying.expected,
        example="misclassify:0.4",
        nothing="misclassify:0",
        source=_DRAFT,
    ),
    "merge": Noise(
        merging.merge,
        level="segment",
        tasks=_MAPS_AND_OBJECTS,
        formula="P(one with the closest larger neighbour at most gap_px away) = rate for each that has one",
        realised=merging.realised,
        share_of="segments that went into a larger neighbour, among those that have one",
        declares="rate",
        expected=merging.expected,
        example="merge:0.4,gap_px=8",
        nothing="merge:0",
        source=_NUCLEI,
    ),
    "split": Noise(
        splitting.split,
        level="segment",
        tasks=_MAPS_AND_OBJECTS,
        formula="P(cut by a line through the middle) = rate for each segment",
        realised=splitting.realised,
        share_of="segments cut in two, among those that can be",
        declares="rate",
        expected=splitting.expected,
        example="split:0.3",
        nothing="split:0",
        source=_NUCLEI,
    ),
    "spurious": Noise(
        adding.spurious,
        level="segment",
        tasks=_MAPS_AND_OBJECTS,
        formula="P(repeated elsewhere in the image) = rate for each segment",
        realised=realised.added,
        share_of="new segments, of as many as there were before",
        declares=None,
        expected=adding.expected,
        example="spurious:0.3",
        nothing="spurious:0",
        source=_NUCLEI,
    ),
    "swap": Noise(
        swapping.swap,
        level="segment",
        tasks=_MAPS_AND_OBJECTS,
        formula="P(classes y and z become z and y) = rate for each pair of segments of an image",
        realised=swapping.realised,
        share_of="pairs of segments exchanged, of as many as can be made",
        declares="rate",
        example="swap:0.4",
        nothing="swap:0",
        source=_CARS,
    ),
    "duplicate": Noise(
        duplicate,
        level="segment",
        tasks=frozenset({Task.INSTANCE}),
        formula="P(twice, shift_px apart at most) = rate for each object",
        realised=realised.added,
        share_of="objects that are there twice",
        declares="rate",
        expected=realised.likely,
        example="duplicate:0.3",
        nothing="duplicate:0",
        source="double annotations; no paper",
    ),
}

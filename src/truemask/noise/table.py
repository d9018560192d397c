"""NOISES: every noise there is. Specs, the command line, the docs page and the contract tests read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from truemask.noise import realised
from truemask.noise.boundary import dilate, erode, skeleton
from truemask.noise.class_conditional import asymmetric, symmetric
from truemask.noise.counts import Share
from truemask.noise.pixel import flip, random, sample
from truemask.noise.segment import miss
from truemask.types import Labels, Problem, Task

_LUO = "Luo et al., AAAI 2022, arXiv:2103.11594"
_MAPS_AND_OBJECTS = frozenset({Task.SEMANTIC, Task.INSTANCE})


@dataclass(frozen=True)
class Noise:
    """One way that labels go wrong.

    Args:
        apply: `(labels, problem, draws, *, knobs) -> noisy labels`; its signature is the config.
        level: what changes together.
        tasks: the problems it applies to.
        formula: in one line, for a label y of k classes.
        realised: measures what a step did: `(before, after, problem, knobs) -> (how many, of how many)`.
        share_of: what `realised` counts.
        declares: the knob that says what `realised` should come to, if one does.
        example: a spec, for problems with at least three classes, background included.
        nothing: a spec of it that leaves all labels as they are, if there is one.
        source: authors, venue, arXiv.
    """

    apply: Callable[..., Labels]
    level: Literal["pixel", "boundary", "segment", "class"]
    tasks: frozenset[Task]
    formula: str
    realised: Callable[[Labels, Labels, Problem, Mapping[str, Any]], Share]
    share_of: str
    declares: str | None
    example: str
    nothing: str | None
    source: str


NOISES: Mapping[str, Noise] = {
    "flip": Noise(
        flip,
        level="pixel",
        tasks=frozenset({Task.SEMANTIC}),
        formula="P(j | y) = rate / (k - 1) for each j other than y",
        realised=realised.flipped,
        share_of="pixels changed, among classes without a rate of their own",
        declares="rate",
        example="flip:0.4",
        nothing="flip:0",
        source=_LUO,
    ),
    "sample": Noise(
        sample,
        level="pixel",
        tasks=frozenset({Task.SEMANTIC}),
        formula="P(y | y) = keep, P(IGNORE | y) = 1 - keep",
        realised=realised.kept,
        share_of="pixels that kept their label, among those that could lose it",
        declares="keep",
        example="sample:0.3",
        nothing="sample:1",
        source=_LUO,
    ),
    "random": Noise(
        random,
        level="pixel",
        tasks=frozenset({Task.SEMANTIC}),
        formula="P(j | y) = rate / (k - 1) for each foreground j, whatever y; without rate 1 / k for each j",
        realised=realised.foreground,
        share_of="pixels that are foreground afterwards (changed, where there is no background)",
        declares="rate",
        example="random:0.3",
        nothing=None,
        source=_LUO,
    ),
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
    ),
    "skeleton": Noise(
        skeleton,
        level="boundary",
        tasks=frozenset({Task.SEMANTIC}),
        formula="medial lines of each class, one pixel wide; the rest becomes background",
        realised=realised.redrawn,
        share_of="pixels changed",
        declares=None,
        example="skeleton",
        nothing=None,
        source=_LUO,
    ),
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
    "symmetric": Noise(
        symmetric,
        level="class",
        tasks=frozenset(Task),
        formula="P(j | y) = rate / (k - 1) for each j other than y (objects: among the k - 1 object classes)",
        realised=realised.wrong,
        share_of="labels changed, among those that may change",
        declares="rate",
        example="symmetric:0.4",
        nothing="symmetric:0",
        source="Patrini et al., CVPR 2017, arXiv:1609.03683; Yang et al., ECCV 2020",
    ),
    "asymmetric": Noise(
        asymmetric,
        level="class",
        tasks=frozenset(Task),
        formula="P(map(y) | y) = rate for each y that the map mistakes for another",
        realised=realised.mapped_wrong,
        share_of="labels changed, among the classes that the map mistakes for another",
        declares="rate",
        example="asymmetric:0.4,map=1>2;2>1",
        nothing="asymmetric:0,map=1>2;2>1",
        source="Patrini et al., CVPR 2017, arXiv:1609.03683; Yang et al., ECCV 2020",
    ),
}
"""By the name that a spec calls it."""

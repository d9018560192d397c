"""Noises where every pixel draws on its own."""

from collections.abc import Mapping

from truemask.noise.counts import changed
from truemask.noise.pixel.flip import flip, flip_transition
from truemask.noise.pixel.random_labels import random, random_transition
from truemask.noise.pixel.sample import sample, sample_transition
from truemask.noise.row import Noise
from truemask.types import Task

_LUO = "Luo et al., AAAI 2022, arXiv:2103.11594"

ROWS: Mapping[str, Noise] = {
    "flip": Noise(
        flip,
        level="pixel",
        tasks=frozenset({Task.SEMANTIC}),
        formula="P(j | y) = rate / (k - 1) for each j other than y",
        realised=changed,
        share_of="pixels changed",
        declares=None,
        transition=flip_transition,
        example="flip:0.4",
        nothing="flip:0",
        source=_LUO,
    ),
    "sample": Noise(
        sample,
        level="pixel",
        tasks=frozenset({Task.SEMANTIC}),
        formula="P(y | y) = keep, P(IGNORE | y) = 1 - keep",
        realised=changed,
        share_of="pixels that lost their label",
        declares=None,
        transition=sample_transition,
        example="sample:0.3",
        nothing="sample:1",
        source=_LUO,
    ),
    "random": Noise(
        random,
        level="pixel",
        tasks=frozenset({Task.SEMANTIC}),
        formula="P(j | y) = rate / (k - 1) for each foreground j, whatever y; without rate 1 / k for each j",
        realised=changed,
        share_of="pixels changed",
        declares=None,
        transition=random_transition,
        example="random:0.3",
        nothing=None,
        source=_LUO,
    ),
}

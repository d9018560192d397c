"""Noises where every pixel draws on its own."""

from collections.abc import Mapping

from truemask.noise.pixel import realised
from truemask.noise.pixel.independent import flip, random, sample
from truemask.noise.row import Noise
from truemask.types import Task

_LUO = "Luo et al., AAAI 2022, arXiv:2103.11594"

ROWS: Mapping[str, Noise] = {
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
}

"""Counts of how two label sets differ, image by image; tallies of parts of a data set add up."""

from dataclasses import dataclass, field, fields

import numpy as np
from jaxtyping import Float64, Int64

from truemask.noise.segment.rates import SIZES
from truemask.types import BadInput, Instances, Labels, Problem, Task

GAPS_PX = 255
"""Neighbours farther apart than this are not looked for."""
BINS_PX: Float64[np.ndarray, "bins"] = np.arange(-256, 257) / 4
"""Where outlines are counted by how far off they are; farther ones are counted at the ends."""


@dataclass
class Tally:
    """What two label sets have in common and what not. Arrays are by class and size (small, medium, large).

    Use: `tally.add(noisy, clean, key)` for every image, `tally.merge(other)` for what other workers counted,
    then `report_of(tally)` and `spec_of(tally)`.

    Args:
        problem: what the classes are.
        images: compared.
        differ: images whose labels differ at all.
        things: clean segments. Labels of whole images are counted in `confused` only.
        missed: clean segments that are not there.
        near: clean segments that are there and have a larger neighbour of their class, by the gap in pixels.
        merged: clean segments that went into another one, by the gap to the closest larger one of their
            class; in the last column those that have none so near.
        split: clean segments that are two or more.
        matched: clean segments that are there, as one, two or more.
        confused: of those the class that they have (column) by the class they should have (row).
        swaps: pairs of segments of an image that have each other's class.
        given: noisy segments that are the first one of a clean segment, or a part of one; by noisy class.
        twice: of those the ones that are there a second time.
        spurious: noisy segments that are not there in truth; by noisy class.
        outlines: outlines compared, of segments that are one thing in both, neither merged nor split.
        gross: of those the ones more than 10 px off somewhere, with an IoU below 0.75.
        redrawn: of the others those with a pixel more than 2 px off, or 0.75 px off on the mean.
        off_px: of redrawn outlines the signed distances in pixels: sum of the means, sum of their squares,
            sum of the variances along the outlines.
        biases: the means again: how many there are in each stretch of 0.25 px, from -64 px on.
        strays: the deviations along the outlines: how many there are in each stretch of 0.25 px.
        pixels: of label maps the pixels of each true class (row) and given class, away from outlines.
        inside: the same within things that are there, and where there is none: what only single pixels or
            small specks can have done.
    """

    problem: Problem
    images: int = 0
    differ: int = 0
    swaps: int = 0
    things: Int64[np.ndarray, "k 3"] = field(init=False)
    missed: Int64[np.ndarray, "k 3"] = field(init=False)
    near: Int64[np.ndarray, "k 3 gaps"] = field(init=False)
    merged: Int64[np.ndarray, "k 3 gaps"] = field(init=False)
    split: Int64[np.ndarray, "k 3"] = field(init=False)
    matched: Int64[np.ndarray, "k 3"] = field(init=False)
    confused: Int64[np.ndarray, "k k"] = field(init=False)
    given: Int64[np.ndarray, "k 3"] = field(init=False)
    twice: Int64[np.ndarray, "k 3"] = field(init=False)
    spurious: Int64[np.ndarray, "k 3"] = field(init=False)
    outlines: Int64[np.ndarray, "k 3"] = field(init=False)
    gross: Int64[np.ndarray, "k 3"] = field(init=False)
    redrawn: Int64[np.ndarray, "k 3"] = field(init=False)
    off_px: Float64[np.ndarray, "k 3 3"] = field(init=False)
    biases: Int64[np.ndarray, "bins"] = field(init=False)
    strays: Int64[np.ndarray, "bins"] = field(init=False)
    pixels: Int64[np.ndarray, "k k"] = field(init=False)
    inside: Int64[np.ndarray, "k k"] = field(init=False)

    def __post_init__(self) -> None:
        k, sizes = self.problem.num_classes, len(SIZES)
        for name in ("things", "missed", "split", "matched", "given", "twice", "spurious", "outlines"):
            setattr(self, name, np.zeros((k, sizes), dtype=np.int64))
        self.gross, self.redrawn = np.zeros((2, k, sizes), dtype=np.int64)
        self.biases, self.strays = np.zeros((2, len(BINS_PX)), dtype=np.int64)
        self.near, self.merged = np.zeros((2, k, sizes, GAPS_PX + 2), dtype=np.int64)
        self.confused, self.pixels, self.inside = np.zeros((3, k, k), dtype=np.int64)
        self.off_px = np.zeros((k, sizes, 3))

    def add(self, noisy: Labels, clean: Labels, key: str) -> None:
        """Count one image.

        Args:
            noisy: its labels as given.
            clean: its labels as they should be.
            key: its name, for complaints.

        Raises:
            BadInput: if the two are not labels of one image.
        """
        from truemask.noise.twin.compare import compare_maps, compare_objects

        self.images += 1
        if isinstance(clean, Instances) and isinstance(noisy, Instances):
            _must_be_of_one_size(noisy.size, clean.size, key)
            compare_objects(self, noisy, clean)
        elif isinstance(clean, np.ndarray) and isinstance(noisy, np.ndarray):
            _must_be_of_one_size(noisy.shape, clean.shape, key)
            compare_maps(self, noisy, clean)
        else:
            assert isinstance(noisy, int)
            assert isinstance(clean, int)
            self.differ += noisy != clean
            if max(noisy, clean) < self.problem.num_classes:
                self.confused[clean, noisy] += 1

    def merge(self, other: "Tally") -> None:
        """Take over what another tally of the same problem counted."""
        assert self.problem == other.problem
        for one in fields(self):
            if one.name != "problem":
                setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    @property
    def of_segments(self) -> bool:
        """Whether it is about segments, not about whole images."""
        return self.problem.task != Task.CLASSIFICATION


def _must_be_of_one_size(noisy: tuple[int, ...], clean: tuple[int, ...], key: str) -> None:
    if noisy != clean:
        raise BadInput(
            f"image {key!r}: the noisy labels are {noisy[0]} x {noisy[1]} px, the clean ones {clean[0]} x "
            f"{clean[1]}; only labels of the same pixels can be compared"
        )

"""One image as the segment audit sees it: given and predicted regions, and how far pixels lie in them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, Int64, UInt8

from truemask.audit.class_confidence import comparable
from truemask.audit.semantic import map_kernels
from truemask.audit.semantic.label_regions import LabelRegions
from truemask.audit.semantic.look import Look
from truemask.audit.stream import Block, LabelMap
from truemask.types import IGNORE, BadInput


@dataclass(frozen=True)
class Sight:
    """Given labels, and the most probable class of each pixel.

    Args:
        key: of the image.
        given: class ids, IGNORE where there is none.
        predicted: the most probable class; under IGNORE, too.
        probs: of all classes.
        look: at the image, where it is at hand.
    """

    key: str
    given: LabelMap
    predicted: LabelMap
    probs: Float[np.ndarray, "k h w"]
    look: Look | None = None

    @cached_property
    def mine(self) -> LabelRegions:
        """The given regions."""
        return LabelRegions(self.given)

    @cached_property
    def theirs(self) -> LabelRegions:
        """The predicted regions."""
        return LabelRegions(self.predicted)

    def relabelled(self, given: LabelMap) -> "Sight":
        """The same predictions, and what is known of their regions, with other labels."""
        other = Sight(self.key, given, self.predicted, self.probs, self.look)
        vars(other)["theirs"] = self.theirs  # where `cached_property` keeps it
        return other

    @cached_property
    def known(self) -> Bool[np.ndarray, "h w"]:
        """Where there is a label."""
        return np.asarray(self.given != IGNORE)

    @cached_property
    def differ(self) -> Bool[np.ndarray, "h w"]:
        """Where another class is predicted than given."""
        return np.asarray(self.known & (self.given != self.predicted))

    @property
    def given_regions(self) -> tuple[Int32[np.ndarray, "h w"], Int64[np.ndarray, "n"]]:
        """Each pixel's region of one given class, from 1 (0: IGNORE), and the regions' first places."""
        return self.mine.found

    @property
    def predicted_regions(self) -> tuple[Int32[np.ndarray, "h w"], Int64[np.ndarray, "n"]]:
        """The same of the predicted classes."""
        return self.theirs.found

    @property
    def given_outline(self) -> Bool[np.ndarray, "h w"]:
        """Pixels that have a neighbour of another given class."""
        return self.mine.outline

    @cached_property
    def agreed(self) -> Bool[np.ndarray, "regions"]:
        """Which given regions are predicted as given, at least half of them: both have seen them."""
        sizes = self.mine.sizes
        wrong = np.zeros(len(sizes), np.int64)
        map_kernels.differing(self.given_regions[0], self.differ, wrong)
        seen = np.asarray(2 * wrong <= sizes)
        seen[0] = False
        return seen

    @property
    def depth_given(self) -> Float32[np.ndarray, "h w"]:
        """Distance of each pixel from the nearest given outline; 0 on it."""
        return self.mine.depth

    @property
    def depth_predicted(self) -> Float32[np.ndarray, "h w"]:
        """The same from predicted outlines."""
        return self.theirs.depth


def sight_of(block: Block, image: UInt8[np.ndarray, "_ _ c"] | None = None) -> Sight:
    """What there is to see of a block of pixels, and of its image, where that is at hand.

    Raises:
        BadInput: if the image is not of the labels' size.
    """
    assert block.size is not None
    if image is not None and image.shape[:2] != block.size:
        raise BadInput(
            f"{block}: it is {image.shape[0]} x {image.shape[1]} px, its labels {block.size[0]} x "
            f"{block.size[1]}: they must be of one size"
        )
    probs = block.probs.reshape(len(block.probs), *block.size)
    predicted = np.empty(len(block.labels), np.uint8)
    map_kernels.most_probable(comparable(block.probs), predicted)
    given = block.labels.reshape(block.size)
    look = None if image is None else Look(image)
    return Sight(block.keys[0], given, predicted.reshape(block.size), probs, look)

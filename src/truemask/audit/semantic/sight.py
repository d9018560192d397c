"""One image as the segment audit sees it: given and predicted regions, and how far pixels lie in them."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, Int64, UInt8

from truemask.audit.stream import Block, LabelMap
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE


@dataclass(frozen=True)
class Sight:
    """Given labels, and the most probable class of each pixel.

    Args:
        key: of the image.
        given: class ids, IGNORE where there is none.
        predicted: the most probable class; under IGNORE, too.
        probs: of all classes.
    """

    key: str
    given: LabelMap
    predicted: LabelMap
    probs: Float[np.ndarray, "k h w"]

    @cached_property
    def known(self) -> Bool[np.ndarray, "h w"]:
        """Where there is a label."""
        return np.asarray(self.given != IGNORE)

    @cached_property
    def differ(self) -> Bool[np.ndarray, "h w"]:
        """Where another class is predicted than given."""
        return np.asarray(self.known & (self.given != self.predicted))

    @cached_property
    def given_regions(self) -> tuple[Int32[np.ndarray, "h w"], Int64[np.ndarray, "n"]]:
        """Each pixel's region of one given class, from 1 (0: IGNORE), and the regions' first places."""
        return segments(self.given, None)

    @cached_property
    def predicted_regions(self) -> tuple[Int32[np.ndarray, "h w"], Int64[np.ndarray, "n"]]:
        """The same of the predicted classes."""
        return segments(self.predicted, None)

    @cached_property
    def given_outline(self) -> Bool[np.ndarray, "h w"]:
        """Pixels that have a neighbour of another given class."""
        return outline(self.given)

    @cached_property
    def agreed(self) -> Bool[np.ndarray, "h w"]:
        """Pixels of given regions of which at least half is predicted as given: both have seen them."""
        regions, places = self.given_regions
        count = len(places) + 1
        sizes = np.bincount(regions.ravel(), minlength=count)
        wrong = np.bincount(regions.ravel(), weights=self.differ.ravel(), minlength=count)
        seen = (2 * wrong <= sizes) & (np.arange(count) > 0)
        return np.asarray(seen[regions])

    @cached_property
    def depth_given(self) -> Float32[np.ndarray, "h w"]:
        """Distance of each pixel from the nearest given outline; 0 on it."""
        return distance_from(self.given_outline)

    @cached_property
    def depth_predicted(self) -> Float32[np.ndarray, "h w"]:
        """The same from predicted outlines."""
        return distance_from(outline(self.predicted))


def sight_of(block: Block) -> Sight:
    """The image of a block of pixels."""
    assert block.size is not None
    probs = block.probs.reshape(len(block.probs), *block.size)
    predicted = probs.argmax(axis=0).astype(np.uint8)
    return Sight(block.keys[0], block.labels.reshape(block.size), predicted, probs)


def outline(labels: LabelMap) -> Bool[np.ndarray, "h w"]:
    """Pixels with a neighbour (above, below, beside) of another class; IGNORE is no class."""
    found = np.zeros(labels.shape, bool)
    known = labels != IGNORE
    down = (labels[1:] != labels[:-1]) & known[1:] & known[:-1]
    across = (labels[:, 1:] != labels[:, :-1]) & known[:, 1:] & known[:, :-1]
    found[1:] |= down
    found[:-1] |= down
    found[:, 1:] |= across
    found[:, :-1] |= across
    return found


def distance_from(places: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Distance in pixels from the nearest of these places; the image's diagonal where there is none."""
    farthest = np.float32(np.hypot(*places.shape))
    if not places.any():
        return np.full(places.shape, farthest, np.float32)
    away: UInt8[np.ndarray, "h w"] = (~places).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)

"""The segments that a noise may act on, of a label map or an object list, and their chances."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64, UInt8

from truemask import rle
from truemask.noise.draws import Draws
from truemask.noise.objects import bearing
from truemask.noise.segment.rates import SegmentRates, rate_of_each
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE, Instances, Problem


@dataclass(frozen=True)
class Segments:
    """The segments of an image, column by column.

    Args:
        names: what draws are counted by: the first place of a region, or an object's id.
        classes: class id of each.
        areas_px: pixels of each.
        rows: of objects, which rows of the list they are; of regions 0, 1, ...
    """

    names: Int64[np.ndarray, "n"]
    classes: UInt8[np.ndarray, "n"]
    areas_px: Int64[np.ndarray, "n"]
    rows: Int64[np.ndarray, "n"]

    def __len__(self) -> int:
        return len(self.names)


def segments_of(labels: UInt8[np.ndarray, "h w"] | Instances, problem: Problem) -> Segments:
    """Every connected region of a class but the background, or every object; without IGNORE and crowds."""
    if isinstance(labels, Instances):
        rows = np.flatnonzero(bearing(labels))
        areas = rle.areas((labels.masks[row] for row in rows.tolist()), labels.size)
        return Segments(labels.ids[rows], labels.classes[rows], areas, rows)
    return regions_of(labels, problem)[1]


def regions_of(
    labels: UInt8[np.ndarray, "h w"], problem: Problem
) -> tuple[Int32[np.ndarray, "h w"], Segments]:
    """The region of each pixel, from 1 (0: none), and the regions."""
    ids, places = segments(labels, problem.background)
    areas = np.bincount(ids.ravel(), minlength=len(places) + 1)[1:]
    return ids, Segments(places, labels.ravel()[places], areas, np.arange(len(places)))


def repainted(
    labels: UInt8[np.ndarray, "h w"], ids: Int32[np.ndarray, "h w"], classes: UInt8[np.ndarray, "n"]
) -> UInt8[np.ndarray, "h w"]:
    """The label map with every region in the class that it has now."""
    return np.where(ids > 0, np.concatenate([[np.uint8(IGNORE)], classes])[ids], labels)


def chances(
    problem: Problem, found: Segments, rate: float, rates: SegmentRates | None
) -> Float64[np.ndarray, "n"]:
    """The chance of each segment, by its class and size.

    Raises:
        BadInput: if the rates name a class that the problem lacks.
    """
    return rate_of_each(problem, rate, rates, found.classes, found.areas_px)


def chosen(
    purpose: str, draws: Draws, found: Segments, likely: Float64[np.ndarray, "n"]
) -> Bool[np.ndarray, "n"]:
    """Which segments it happens to, each on its own."""
    happens: Bool[np.ndarray, n] = draws.uniforms(purpose, found.names) < likely
    return happens


def places_among(
    purpose: str, draws: Draws, found: Segments, counts: Int64[np.ndarray, "n"]
) -> Int64[np.ndarray, "n"]:
    """For each segment a number from 0 to its count - 1, all alike; 0 where the count is 0."""
    high = draws.bits(purpose, found.names) >> np.uint64(32)
    return ((high * counts.astype(np.uint64)) >> np.uint64(32)).astype(np.int64)

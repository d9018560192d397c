"""Noise on outlines as one would write it with numpy, scipy, scikit-image and OpenCV on whole images."""

from collections.abc import Callable

import cv2
import numpy as np
from scipy import ndimage
from skimage.morphology import dilation, disk, skeletonize

from truemask import rle
from truemask.types import Instances

Mask = np.ndarray
Labels = np.ndarray

LEVEL = (0.3, 0.25, 10, 3, 5)
"""COCO-N, medium: class rate, rate of each kind of outline noise, tolerance, sigma, kernel."""


def by_class(labels: Labels, grown: Callable[[Mask], Mask], order: list[int]) -> Labels:
    """Classes grown and painted one by one, later ones over earlier ones."""
    noisy = labels.copy()
    for label in order:
        noisy[grown(labels == label)] = label
    return noisy


def by_skimage(radius_px: int) -> Callable[[Mask], Mask]:
    """Dilation by scikit-image."""
    return lambda mask: np.asarray(dilation(mask, disk(radius_px)))


def by_scipy(radius_px: int) -> Callable[[Mask], Mask]:
    """Dilation by scipy."""
    return lambda mask: np.asarray(ndimage.binary_dilation(mask, disk(radius_px)))


def skeletons(labels: Labels, classes: int) -> Labels:
    """Each class thinned by scikit-image."""
    noisy = np.zeros_like(labels)
    for label in range(1, classes):
        noisy[skeletonize(labels == label)] = label
    return noisy


def markov(labels: Labels, steps: int, theta1: float, theta2: float, theta3: float) -> Labels:
    """The published process: the outline of the whole image anew at every step."""
    rng = np.random.default_rng(0)
    noisy = labels == 1
    for _ in range(steps):
        side = noisy if rng.random() < theta1 else ~noisy
        outline = ndimage.binary_dilation(side) & ~side
        noisy ^= outline & (rng.random(noisy.shape) < theta2)
    noisy ^= rng.random(noisy.shape) < theta3
    return np.asarray(cv2.GaussianBlur(noisy * np.uint8(255), (5, 5), 2) > 127, dtype=np.uint8)


def elastic(labels: Labels, alpha_px: float, sigma_px: float) -> Labels:
    """Two blurred random fields, and the label from where they point."""
    rng = np.random.default_rng(0)
    fields = [
        alpha_px * ndimage.gaussian_filter(rng.uniform(-1, 1, labels.shape), sigma_px) for _ in range(2)
    ]
    places = np.indices(labels.shape) + fields
    return np.asarray(ndimage.map_coordinates(labels, places, order=0, mode="nearest"))


def coarse(labels: Labels, factor_px: int, classes: int) -> Labels:
    """Votes of each class in each block; of equal ones the highest class has it."""
    planes = labels == np.arange(classes, dtype=np.uint8)[::-1, None, None]
    height, width = labels.shape
    blocks = planes.reshape(classes, height // factor_px, factor_px, width // factor_px, factor_px)
    best = classes - 1 - blocks.sum(axis=(2, 4)).argmax(axis=0)
    return np.kron(best, np.ones((factor_px, factor_px))).astype(np.uint8)


def objects_on_whole_images(objects: Instances, redraw: Callable[[Mask], Mask]) -> tuple[bytes, ...]:
    """Each mask unpacked, redrawn and packed again."""
    codes = []
    for code in objects.masks:
        mask = rle.unpack([code], objects.size)[0].view(np.uint8)
        codes.append(rle.pack(redraw(mask).astype(bool)[None])[0])
    return tuple(codes)


def coco_n(
    objects: Instances, rng: np.random.Generator, classes: int
) -> tuple[np.ndarray, tuple[bytes, ...]]:
    """The published mix, instance by instance on whole images, with its classes and its outlines."""
    rate = LEVEL[0]
    flips = rng.random(len(objects)) < rate
    other = rng.integers(1, classes, len(objects))
    classed = np.where(flips, other + (other >= objects.classes), objects.classes)
    return classed, objects_on_whole_images(objects, lambda mask: _spatial(mask, rng))


def _spatial(mask: Mask, rng: np.random.Generator) -> Mask:
    _, rate, tolerance_px, sigma_px, kernel_px = LEVEL
    kind = int(rng.random() / rate)
    if kind == 0:
        return _redrawn(mask, lambda ring: cv2.approxPolyDP(ring, tolerance_px, True))
    if kind == 1:
        return _redrawn(
            mask, lambda ring: ring + rng.normal(0, sigma_px, ring.shape).round().astype(np.int32)
        )
    if kind == 2:
        kernel = np.ones((kernel_px, kernel_px), np.uint8)
        return np.asarray(cv2.dilate(mask, kernel) if rng.random() < 0.5 else cv2.erode(mask, kernel))
    return mask


def _redrawn(mask: Mask, change: Callable[[np.ndarray], np.ndarray]) -> Mask:
    rings, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    redrawn = np.zeros_like(mask)
    for ring in rings:
        cv2.fillPoly(redrawn, [change(ring)], 1)
    return redrawn

"""The outlines that `scenes` is made of: four pairs, alike enough to be taken for each other."""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float

_ROUND = np.linspace(0, 2 * np.pi, 72, endpoint=False)

Outline = list[Float[np.ndarray, "p 2"]]
"""Closed curves; what lies in an even number of them is outside."""


def _polar(radius: Float[np.ndarray, "p"] | float, angle: Float[np.ndarray, "p"] = _ROUND) -> np.ndarray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _disk() -> Outline:
    return [_polar(1.0)]


def _ring() -> Outline:
    return [_polar(1.0), _polar(0.48)]


def _square() -> Outline:
    return [np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])]


def _cross() -> Outline:
    arm = np.array([[0.4, 0.4], [0.4, 1.0], [-0.4, 1.0]])
    quarter = np.array([[0.0, 1.0], [-1.0, 0.0]])
    return [np.concatenate([arm @ np.linalg.matrix_power(quarter, turns) for turns in range(4)])]


def _star() -> Outline:
    return [_polar(np.tile([1.0, 0.42], 5), np.pi * np.arange(10) / 5 - np.pi / 2)]


def _flower() -> Outline:
    return [_polar(1 + 0.2 * np.cos(6 * _ROUND))]


def _drop() -> Outline:
    half = np.sin(_ROUND / 2)
    return [np.stack([np.sin(_ROUND) * half**2.2, -np.cos(_ROUND)], axis=1)]


def _heart() -> Outline:
    t = _ROUND
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return [np.stack([x, -y], axis=1)]


SHAPES: dict[str, Callable[[], Outline]] = {
    "disk": _disk,
    "ring": _ring,
    "square": _square,
    "cross": _cross,
    "star": _star,
    "flower": _flower,
    "drop": _drop,
    "heart": _heart,
}
"""By class name, in the order of the class ids 1, 2, ...; each class stands next to the one it looks like."""


def outline(name: str) -> Outline:
    """The shape's curves around its middle, scaled to the area of a disk of radius 1: size tells no class."""
    curves = SHAPES[name]()
    rim = curves[0].astype(np.float32)
    area = sum((-1) ** i * cv2.contourArea(c.astype(np.float32)) for i, c in enumerate(curves))
    moments = cv2.moments(rim)
    middle = np.array([moments["m10"], moments["m01"]]) / moments["m00"]
    return [(curve - middle) * np.sqrt(np.pi / area) for curve in curves]

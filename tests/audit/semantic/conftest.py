"""Shared by the tests of the segment audit: discs and squares on a ground, and predictions of another map."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from truemask.audit.semantic.sight import Sight
from truemask.audit.semantic.tolerance import Tolerance

SIZE = (48, 64)


def _disc(row: float, column: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[: SIZE[0], : SIZE[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def _sight(
    given: NDArray[np.uint8], predicted: NDArray[np.uint8], k: int = 4, sure: float = 0.9, key: str = "image"
) -> Sight:
    probs = np.full((k, *given.shape), (1 - sure) / (k - 1), np.float32)
    np.put_along_axis(probs, predicted[None].astype(np.int64), sure, axis=0)
    return Sight(key, given, predicted, probs)


@pytest.fixture
def disc() -> Callable[[float, float, float], NDArray[np.bool_]]:
    """Row, column, radius -> mask of 48 x 64 px."""
    return _disc


@pytest.fixture
def sight() -> Callable[..., Sight]:
    """Given and predicted label maps -> what the audit sees, every prediction equally sure."""
    return _sight


@pytest.fixture
def strict() -> Tolerance:
    """Outlines may be off by 1.5 px, whole ones by 1 px."""
    return Tolerance(outline_px=1.5, bias_px=1.0, usual_px=np.zeros(4))

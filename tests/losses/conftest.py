"""Scored units of both shapes, and the losses' formulas in float64."""

import numpy as np
import pytest
import torch
from torch import Tensor


@pytest.fixture(params=[(), (4, 5)], ids=["classes", "masks"])
def scored(request) -> tuple[Tensor, Tensor]:
    """Logits and labels of 6 rows over 3 classes: one unit a row, or 4 x 5 pixels."""
    rng, space = torch.Generator().manual_seed(0), request.param
    return 2 * torch.randn(6, 3, *space, generator=rng), torch.randint(3, (6, *space), generator=rng)


@pytest.fixture
def probs64():
    """Softmax over axis 1 in float64."""

    def softmax(logits: Tensor) -> np.ndarray:
        z = logits.double().numpy()
        z = np.exp(z - z.max(axis=1, keepdims=True))
        return z / z.sum(axis=1, keepdims=True)

    return softmax

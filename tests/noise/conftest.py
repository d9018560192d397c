"""Shared by the noise tests: a generator for what they make up themselves."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(7)

"""Shared by the noise tests: a generator for what they make up themselves."""

import sys
from pathlib import Path

import numpy as np
import pytest

# The tests here share `noise_toys`, which a process that one of them starts imports too.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def rng():
    return np.random.default_rng(7)

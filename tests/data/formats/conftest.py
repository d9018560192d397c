"""Shared by the tests of formats: `format_cases`, and the fuzz run of the repository's benchmarks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[3]))

"""The tests here share `object_toys`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

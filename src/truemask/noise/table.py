"""NOISES: every noise there is. Specs, the command line, the docs page and the contract tests read it."""

from collections.abc import Mapping

from truemask.noise.boundary import rows as boundary
from truemask.noise.label import rows as label
from truemask.noise.pixel import rows as pixel
from truemask.noise.row import Noise
from truemask.noise.segment import rows as segment

NOISES: Mapping[str, Noise] = {**pixel.ROWS, **boundary.ROWS, **segment.ROWS, **label.ROWS}
"""By the name that a spec calls it."""

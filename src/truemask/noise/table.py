"""Every noise there is. Specs, the command line, the docs page and the contract tests read these tables."""

from collections.abc import Mapping

from truemask.noise.annotator import rows as annotator
from truemask.noise.boundary import rows as boundary
from truemask.noise.image import rows as image
from truemask.noise.image.set_noise import SetNoise
from truemask.noise.label import rows as label
from truemask.noise.pixel import rows as pixel
from truemask.noise.row import Noise
from truemask.noise.segment import rows as segment

NOISES: Mapping[str, Noise] = {
    **pixel.ROWS,
    **boundary.ROWS,
    **segment.ROWS,
    **label.ROWS,
    **image.ROWS,
    **annotator.ROWS,
}
"""Those that act on the labels of one image at a time, by the name that a spec calls them."""

SET_NOISES: Mapping[str, SetNoise] = image.SET_ROWS
"""Those that see a whole classification set: they look at images, replace them, or add rows."""

EVERY_NOISE: Mapping[str, Noise | SetNoise] = {**NOISES, **SET_NOISES}
"""Both: what a spec can name."""

"""The image behind label maps: how steep it is at each pixel."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, UInt8

from truemask.audit.evidence.edges import gradient


@dataclass(frozen=True)
class Look:
    """An image."""

    image: UInt8[np.ndarray, "h w c"]

    @cached_property
    def steep(self) -> Float32[np.ndarray, "h w"]:
        """Its gradient."""
        return gradient(self.image)

"""True classes read back from densities of noisy labels: what meta-structures hold, without a network."""

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from truemask.structure.distinguish import seen
from truemask.types import IGNORE


def nearest_class(
    shares: Float32[np.ndarray, "k h w"], transition: Float64[np.ndarray, "k m"]
) -> UInt8[np.ndarray, "h w"]:
    """The true class whose row of the matrix is nearest to the shares around each pixel (least squares).

    Theorem 2 of Luo et al., AAAI 2022, arXiv:2103.11594, says that this finds all classes if the matrix has
    full rank; it does as far as the window holds labels enough.

    Args:
        shares: of given classes around each pixel, from `local_shares`; where they are NaN: IGNORE.
        transition: P(given | true); classes with a row of NaN are never found.
    """
    rows = seen(transition).astype(np.float32)
    far = np.stack([((shares - row[:, None, None]) ** 2).sum(axis=0) for row in rows])
    nowhere = np.isnan(shares).any(axis=0)
    found = np.where(np.isnan(far), np.inf, far).argmin(axis=0).astype(np.uint8)
    return np.where(nowhere, np.uint8(IGNORE), found)

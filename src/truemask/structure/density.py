"""Where the labels of each class lie: spatial densities as filters, right up to edges and IGNORE.

The meta-structure of Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594, is the density of the labels of each
class. On a pixel grid a kernel density estimate is a filter of the class's indicator; no points are listed.
"""

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from truemask.structure.windows import Window
from truemask.types import IGNORE


def local_shares(
    labels: UInt8[np.ndarray, "h w"], num_classes: int, window: Window
) -> Float32[np.ndarray, "k h w"]:
    """Of the labels in the window around each pixel, the share of every class.

    Weights that fall beyond the edge or on IGNORE are taken out of the count, so shares sum to 1 up to the
    last pixel. NaN where the window holds no label. This is the density of a class relative to that of all
    labels: inside a large region of true class j, flipped class by class, it is P(given | true = j).

    Args:
        labels: class ids and IGNORE.
        num_classes: k; labels from k on, other than IGNORE, are not allowed.
        window: what counts how much.
    """
    known = window.sums((labels != IGNORE).astype(np.float32))
    there = known > _LEAST
    shares = np.full((num_classes, *labels.shape), np.nan, dtype=np.float32)
    for class_id, share in enumerate(shares):
        of_class = window.sums((labels == class_id).astype(np.float32))
        np.divide(of_class, known, out=share, where=there)
    # Filters that go by Fourier transform leave a rounding error on either side.
    return np.clip(shares, 0, 1, out=shares)


def point_density(
    points: Bool[np.ndarray, "h w"],
    window: Window,
    *,
    known: Bool[np.ndarray, "h w"] | None = None,
    edge_corrected: bool = True,
) -> Float32[np.ndarray, "h w"]:
    """Kernel density estimate of the marked pixels, in points per point and square pixel.

    Without edge correction it is what `scipy.stats.gaussian_kde` says at pixel centres (for the Gaussian
    window, up to the cut-off): too low near edges, since nothing lies beyond. With it, each value is divided
    by the part of the window that lies where points can be (Diggle, Applied Statistics 34, 1985).

    Args:
        points: pixels that are points, such as all labels of a class.
        window: the kernel.
        known: where points can be; None: everywhere in the image. NaN far from there, with edge correction.
        edge_corrected: see above.
    """
    count = max(int(np.count_nonzero(points)), 1)
    density = window.sums(points.astype(np.float32)) / np.float32(count)
    if not edge_corrected:
        return density
    inside = window.sums(np.ones(points.shape, np.float32) if known is None else known.astype(np.float32))
    there = inside > _LEAST
    return np.asarray(np.divide(density, inside, out=np.full_like(density, np.nan), where=there))


_LEAST = 1e-5
"""Weight below which a window holds nothing but rounding."""

"""Do labels follow the image's own pieces? Outlines that run along the borders of superpixels do.

SLIC: Achanta et al., IEEE TPAMI 34(11), 2012.
"""

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from truemask.audit.evidence.edges import outline


def superpixels(image: UInt8[np.ndarray, "h w c"], *, side_px: int = 8) -> Int64[np.ndarray, "h w"]:
    """The piece of the image that each pixel lies in, numbered from 0; about side_px wide."""
    from skimage.segmentation import slic

    height, width, channels = image.shape
    pieces: Int64[np.ndarray, "h w"] = slic(
        image if channels > 1 else image[..., 0],
        n_segments=max(1, height * width // side_px**2),
        compactness=0.1,
        sigma=1.0,
        convert2lab=False,  # the noise of a camera is colourful, so colours would outweigh edges of light
        channel_axis=-1 if channels > 1 else None,
        start_label=0,
    ).astype(np.int64)
    return pieces


def borders(image: UInt8[np.ndarray, "h w c"], *, side_px: int = 8) -> Float32[np.ndarray, "h w"]:
    """1 on both sides of a border between superpixels, else 0: `edge_support` takes it for a gradient."""
    return outline(superpixels(image, side_px=side_px)).astype(np.float32)

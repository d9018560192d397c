"""A fluorescence microscope: blur, haze and glow on the way, then photons counted and read out."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from truemask.data.embedded.smooth_noise import smooth_noise


def through_optics(
    rng: np.random.Generator, light: Float32[np.ndarray, "h w"], below: Float32[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w"]:
    """What reaches the camera: part sharp, part a little out of focus, haze, and the cell's own glow."""
    size = len(light)
    defocus = np.clip(0.5 + 0.35 * smooth_noise(rng, size, 45), 0, 1)
    focused = _blurred(light * (1 - defocus), 0.9) + _blurred(light * defocus, 1.9)
    haze = 0.22 * _blurred(light, 6) + 0.38 * _blurred(below, 2.6)
    glow = 0.04 + 0.05 * np.clip(1 + 0.6 * smooth_noise(rng, size, 60), 0, None)
    return np.asarray(focused + haze + glow, dtype=np.float32)


def _blurred(light: Float32[np.ndarray, "h w"], sigma_px: float) -> Float32[np.ndarray, "h w"]:
    return np.asarray(cv2.GaussianBlur(light, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT))


def on_camera(rng: np.random.Generator, light: Float32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """Photons counted (Poisson), read out with an error, scaled to 8 bits above a dark level."""
    photons = rng.uniform(12, 26)
    counted = rng.poisson(photons * light) + rng.normal(0, 1.5, light.shape)
    return np.clip(10 + 145 / photons * counted, 0, 255).astype(np.uint8)

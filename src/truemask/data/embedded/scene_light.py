"""How a scene looks: grounds, materials, light and shadow. It knows no classes.

Images are float32 in [0, 1]. Lengths that are given in `grain_px` grow with the scene: 1 px where it is 128
px wide.
"""

import colorsys
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from truemask.data.embedded.smooth_noise import smooth_noise

GROUNDS = ("cloth", "wood", "stone", "tiles", "lights")
MATERIALS = ("plain", "stripes", "dots", "checks", "marble")


def ground(rng: np.random.Generator, size: int) -> Float32[np.ndarray, "h w 3"]:
    """A background: two muted colours, mixed by a pattern of its kind."""
    pattern = _ground_pattern(rng, GROUNDS[rng.integers(len(GROUNDS))], size, size / 128)
    hue, value = rng.random(), rng.uniform(0.35, 0.8)
    dark = _rgb(hue, rng.uniform(0.1, 0.4), value * rng.uniform(0.6, 0.75))
    light = _rgb(hue + rng.normal(0, 0.06), rng.uniform(0.05, 0.3), value)
    return _mixed(dark, light, np.clip(pattern, 0, 1.2))


def material(
    rng: np.random.Generator, kind: str, side: int, hue: float, grain_px: float
) -> Float32[np.ndarray, "side side 3"]:
    """A square of surface in one hue: two tones, mixed by a pattern of its kind, one of `MATERIALS`."""
    saturation, value = rng.uniform(0.5, 0.9), rng.uniform(0.6, 0.95)
    near = hue + rng.normal(0, 0.04)
    tone = _rgb(hue, saturation, value)
    if rng.random() < 0.5:
        other = _rgb(near, 0.35 * saturation, min(1.0, 1.25 * value))
    else:
        other = _rgb(near, min(1.0, 1.1 * saturation), 0.5 * value)
    grain = smooth_noise(rng, side, 3 * grain_px)
    wave = _material_wave(rng, kind, side, grain_px)
    tones = _mixed(tone, other, 1 / (1 + np.exp(-wave)))
    return np.asarray(tones * (1 + 0.035 * grain[:, :, None]))


@dataclass(frozen=True)
class Light:
    """A lamp far off at one side: `x`, `y` point towards it, of length 1."""

    x: float
    y: float

    def shadow(
        self, cover: Float32[np.ndarray, "side side"], radius_px: float
    ) -> Float32[np.ndarray, "side side"]:
        """How much of the light a thing keeps from what lies under it, 0 to 1."""
        away = -0.22 * radius_px
        moved = cv2.warpAffine(
            cover, np.array([[1, 0, away * self.x], [0, 1, away * self.y]]), cover.shape[::-1]
        )
        return np.asarray(0.55 * _blurred(moved, 0.16 * radius_px))

    def shaded(
        self,
        tones: Float32[np.ndarray, "side side 3"],
        cover: Float32[np.ndarray, "side side"],
        radius_px: float,
    ) -> Float32[np.ndarray, "side side 3"]:
        """The surface of a thing in the middle of its square: swollen at the rim, with a highlight."""
        y, x = (np.mgrid[: len(cover), : len(cover)].astype(np.float32) - len(cover) / 2) / radius_px
        height = _blurred(cover, 0.14 * radius_px)
        slope = -radius_px / 8 * (self.x * _slope(height, 1, 0) + self.y * _slope(height, 0, 1))
        tilt = self.x * x + self.y * y
        highlight = np.exp(-20 * ((x - 0.38 * self.x) ** 2 + (y - 0.38 * self.y) ** 2))
        matt = tones * (0.86 + 0.12 * tilt + 0.33 * slope)[:, :, None]
        return np.asarray(matt + (0.22 * highlight + 0.12 * np.maximum(slope, 0))[:, :, None])


def photograph(
    rng: np.random.Generator, scene: Float32[np.ndarray, "h w 3"], light: Light
) -> Float32[np.ndarray, "h w 3"]:
    """The scene brighter on the lamp's side, through a lens that is not quite sharp, with sensor noise."""
    size = len(scene)
    y, x = np.mgrid[:size, :size].astype(np.float32) / size - 0.5
    lit = scene * (1.06 + 0.28 * (light.x * x + light.y * y))[:, :, None]
    noise = 0.018 * rng.standard_normal(scene.shape, dtype=np.float32)
    return np.asarray(np.clip(_blurred(lit, 0.45) + noise, 0, 1))


def _ground_pattern(
    rng: np.random.Generator, kind: str, size: int, grain_px: float
) -> Float32[np.ndarray, "h w"]:
    broad = smooth_noise(rng, size, 30 * grain_px)
    fine = smooth_noise(rng, size, 2.5 * grain_px)
    u, v = _axes(size, rng.uniform(0, np.pi), grain_px)
    if kind == "wood":
        rings = u / 4.2 + 1.3 * broad + 0.04 * v
        return 0.5 + 0.28 * np.sin(rings) + 0.12 * np.sin(2.7 * rings) + 0.1 * fine
    if kind == "stone":
        return 0.5 + 0.2 * broad + 0.2 * smooth_noise(rng, size, 8 * grain_px) + 0.22 * fine
    if kind == "tiles":
        pitch = np.float32(rng.uniform(20, 30))
        seam = np.minimum(_from_line(u + np.floor(v / pitch) % 2 * pitch / 2, pitch), _from_line(v, pitch))
        return np.asarray((0.65 + 0.1 * broad + 0.08 * fine) * np.clip(seam / 1.3, 0.25, 1))
    if kind == "lights":
        return 0.2 + 0.12 * broad + 0.9 * _lights(rng, size) + 0.03 * fine
    return 0.5 + 0.2 * broad + 0.2 * np.sin(2.4 * u) * np.sin(2.4 * v) + 0.1 * fine


def _from_line(along: Float32[np.ndarray, "h w"], pitch: np.float32) -> Float32[np.ndarray, "h w"]:
    """Distance to the nearest of the lines at 0, pitch, 2 pitch, ..."""
    past = along % pitch
    return np.asarray(np.minimum(past, pitch - past))


def _lights(rng: np.random.Generator, size: int) -> Float32[np.ndarray, "h w"]:
    """Lamps so far out of focus that each is a pale disc."""
    light = np.zeros((size, size), np.float32)
    for _ in range(16):
        disc = np.zeros_like(light)
        middle = (rng.random(2) * size).astype(int).tolist()
        cv2.circle(disc, middle, int(rng.uniform(0.04, 0.11) * size), rng.uniform(0.15, 0.5), -1)
        light += disc
    return _blurred(light, 0.01 * size)


def _material_wave(
    rng: np.random.Generator, kind: str, side: int, grain_px: float
) -> Float32[np.ndarray, "side side"]:
    """Where the first tone shows (below 0) and where the other one (above)."""
    u, v = _axes(side, rng.uniform(0, np.pi), grain_px)
    step = np.float32(2 * np.pi / rng.uniform(5, 9))
    if kind == "stripes":
        return 3 * np.sin(u * step)
    if kind == "dots":
        return 4 * (np.cos(u * step) + np.cos(v * step) - 0.8)
    if kind == "checks":
        return 5 * np.sin(0.7 * u * step) * np.sin(0.7 * v * step)
    if kind == "marble":
        return np.float32(2.2) * np.sin(0.5 * u * step + 1.6 * smooth_noise(rng, side, 9 * grain_px))
    return np.float32(-3) + np.float32(0.6) * smooth_noise(rng, side, 9 * grain_px)


def _axes(
    side: int, turn: float, grain_px: float
) -> tuple[Float32[np.ndarray, "side side"], Float32[np.ndarray, "side side"]]:
    """Coordinates in grains from the middle, along two axes turned by `turn`."""
    y, x = (np.mgrid[:side, :side].astype(np.float32) - np.float32(side / 2)) / np.float32(grain_px)
    across, down = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return across * x + down * y, across * y - down * x


def _rgb(hue: float, saturation: float, value: float) -> Float32[np.ndarray, "3"]:
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value), dtype=np.float32)


def _mixed(
    first: Float32[np.ndarray, "3"], other: Float32[np.ndarray, "3"], share: Float32[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w 3"]:
    return np.asarray(first + (other - first) * share[:, :, None])


def _blurred(image: Float32[np.ndarray, "h w *c"], sigma_px: float) -> Float32[np.ndarray, "h w *c"]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px))


def _slope(height: Float32[np.ndarray, "h w"], x: int, y: int) -> Float32[np.ndarray, "h w"]:
    return np.asarray(cv2.Sobel(height, cv2.CV_32F, x, y, ksize=3))

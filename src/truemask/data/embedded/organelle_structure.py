"""The membranes that `organelles` shows: a network of tubules, sheets, the envelope of a nucleus."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, UInt8

from truemask.data.embedded.smooth_noise import smooth_noise

_FINE = 2
"""Structure is drawn this many times finer than the camera's pixels."""
_PAD_PX = 6
"""Structure is drawn this far beyond the frame: a tubule just outside still reaches in."""
_MARGIN_PX = 24
"""Cells are laid out this far beyond the frame, so that tubules run out of it."""
_KNOTS = 9
"""Points of a tubule's curve."""


@dataclass(frozen=True)
class Network:
    """Curves in pixels of the frame (x, y), and the closed outlines of what is flat or empty."""

    curves: Float[np.ndarray, "e m 2"]
    sheets: tuple[Float[np.ndarray, "_ 2"], ...]
    nucleus: Float[np.ndarray, "q 2"] | None


def network(
    rng: np.random.Generator, size: int, pitch_px: float, nucleus: Float[np.ndarray, "q 2"] | None
) -> Network:
    """Borders of cells around a jittered lattice, bent, with some tubules missing."""
    from scipy.spatial import Voronoi  # here, because it takes half a second

    cells = Voronoi(_sites(rng, size, pitch_px))
    ends = np.asarray(cells.ridge_vertices)
    reach = np.abs(cells.vertices - size / 2).max(axis=1) < size / 2 + _MARGIN_PX
    kept = (ends >= 0).all(axis=1) & reach[ends].all(axis=1)
    curves = _bent(rng, size, cells.vertices[ends[kept]])
    sheets = _sheets(rng, curves, cells.ridge_points[kept])
    long = np.linalg.norm(curves[:, 0] - curves[:, -1], axis=1) > pitch_px / 3
    there = ~long | (rng.random(len(curves)) > 0.12)
    if nucleus is not None:
        outline = nucleus.astype(np.float32)
        middles = curves[:, _KNOTS // 2].astype(np.float32)
        there &= [cv2.pointPolygonTest(outline, point.tolist(), measureDist=True) < -1 for point in middles]
    return Network(curves[there], sheets, nucleus)


def _sites(rng: np.random.Generator, size: int, pitch_px: float) -> Float[np.ndarray, "n 2"]:
    """Not uniform points: hexagonal order keeps cells of like size and junctions of three, as in the cell."""
    beyond = _MARGIN_PX + 1.5 * pitch_px
    across = np.arange(-beyond, size + beyond, pitch_px)
    down = np.arange(-beyond, size + beyond, pitch_px * 0.866)
    lattice = np.stack(np.meshgrid(across, down), axis=-1)
    lattice[1::2, :, 0] += pitch_px / 2
    sites = lattice.reshape(-1, 2) + rng.uniform(-0.45, 0.45, (lattice.size // 2, 2)) * pitch_px
    merged = rng.random(len(sites)) < 0.2
    return sites[~merged] + rng.uniform(-0.5, 0.5, 2) * pitch_px


def _bent(
    rng: np.random.Generator, size: int, ends: Float[np.ndarray, "e 2 2"]
) -> Float[np.ndarray, "e m 2"]:
    """Curves from end to end: each with a bow of its own, then all shifted by smooth fields."""
    along = np.linspace(0, 1, _KNOTS)[None, :, None]
    start, stop = ends[:, :1], ends[:, 1:]
    normal = (stop - start)[:, :, ::-1] * np.array([-1, 1])
    bow = rng.normal(0, 0.16, (len(ends), 1, 1)) * 4 * along * (1 - along)
    curves = start + (stop - start) * along + normal * bow
    at = (curves + 2 * _MARGIN_PX).astype(np.float32)
    # Fields are shared, so that curves that meet still meet after the shift.
    for scale_px, shift_px in ((34, 4.0), (11, 1.0)):
        for axis in (0, 1):
            field = smooth_noise(rng, size + 4 * _MARGIN_PX, scale_px)
            curves[..., axis] += shift_px * cv2.remap(field, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    return np.asarray(curves)


def _sheets(
    rng: np.random.Generator, curves: Float[np.ndarray, "e m 2"], between: Int32[np.ndarray, "e 2"]
) -> tuple[Float[np.ndarray, "_ 2"], ...]:
    """Outlines of the few cells that a flat cisterna fills."""
    chosen = rng.permutation(np.unique(between))[: rng.poisson(0.02 * len(np.unique(between)))]
    around = [curves[(between == cell).any(axis=1)].reshape(-1, 2) for cell in chosen]
    return tuple(cv2.convexHull(points.astype(np.float32))[:, 0].astype(float) for points in around)


def nucleus_outline(rng: np.random.Generator, size: int) -> Float[np.ndarray, "q 2"]:
    """An uneven ellipse about one side of the frame."""
    turn, side = rng.uniform(0, 2 * np.pi, 2)
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = 1 + 0.06 * np.cos(2 * angle + rng.uniform(0, 6)) + 0.04 * np.cos(3 * angle + rng.uniform(0, 6))
    long_px, short_px = rng.uniform(30, 42), rng.uniform(24, 32)
    x, y = radius * long_px * np.cos(angle), radius * short_px * np.sin(angle)
    middle = size / 2 + (size / 2 - rng.uniform(-12, 14)) * np.array([np.cos(side), np.sin(side)])
    turned = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=1)
    return np.asarray(middle + turned)


def structure(
    rng: np.random.Generator, network: Network, size: int
) -> tuple[Float32[np.ndarray, "h w"], UInt8[np.ndarray, "h w"]]:
    """How much light each pixel sends out (a tubule's core: about 1), and where the membrane is."""
    fine = (size + 2 * _PAD_PX) * _FINE
    tubules, shine = _tubules(rng, network, fine)
    sheets = _flat(rng, network, fine) & ~tubules
    depth = np.clip(smooth_noise(rng, fine, 45 * _FINE), -2, 1.5)
    light = (shine * tubules + 0.62 * sheets) * (1 + 0.15 * smooth_noise(rng, fine, 4 * _FINE))
    light *= 0.8 * np.exp(0.42 * depth)
    return _shrunk(light), (_shrunk(tubules | sheets) >= 0.5).astype(np.uint8)


def _tubules(
    rng: np.random.Generator, network: Network, fine: int
) -> tuple[Bool[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Where the tubules are, and how bright the nearest one is."""
    lines = np.zeros((fine, fine), np.uint16)
    for row, curve in enumerate(_fine_points(network.curves), start=1):
        cv2.polylines(lines, [curve], False, row, 1)
    count = len(network.curves) + 1
    if network.nucleus is not None:
        cv2.polylines(lines, [_fine_points(network.nucleus)], True, count, 1)
    distance, nearest_pixel = cv2.distanceTransformWithLabels(
        (lines == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    curve_of = np.zeros(nearest_pixel.max() + 1, np.int32)
    curve_of[nearest_pixel[lines > 0]] = lines[lines > 0]
    nearest = curve_of[nearest_pixel]
    width_px = rng.uniform(2.8, 5.0, count + 1).astype(np.float32)
    shine = rng.uniform(0.7, 1.1, count + 1).astype(np.float32)
    uneven = 1 + 0.12 * smooth_noise(rng, fine, 9 * _FINE)
    return distance < width_px[nearest] * uneven * (_FINE / 2), shine[nearest]


def _flat(rng: np.random.Generator, network: Network, fine: int) -> Bool[np.ndarray, "h w"]:
    """Sheets, with a hole here and there."""
    flat = np.zeros((fine, fine), np.uint8)
    if network.sheets:
        cv2.fillPoly(flat, [_fine_points(outline) for outline in network.sheets], 1)
        if network.nucleus is not None:
            cv2.fillPoly(flat, [_fine_points(network.nucleus)], 0)
        flat[smooth_noise(rng, fine, 5 * _FINE) > 1.7] = 0
    return flat.astype(bool)


def _fine_points(points_px: Float[np.ndarray, "*n 2"]) -> Int32[np.ndarray, "*n 2"]:
    return np.round((points_px + _PAD_PX) * _FINE).astype(np.int32)


def _shrunk(fine: np.ndarray) -> Float32[np.ndarray, "h w"]:
    """Mean over each camera pixel, inside the frame."""
    size = len(fine) // _FINE
    pixels = cv2.resize(fine.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(pixels[_PAD_PX:-_PAD_PX, _PAD_PX:-_PAD_PX])


def layer_below(
    rng: np.random.Generator, size: int, nucleus: Float[np.ndarray, "q 2"] | None
) -> Float32[np.ndarray, "h w"]:
    """Another layer of network, out of focus: it is seen, and is not labelled."""
    light = np.zeros((size, size), np.uint8)
    curves = network(rng, size, rng.uniform(25, 34), None).curves
    cv2.polylines(light, list(np.round(curves).astype(np.int32)), False, 255, 4)
    if nucleus is not None:
        cv2.fillPoly(light, [np.round(nucleus).astype(np.int32)], 20)
    return light.astype(np.float32) / 255

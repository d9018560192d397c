"""Shares in [0, 1] as pictures, and lines over a distance: what pages of structure show beside labels."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from truemask.report.drawing import PAPER, enlarged
from truemask.report.palette import GREY

_STOPS = np.array(
    [[252, 253, 191], [254, 159, 109], [222, 73, 104], [140, 41, 129], [59, 15, 112], [0, 0, 4]]
)
"""Light to dark, evenly lighter to the eye (the colours of `magma`, turned round)."""


def shaded(
    shares: Float32[np.ndarray, "h w"], *, low: float = 0.0, high: float = 1.0, zoom: int = 1
) -> UInt8[np.ndarray, "_ _ 3"]:
    """Shares as shades, pale at `low`, black at `high`; grey where there is none (NaN)."""
    span = high - low if high > low else 1.0
    there = ~np.isnan(shares)
    place = np.clip((np.where(there, shares, low) - low) / span, 0, 1) * (len(_STOPS) - 1)
    steps = np.arange(len(_STOPS))
    picture = np.stack([np.interp(place, steps, channel) for channel in _STOPS.T], axis=2)
    picture[~there] = GREY
    return np.asarray(enlarged(np.rint(picture).astype(np.uint8), zoom))


def profile_picture(
    distances: Sequence[float],
    lines: Mapping[str, Float64[np.ndarray, "n"]],
    colours: Mapping[str, tuple[int, int, int]],
    *,
    across: str,
    up: str,
) -> UInt8[np.ndarray, "_ _ 3"]:
    """Lines over a distance, with a mark at 0 and a name each, as pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # late: it takes a second
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.2), dpi=110, layout="constrained", facecolor=[c / 255 for c in PAPER])
    canvas, axes = FigureCanvasAgg(figure), figure.subplots()
    axes.axvline(0, color="#9aa1ad", linewidth=1)
    for name, values in lines.items():
        colour = [channel / 255 for channel in colours[name]]
        axes.plot(distances, values, marker="o", markersize=3.5, linewidth=1.6, color=colour, label=name)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_ylim(-0.03, 1.03)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()

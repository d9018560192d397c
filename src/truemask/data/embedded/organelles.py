"""Organelles: a membrane network under a fluorescence microscope, drawn from a seed.

The network is modelled on the endoplasmic reticulum: tubules that meet in threes and close polygons, a few
flat sheets, now and then a nucleus in its envelope. Tubules are a few pixels wide, so that most of the
labels lie near an edge, which is where people err.
"""

from functools import partial

import numpy as np
from jaxtyping import UInt8

from truemask.data.embedded.drawn import draw_splits
from truemask.data.embedded.microscope import on_camera, through_optics
from truemask.data.embedded.organelle_structure import layer_below, network, nucleus_outline, structure
from truemask.data.splits import Splits
from truemask.types import BadInput, Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "organelle"), channels=1, background=0)
SMALLEST_PX, LARGEST_PX = 48, 4096


def make(*, train: int = 200, val: int = 24, test: int = 48, size: int = 128, seed: int = 0) -> Splits:
    """Images of `size` x `size` px, 1 channel, with the true extent of the network as labels.

    Raises:
        BadInput: if the images are too small to show a network, or a count is out of range.
    """
    if not SMALLEST_PX <= size <= LARGEST_PX:
        raise BadInput(f"organelles draws images of {SMALLEST_PX} to {LARGEST_PX} px, got size={size}")
    counts = {"train": train, "val": val, "test": test}
    return draw_splits("organelles", PROBLEM, counts, size=(size, size), seed=seed, draw=partial(_row, size))


def _row(size: int, rng: np.random.Generator, _split: str, _row: int) -> tuple[np.ndarray, np.ndarray]:
    return draw(rng, size)


def draw(rng: np.random.Generator, size: int) -> tuple[UInt8[np.ndarray, "h w 1"], UInt8[np.ndarray, "h w"]]:
    """One image and its true labels: first the structure, then the optics, then the camera."""
    nucleus = nucleus_outline(rng, size) if rng.random() < 0.3 else None
    membranes = network(rng, size, rng.uniform(24, 34), nucleus)
    light, truth = structure(rng, membranes, size)
    below = layer_below(rng, size, nucleus)
    return on_camera(rng, through_optics(rng, light, below))[:, :, None], truth

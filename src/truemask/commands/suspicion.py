"""How suspect each pixel of a label set is, as pictures beside an audit."""

import shutil
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from truemask.audit.semantic.pixel_scores import all_pixel_scores
from truemask.commands.audits import Audited
from truemask.files import write_whole
from truemask.progress import watch
from truemask.types import BadInput, Problem, Task

FOLDER = "pixels"
"""Of an audit's folder."""


def must_have_pixels(problem: Problem, *, parity: bool) -> None:
    """Refuse what has no scores of pixels."""
    if problem.task != Task.SEMANTIC or parity:
        what = "--parity says nothing of segments" if parity else f"labels here are of {problem.task}"
        raise BadInput(f"--pixels is for label maps, audited by segments; {what}: leave it out")


def write_pixels(audited: Audited, out: Path, *, show: bool) -> Path:
    """Write `OUT/pixels/KEY.png` for each image: 255 times the score of each pixel, in grey; its folder.

    Needs one more pass over the predictions.
    """
    result = audited.told or audited.result
    scored = all_pixel_scores(audited.stream, result.problem, result.findings)
    for key, scores in watch("audit: pixels", scored, len(result.images), show=show):
        picture = Image.fromarray(np.rint(255 * scores).astype(np.uint8))
        write_whole(out / FOLDER / f"{key}.png", partial(picture.save, format="PNG"))
    return out / FOLDER


def forget_pixels(out: Path) -> None:
    """Remove the pictures of an audit that came before."""
    shutil.rmtree(out / FOLDER, ignore_errors=True)

"""Lists of label maps, calibrated: segments left out, swapped, moved, redrawn and merged by known noises.

The cases, their noises and their out-of-fold predictions are those of `out_of_fold`: small U-Nets on a set of
which 30 % of the images have errors.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.calibrated_lists import Told, told
from benchmarks.out_of_fold import LACKS, NOISES, clean_data, make_case, with_errors
from truemask.commands.judging import again_by
from truemask.crops import crop
from truemask.data.predictions import Prediction
from truemask.types import IGNORE


def calibrated_maps(scratch: Path, camvid: Path | None, only: str, seed: int) -> Iterator[Told]:
    """Each case.

    Args:
        scratch: folder of predictions, which are made where they are not there yet.
        camvid: folder of the pack; without it, CamVid is left out.
        only: cases such as `organelles-drop,camvid-swap`; all, if empty.
        seed: of noise and networks.
    """
    data = ("organelles", "scenes", *(("camvid",) if camvid is not None else ()))
    cases = [(name, noise) for name in data for noise in NOISES if noise not in LACKS.get(name, ())]
    for name, noise in cases:
        if only and f"{name}-{noise}" not in only.split(","):
            continue
        case = make_case(name, noise, seed, scratch, camvid)
        clean = clean_data(name, camvid)
        noisy = with_errors(clean, NOISES[noise], seed)
        said = [Prediction(row.key, place, probs=row.probs) for place, row in enumerate(case.rows)]
        wrong = {row.key: (row.given != row.truth) & (row.given != IGNORE) for row in case.rows}
        yield told(name, NOISES[noise], noisy, again_by(partial(iter, said)), partial(half_wrong, wrong))


def half_wrong(wrong: Mapping[str, np.ndarray], rows: list[dict[str, Any]]) -> list[bool]:
    """Whether at least half of a finding's pixels are wrong, of `wrong` in each image."""
    right = []
    for row in rows:
        one = crop(row["rle"], (row["height"], row["width"])) if row["rle"] else None
        if one is None:
            right.append(bool(wrong[row["image"]].any()))
            continue
        height, width = one.mask.shape
        there = wrong[row["image"]][one.top : one.top + height, one.left : one.left + width]
        right.append(bool(2 * there[one.mask == 1].sum() >= np.count_nonzero(one.mask)))
    return right

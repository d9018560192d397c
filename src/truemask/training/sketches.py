"""How each label was taken in training, in six bytes a unit, however many classes and epochs there are.

Sources: the area under the margin, Pleiss et al., NeurIPS 2020, arXiv:2001.10528; forgetting events, Toneva
et al., ICLR 2019, arXiv:1812.05159; disagreement with an average of early predictions, as in early-learning
regularisation, Liu et al., NeurIPS 2020, arXiv:2007.00151.
"""

from typing import no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float, Float32, Int, Int64, UInt8
from torch import Tensor

from truemask.types import IGNORE

CELL = ("visits", "margin", "early", "forgotten", "rival", "votes")
"""The bytes of a unit. visits: how often it was seen, 255 for more. margin: running mean of its belief.
early: a faster mean of it over the early epochs. forgotten: how often the given class lost the lead, and in
the highest bit whether it led at the last visit. rival: the class that most often led instead; votes: by how
many visits."""

EARLY_MOMENTUM = 0.7
"""Of the mean over early epochs: the newest visits count most, as the first say nothing yet."""


def belief(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"]
) -> tuple[Float[Tensor, "b *space"], UInt8[Tensor, "b *space"]]:
    """How much the given class is believed against its strongest rival, in (0, 1); and which class that is.

    It is the logistic function of the margin, the given class's logit less the highest other one: bounded, so
    that its mean fits into a byte, and above 1/2 where the given class leads. Where labels are IGNORE, the
    rival is IGNORE.
    """
    known = labels != IGNORE
    given = torch.where(known, labels, 0).unsqueeze(1)
    strongest, rival = logits.scatter(1, given, float("-inf")).max(dim=1)
    said = torch.sigmoid(logits.gather(1, given).squeeze(1) - strongest)
    return said, torch.where(known, rival, IGNORE).to(torch.uint8)


@numba.njit(cache=True)
@no_type_check
def remember(
    cells: UInt8[np.ndarray, "n 6"],
    at: Int64[np.ndarray, "m"],
    said: Float32[np.ndarray, "m"],
    rival: UInt8[np.ndarray, "m"],
    early: bool,
    seed: int,
) -> None:
    """Take what was said in one visit into the units `at`, none of them twice.

    Means are rounded up or down at random, in proportion: a byte could not follow small steps otherwise.
    After t visits that is an error of at most sqrt(t / 12) / 255 (one standard deviation; 0.006 for 30). The
    rival is found by the majority vote of Boyer and Moore, 1991, among the visits where the given class did
    not lead.
    """
    state = np.uint64(seed) | np.uint64(1)
    for i in range(len(at)):
        if rival[i] == IGNORE or np.isnan(said[i]):
            continue
        cell, full = at[i], np.float32(255)
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        up = np.float32(state >> np.uint64(40)) / np.float32(1 << 24)
        down = np.float32((state >> np.uint64(16)) & np.uint64(0xFFFFFF)) / np.float32(1 << 24)
        now = said[i] * full
        visits = min(cells[cell, 0] + 1, 255)
        cells[cell, 0] = visits
        mean = np.float32(cells[cell, 1])
        cells[cell, 1] = np.uint8(min(mean + (now - mean) / np.float32(visits) + up, full))
        if early or visits == 1:
            mean = np.float32(cells[cell, 2])
            step = np.float32(1) if visits == 1 else np.float32(1 - EARLY_MOMENTUM)
            cells[cell, 2] = np.uint8(min(mean + (now - mean) * step + down, full))
        leads = said[i] > 0.5
        times = cells[cell, 3] & 127
        if cells[cell, 3] & 128 and not leads and times < 127:
            times += 1
        cells[cell, 3] = np.uint8(times | (128 if leads else 0))
        votes = cells[cell, 5]
        if votes == 0:
            cells[cell, 4] = rival[i]
        if not leads:
            more = cells[cell, 4] == rival[i]
            cells[cell, 5] = np.uint8(min(votes + 1, 255) if more else votes - 1)


def margin(cells: UInt8[np.ndarray, "*space 6"]) -> Float32[np.ndarray, "*space"]:
    """Mean belief in the given class over all visits, in [0, 1]; NaN where never seen."""
    return _mean(cells, 1)


def early_belief(cells: UInt8[np.ndarray, "*space 6"]) -> Float32[np.ndarray, "*space"]:
    """Belief in the given class at the end of the early epochs, in [0, 1]; NaN where never seen.

    Of a unit that was first seen later (it was cropped away until then), at its first visit.
    """
    return _mean(cells, 2)


def remembered(cells: UInt8[np.ndarray, "*space 6"]) -> Float32[np.ndarray, "*space"]:
    """1 for labels learnt and never forgotten, less the more often they were forgotten, 0 for never learnt.

    1 / (1 + the number of forgetting events): bounded, and in the order in which the paper sorts. NaN where
    never seen.
    """
    times, leads = cells[..., 3] & 127, cells[..., 3] & 128
    score = np.where((times == 0) & (leads == 0), 0, 1 / (1 + times.astype(np.float32)))
    return np.where(cells[..., 0] > 0, score, np.nan).astype(np.float32)


def rival(cells: UInt8[np.ndarray, "*space 6"]) -> UInt8[np.ndarray, "*space"]:
    """The class that most often led in place of the given one, or else its strongest rival."""
    return cells[..., 4]


def _mean(cells: UInt8[np.ndarray, "*space 6"], byte: int) -> Float32[np.ndarray, "*space"]:
    mean = cells[..., byte].astype(np.float32) / np.float32(255)
    return np.where(cells[..., 0] > 0, mean, np.float32(np.nan))

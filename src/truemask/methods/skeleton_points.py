"""Points near the middle lines of masks, drawn anew at every visit: what all versions of iGTT learn."""

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from truemask.structure.skeleton_extraction import class_extraction, skeleton_extraction


def skeleton_points(masks: Bool[Tensor, "b h w"], *, shift_px: int, keep: float) -> Bool[Tensor, "b h w"]:
    """`skeleton_extraction` of each mask in turn, from one seed that torch draws for the batch.

    Args:
        masks: any regions.
        shift_px: largest shift of the skeleton.
        keep: share of it that stays, in (0, 1].
    """
    rng = np.random.default_rng(int(torch.randint(2**62, ())))
    drawn = [skeleton_extraction(mask, rng, shift_px=shift_px, keep=keep) for mask in masks.cpu().numpy()]
    return torch.from_numpy(np.stack(drawn)).to(masks.device)


def class_points(
    labels: Int[Tensor, "b h w"], num_classes: int, *, shift_px: int, keep: float
) -> Int[Tensor, "b h w"]:
    """`class_extraction` of each label map in turn: points of every class, IGNORE elsewhere.

    Args:
        labels: class ids and IGNORE.
        num_classes: k.
        shift_px: largest shift of each class's skeleton.
        keep: share of it that stays, in (0, 1].
    """
    rng = np.random.default_rng(int(torch.randint(2**62, ())))
    drawn = [
        class_extraction(
            each, np.unique(each[each < num_classes]).tolist(), rng, shift_px=shift_px, keep=keep
        )
        for each in labels.to(torch.uint8).cpu().numpy()
    ]
    return torch.from_numpy(np.stack(drawn)).long().to(labels.device)

"""Losses: logits and labels in, one value per unit (or per image) out. The tables are at the end."""

from collections.abc import Callable, Mapping

from jaxtyping import Float
from torch import Tensor

from truemask.losses.active_passive import active_passive
from truemask.losses.bootstrap import bootstrap_soft, bootstrap_temperature
from truemask.losses.confidence_penalty import confidence_penalty, soft_confidence_penalty
from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.losses.dice import dice
from truemask.losses.dmi import dmi
from truemask.losses.dmi_iou import dmi_iou
from truemask.losses.elr import elr
from truemask.losses.exponential_u import exponential_u
from truemask.losses.focal import focal
from truemask.losses.gce import gce, soft_gce
from truemask.losses.label_smoothing import label_smoothing, soft_label_smoothing
from truemask.losses.lncis import lncis
from truemask.losses.mae import mae, soft_mae
from truemask.losses.min_entropy import min_entropy, soft_min_entropy
from truemask.losses.multibox import multibox_hard, multibox_soft
from truemask.losses.rce import rce, soft_rce
from truemask.losses.sce import sce, soft_sce
from truemask.losses.soft_iou import soft_iou
from truemask.losses.t_loss import t_loss
from truemask.losses.truncated_gce import truncated_gce

LOSSES: Mapping[str, Callable[..., Float[Tensor, "b *space"]]] = {
    "active_passive": active_passive,
    "bootstrap_soft": bootstrap_soft,
    "bootstrap_temperature": bootstrap_temperature,
    "confidence_penalty": confidence_penalty,
    "cross_entropy": cross_entropy,
    "exponential_u": exponential_u,
    "focal": focal,
    "gce": gce,
    "label_smoothing": label_smoothing,
    "lncis": lncis,
    "mae": mae,
    "min_entropy": min_entropy,
    "multibox_hard": multibox_hard,
    "multibox_soft": multibox_soft,
    "rce": rce,
    "sce": sce,
    "truncated_gce": truncated_gce,
}
"""Losses of (logits "b k *space", labels "b *space", *, knobs): per unit, 0 where a label is IGNORE."""

SOFT_LOSSES: Mapping[str, Callable[..., Float[Tensor, "b *space"]]] = {
    "confidence_penalty": soft_confidence_penalty,
    "cross_entropy": soft_cross_entropy,
    "elr": elr,
    "gce": soft_gce,
    "label_smoothing": soft_label_smoothing,
    "mae": soft_mae,
    "min_entropy": soft_min_entropy,
    "rce": soft_rce,
    "sce": soft_sce,
}
"""Losses of (logits "b k *space", targets "b k *space", *, knobs): 0 where a target is all zeros."""

REGION_LOSSES: Mapping[str, Callable[..., Float[Tensor, "b"]]] = {
    "dice": dice,
    "dmi": dmi,
    "dmi_iou": dmi_iou,
    "soft_iou": soft_iou,
    "t_loss": t_loss,
}
"""Losses of (logits "b k *space", labels "b *space", *, knobs) with one value per image, not per unit.

0 for an image without a label; IGNORE takes no part.
"""

"""Losses: logits and labels in, one value per unit out. LOSSES and SOFT_LOSSES are the tables."""

from collections.abc import Callable, Mapping

from jaxtyping import Float
from torch import Tensor

from truemask.losses.bootstrap import bootstrap_soft
from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.losses.elr import elr
from truemask.losses.gce import gce, soft_gce
from truemask.losses.lncis import lncis
from truemask.losses.rce import rce, soft_rce
from truemask.losses.sce import sce, soft_sce
from truemask.losses.truncated_gce import truncated_gce

LOSSES: Mapping[str, Callable[..., Float[Tensor, "b *space"]]] = {
    "bootstrap_soft": bootstrap_soft,
    "cross_entropy": cross_entropy,
    "gce": gce,
    "lncis": lncis,
    "rce": rce,
    "sce": sce,
    "truncated_gce": truncated_gce,
}
"""Losses of (logits "b k *space", labels "b *space", *, knobs): per unit, 0 where a label is IGNORE."""

SOFT_LOSSES: Mapping[str, Callable[..., Float[Tensor, "b *space"]]] = {
    "cross_entropy": soft_cross_entropy,
    "elr": elr,
    "gce": soft_gce,
    "rce": soft_rce,
    "sce": soft_sce,
}
"""Losses of (logits "b k *space", targets "b k *space", *, knobs): 0 where a target is all zeros."""

"""Where and in what precision to compute: Lightning Fabric, with the choices that suit CPUs too."""

import logging
from typing import TYPE_CHECKING, Literal

import torch

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def make_fabric(precision: Literal["auto", "bf16", "fp32"] = "auto", devices: int = 1) -> "Fabric":
    """Fabric on the best device there is; several devices talk by gloo on CPUs, nccl on GPUs."""
    from lightning_fabric import Fabric  # here, because it takes as long as torch

    # Fabric announces its precision at every start; the plan says it already.
    logging.getLogger("lightning_fabric.utilities.rank_zero").setLevel(logging.WARNING)
    bf16 = precision == "bf16" or (precision == "auto" and _has_bf16())
    return Fabric(
        accelerator="cuda" if torch.cuda.is_available() else "cpu",
        devices=devices,
        strategy="ddp_spawn" if devices > 1 else "auto",
        precision="bf16-mixed" if bf16 else "32-true",
    )


def _has_bf16() -> bool:
    """Whether bf16 is faster than fp32 here: GPUs since Ampere, CPUs with bf16 dot products or AMX."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())

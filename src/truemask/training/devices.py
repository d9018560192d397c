"""Where and in what precision to compute: Lightning Fabric, with the choices that suit CPUs too."""

from typing import Literal, cast

import torch
from lightning.fabric import Fabric


def make_fabric(precision: Literal["auto", "bf16", "fp32"] = "auto", devices: int = 1) -> Fabric:
    """Fabric on the best device there is; several devices talk by gloo on CPUs, nccl on GPUs."""
    if precision == "auto":
        precision = "bf16" if _has_bf16() else "fp32"
    return Fabric(
        accelerator="cuda" if torch.cuda.is_available() else "cpu",
        devices=devices,
        strategy="ddp_spawn" if devices > 1 else "auto",
        precision=cast("Literal['bf16-mixed', '32-true']", {"bf16": "bf16-mixed", "fp32": "32-true"}[precision]),
    )


def _has_bf16() -> bool:
    """Whether bf16 is faster than fp32 here: GPUs since Ampere, CPUs with bf16 dot products or AMX."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capable: bool = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()  # noqa: SLF001
    return capable

"""Which encoders segmentation-models-pytorch can build a decoder on."""

from difflib import get_close_matches

import segmentation_models_pytorch as smp
import timm

from truemask.types import BadInput


def known_encoder(name: str) -> str:
    """`name`, if smp knows it, or timm behind the prefix `tu-`.

    Raises:
        BadInput: if neither does.
    """
    names = smp.encoders.get_encoder_names()
    if name in names or (name.startswith("tu-") and timm.is_model(name.removeprefix("tu-"))):
        return name
    timms = [f"tu-{model}" for model in timm.list_models()] if name.startswith("tu-") else []
    near = get_close_matches(name, [*names, *timms], n=3) or ["resnet34", "mobilenet_v2", "tu-convnext_tiny"]
    raise BadInput(
        f"no encoder called {name!r} in segmentation-models-pytorch, or in timm with tu- before its name;"
        f" near it: {', '.join(near)}"
    )

"""Files of a run: written under a temporary name, then renamed, so a kill leaves the old or the new."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from truemask.files import write_json, write_whole
from truemask.types import BadInput


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors (safetensors: no code inside) whole or not at all."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_whole(path, lambda fresh: save_file(plain, fresh))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Tensors of a file by name.

    Raises:
        BadInput: the file is missing.
    """
    if not path.is_file():
        raise BadInput(f"{path} is missing: not a finished run, or weights were removed; train again")
    tensors: dict[str, Tensor] = load_file(path)
    return tensors


def network_tensors(networks: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    """Weights and buffers of several networks under one roof: name/parameter."""
    return {
        f"{name}/{key}": tensor.clone()
        for name, network in networks.items()
        for key, tensor in network.state_dict().items()
    }


def load_networks(networks: Mapping[str, nn.Module], tensors: Mapping[str, Tensor]) -> None:
    """Put weights and buffers back where `network_tensors` found them."""
    for name, network in networks.items():
        prefix = f"{name}/"
        network.load_state_dict(
            {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        )


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimiser's state, tensor by tensor: index/quantity."""
    return {
        f"{index}/{quantity}": torch.as_tensor(value)
        for index, state in optimiser.state_dict()["state"].items()
        for quantity, value in state.items()
        if value is not None
    }


def load_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put an optimiser's state back; learning rates are set anew at every step."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, quantity = name.split("/")
        state.setdefault(int(index), {})[quantity] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


class Checkpoints:
    """The newest complete state of a run, in a folder of its own per epoch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, epoch: int, groups: Mapping[str, Mapping[str, Tensor]], state: Mapping[str, Any]) -> None:
        """Keep this state, then drop the older ones."""
        target = self.folder / f"epoch-{epoch:05d}"
        fresh = self.folder / "writing"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name, tensors in groups.items():
            write_tensors(fresh / f"{name}.safetensors", tensors)
        write_json(fresh / "state.json", state)
        shutil.rmtree(target, ignore_errors=True)
        fresh.replace(target)
        for older in self.folder.glob("epoch-*"):
            if older != target:
                shutil.rmtree(older)

    def read(self) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]] | None:
        """Tensors by group and the rest of the newest complete state, if there is one."""
        newest = max(self.folder.glob("epoch-*"), default=None)
        if newest is None:
            return None
        groups = {file.stem: load_file(file) for file in newest.glob("*.safetensors")}
        return groups, json.loads((newest / "state.json").read_text())

    def remove(self) -> None:
        """Drop everything: the run is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

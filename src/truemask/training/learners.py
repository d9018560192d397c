"""What learns in a run: networks, their averages, tensors beside them, and the optimiser over all."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from truemask.networks import build_network
from truemask.networks.knobs import with_knob
from truemask.seeds import seed_for
from truemask.training.blueprint import Blueprint, saying
from truemask.training.checkpoint import load_networks, load_optimiser, network_tensors, optimiser_tensors
from truemask.training.plan import Plan
from truemask.types import Problem

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from lightning_fabric.wrappers import _FabricOptimizer


class Learners:
    """Everything that the optimiser of a run moves; the only place that steps it.

    Args:
        fabric: device, precision, processes.
        problem: what the networks are to say.
        plan: of what architecture they are, and how they are stepped.
        blueprint: which of them the method asked for.
    """

    def __init__(self, fabric: "Fabric", problem: Problem, plan: Plan, blueprint: Blueprint) -> None:
        self._fabric, self._problem, self._plan = fabric, problem, plan
        self._outputs, self._dropout = blueprint.outputs, blueprint.dropout
        self._modules = {name: self._new_network(name) for name in blueprint.networks}
        self._predicts = [name for name, predicts in blueprint.networks.items() if predicts]
        self.parameters: Mapping[str, Tensor] = {
            name: nn.Parameter(value.clone().to(fabric.device))
            for name, (value, _) in blueprint.parameters.items()
        }
        """Tensors beside the networks, by name."""
        self._averages: dict[str, nn.Module] = {}
        if plan.ema is not None:
            self._averages = {n: deepcopy(m).to(fabric.device).eval() for n, m in self._modules.items()}
        wrapped = {}
        for name, module in self._modules.items():
            module.to(fabric.device).to(memory_format=torch.channels_last)
            prepared = torch.compile(module) if plan.compile else module
            wrapped[name] = fabric.setup_module(cast(nn.Module, prepared), move_to_device=False)
        self.networks: Mapping[str, nn.Module] = wrapped
        """As hooks call them: under the run's precision, gradients shared between processes."""
        self._raw_optimiser = _optimiser(plan, self._modules, self.parameters, blueprint)
        self._optimiser = cast("_FabricOptimizer", fabric.setup_optimizers(self._raw_optimiser))

    def bare(self, network: nn.Module) -> nn.Module:
        """One of `networks` without what precision and processes wrap around it."""
        return self._modules[next(name for name, other in self.networks.items() if other is network)]

    def predicting(self) -> dict[str, nn.Module]:
        """The networks that predict: averaged ones where the plan averages."""
        source = self._averages or self._modules
        return {name: source[name] for name in self._predicts}

    @property
    def rate(self) -> float:
        """The learning rate of the last step."""
        return float(self._raw_optimiser.param_groups[0]["lr"])

    def to_training_mode(self) -> None:
        """Dropout and batch statistics on."""
        for network in self._modules.values():
            network.train()

    # Moving them -------------------------------------------------------------------------------------

    def step(self, loss: Tensor, rate: float) -> None:
        """Backward, clip, optimiser step at this learning rate, averaged weights."""
        self._optimiser.zero_grad(set_to_none=True)
        self._fabric.backward(loss)
        self._share_gradients()
        if self._plan.clip is not None:
            for network in self._modules.values():
                nn.utils.clip_grad_norm_(network.parameters(), self._plan.clip)
        for group in self._raw_optimiser.param_groups:
            group["lr"] = rate * group["lr_scale"]
        self._optimiser.step()
        self._average()

    def redraw(self, stage: int, names: Iterable[str] | None = None) -> None:
        """New initial weights for these networks, or for all, as at a fresh start of a stage."""
        for name in self._modules if names is None else names:
            self._modules[name].load_state_dict(self._new_network(name, stage).state_dict())
            if name in self._averages:
                self._averages[name].load_state_dict(self._modules[name].state_dict())

    def forget_steps(self, name: str | None = None) -> None:
        """Drop what the optimiser remembers of a network's earlier steps, or of all."""
        if name is None:
            self._raw_optimiser.state.clear()
            return
        for weight in self._modules[name].parameters():
            self._raw_optimiser.state.pop(weight, None)

    def _average(self) -> None:
        if self._plan.ema is None:
            return
        with torch.no_grad():
            for name, average in self._averages.items():
                for mine, theirs in zip(
                    average.state_dict().values(), self._modules[name].state_dict().values(), strict=True
                ):
                    if mine.is_floating_point():
                        mine.lerp_(theirs, 1 - self._plan.ema)
                    else:
                        mine.copy_(theirs)

    # Between processes -------------------------------------------------------------------------------

    def _share_gradients(self) -> None:
        """Mean over processes of the gradients of tensors beside the networks; the networks share theirs."""
        if self._fabric.world_size == 1:
            return
        for tensor in self.parameters.values():
            mine = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
            tensor.grad = cast(Tensor, self._fabric.all_reduce(mine, reduce_op="mean"))

    def agree(self) -> None:
        """Make the tensors beside the networks the mean over processes: methods may change them as well."""
        for tensor in self.parameters.values():
            tensor.data.copy_(cast(Tensor, self._fabric.all_reduce(tensor.data.clone(), reduce_op="mean")))

    # On disk -----------------------------------------------------------------------------------------

    def weights(self) -> dict[str, Tensor]:
        """Weights and buffers of all networks and averages, copied."""
        return network_tensors(self._with_averages())

    def load_weights(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what `weights` gave."""
        load_networks(self._with_averages(), tensors)

    def state(self) -> dict[str, Mapping[str, Tensor]]:
        """All that a checkpoint needs of them, in groups."""
        return {
            "weights": self.weights(),
            "parameters": dict(self.parameters),
            "optimiser": optimiser_tensors(self._raw_optimiser),
        }

    def load_state(self, groups: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Put back what `state` gave."""
        self.load_weights(groups["weights"])
        load_optimiser(self._raw_optimiser, groups["optimiser"])
        for name, value in groups["parameters"].items():
            self.parameters[name].data.copy_(value)

    def _with_averages(self) -> dict[str, nn.Module]:
        return {**self._modules, **{f"average-{name}": average for name, average in self._averages.items()}}

    def _new_network(self, name: str, stage: int = 0) -> nn.Module:
        torch.manual_seed(seed_for("init", self._plan.network, name, self._plan.seed, stage))
        outputs = self._outputs.get(name)
        problem = self._problem if outputs is None else saying(outputs, self._problem)
        dropout = self._dropout.get(name)
        network = self._plan.network if dropout is None else with_knob(self._plan.network, "dropout", dropout)
        return build_network(network, problem)


def _optimiser(
    plan: Plan, modules: Mapping[str, nn.Module], parameters: Mapping[str, Tensor], blueprint: Blueprint
) -> torch.optim.Optimizer:
    """One optimiser for all networks and parameters; biases and norms are not decayed."""
    weights = [p for module in modules.values() for p in module.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in weights if p.ndim > 1], "weight_decay": plan.weight_decay, "lr_scale": 1.0},
        {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0, "lr_scale": 1.0},
    ]
    for name, (_, lr_scale) in blueprint.parameters.items():
        groups.append({"params": [parameters[name]], "weight_decay": 0.0, "lr_scale": lr_scale})
    if plan.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=plan.lr, momentum=plan.momentum)
    return torch.optim.AdamW(groups, lr=plan.lr)

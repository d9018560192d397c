"""How to train: everything that is not the method's own. A run is its data, its method and its plan."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from truemask.types import BadInput, Problem, Task

TURNS: Mapping[str, tuple[int, ...]] = {
    "none": (0,),
    "hflip": (0, 1),
    "flips": (0, 1, 2, 3),
    "dihedral": (0, 1, 2, 3, 4, 5, 6, 7),
}
"""Augmentations by name: which of the eight flips and quarter turns may be drawn (see geometry.py)."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Network, optimiser, schedule, views and precision of a run.

    Args:
        network: a name in NETWORKS, or "auto" for the task's small default.
        epochs: passes over the training rows, all stages together.
        repeats: times that a pass visits every row, each in another view; for large images seen in crops.
        batch_size: rows per step, over all processes.
        optimiser: adamw, or sgd (momentum as given).
        lr: peak learning rate.
        weight_decay: of every weight matrix; biases and norms are exempt.
        momentum: sgd only.
        schedule: onecycle (up for 30 %, down to nothing), cosine, step (x 0.1 at each milestone), constant.
        milestones: of `step`, as shares of the schedule's length.
        warmup_steps: linear warm-up from 0.001 of the rate, before any schedule.
        clip: largest norm of the gradient, each network on its own; None: unlimited.
        augment: none, hflip, flips, or dihedral (flips and quarter turns).
        jitter: largest relative change of contrast and shift of brightness, in standard deviations.
        size_px: longest side that images are reduced to on reading; None: as they are.
        crop_px: side of the square windows that training draws; None: whole images.
        precision: auto (bf16 where the hardware has it), bf16, or fp32.
        ema: decay of averaged weights that predict instead of the trained ones; None: off.
        val_share: share of the training rows kept aside, with the labels they were given, to select by.
        select: last epoch, or the best one on those noisy validation rows.
        seed: of weights, order and views. The noise has its own.
        workers: loader processes; 0 decodes in the training process.
        compile: torch.compile the networks (on CPUs eager bf16 is faster).
    """

    network: str = "auto"
    epochs: int = 20
    repeats: int = 1
    batch_size: int = 10
    optimiser: Literal["adamw", "sgd"] = "adamw"
    lr: float = 3e-3
    weight_decay: float = 1e-4
    momentum: float = 0.9
    schedule: Literal["onecycle", "cosine", "step", "constant"] = "onecycle"
    milestones: tuple[float, ...] = (0.75, 0.92)
    warmup_steps: int = 0
    clip: float | None = None
    augment: Literal["none", "hflip", "flips", "dihedral"] = "dihedral"
    jitter: float = 0.0
    size_px: int | None = None
    crop_px: int | None = None
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    ema: float | None = None
    val_share: float = 0.0
    select: Literal["last", "noisy_val"] = "last"
    seed: int = 0
    workers: int = 0
    compile: bool = False

    def __post_init__(self) -> None:
        rules = {
            "epochs": (self.epochs >= 1, "at least 1"),
            "repeats": (self.repeats >= 1, "at least 1"),
            "batch_size": (self.batch_size >= 1, "at least 1"),
            "lr": (self.lr > 0, "above 0"),
            "val_share": (0 <= self.val_share < 1, "in [0, 1)"),
            "jitter": (0 <= self.jitter < 1, "in [0, 1)"),
            "ema": (self.ema is None or 0 < self.ema < 1, "in (0, 1)"),
            "crop_px": (self.crop_px is None or self.crop_px >= 16, "at least 16"),
            "size_px": (self.size_px is None or self.size_px >= 16, "at least 16"),
        }
        for name, (holds, rule) in rules.items():
            if not holds:
                raise BadInput(f"plan: {name} must be {rule}, got {getattr(self, name)}")

    def changed(self, settings: Mapping[str, object]) -> "Plan":
        """This plan with some settings replaced; text is read by the setting's type.

        Raises:
            BadInput: a setting that does not exist, or a value of the wrong type.
        """
        hints = typing.get_type_hints(type(self))
        values = {}
        for name, value in settings.items():
            if name not in hints:
                raise BadInput(f"a plan has no setting {name!r}; there is: {', '.join(sorted(hints))}")
            values[name] = _read(name, value, hints[name])
        changed: dict[str, Any] = {**dataclasses.asdict(self), **values}
        return Plan(**changed)


def default_plan(problem: Problem) -> Plan:
    """Settings that learn the embedded data sets in about a minute on two cores."""
    if problem.task == Task.INSTANCE:
        return Plan(epochs=10, batch_size=8, lr=1e-3, clip=5.0, augment="hflip")
    if problem.task == Task.CLASSIFICATION:
        return Plan(epochs=20, batch_size=64, augment="none")
    return Plan(augment="dihedral" if problem.channels == 1 else "hflip")


def _read(name: str, value: object, hint: Any) -> object:
    """`value` as the type that a setting declares."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if value in (None, "none", "None") and type(None) in options:
        return None
    wanted = next(option for option in options if option is not type(None))
    if typing.get_origin(wanted) is Literal:
        if value in typing.get_args(wanted):
            return value
        raise BadInput(f"plan: {name} is one of {', '.join(typing.get_args(wanted))}; got {value!r}")
    try:
        if typing.get_origin(wanted) is tuple:
            parts = value.split(",") if isinstance(value, str) else list(typing.cast("list[object]", value))
            return tuple(float(str(part)) for part in parts)
        if wanted is bool:
            return {"true": True, "false": False}[str(value).lower()]
        return wanted(str(value))
    except (KeyError, TypeError, ValueError) as error:
        readable = getattr(wanted, "__name__", str(wanted))
        raise BadInput(f"plan: {name} is a {readable}; got {value!r}") from error

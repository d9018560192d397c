"""What losses cost, forward and backward, in time and memory: beside torch's cross entropy and the floor.

The floor is one copy of the logits: what reads them once and writes a gradient of their size can hardly do
with less. Every loss is averaged and its gradient taken, as in training.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
import typer
from torch import Tensor

from benchmarks.measure import Rounds, Spent, by_turns, spent
from benchmarks.report import Row, publish
from benchmarks.tensors import peak_tensor_bytes, synchronised
from truemask.losses import LOSSES, REGION_LOSSES
from truemask.losses.backward_correction import backward_correction
from truemask.losses.forward_correction import forward_correction
from truemask.types import IGNORE

SHAPES = {"label maps": (8, 21, 256, 256), "proposals": (512, 81)}
LEAST_S = 0.02
"""A round repeats what is quicker than this until it lasts as long: the clock's own noise is far below."""


def main(rounds: int = 15, device: str = "cpu", scale: float = 1.0) -> None:
    """Print the table and keep it in benchmarks/results/losses.json (or losses-DEVICE.json).

    Args:
        rounds: all losses take turns this many times.
        device: cpu or cuda.
        scale: of the sides of the label maps, to try it out.
    """
    rows: list[Row] = []
    for what, shape in SHAPES.items():
        size = tuple(round(side * scale) for side in shape[2:])
        rows += _measured(what, (*shape[:2], *size), rounds, torch.device(device))
    publish(
        "losses" if device == "cpu" else f"losses-{device}",
        "Losses, forward and backward",
        rows,
        settings={"rounds": rounds, "scale": scale, "threads": torch.get_num_threads(), "device": device},
        notes=[
            "over torch: times as long as torch's cross entropy in the same round (median); CPU: of CPU time",
            "floor: times as long as one copy of the logits; GB/s: bytes of logits read and gradient written",
            "peak: memory beyond the logits at any time, in sizes of the logits; their gradient is 1 of them",
        ],
    )


def _measured(what: str, shape: tuple[int, ...], rounds: int, device: torch.device) -> list[Row]:
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(shape, generator=rng).to(device).requires_grad_()
    labels = torch.randint(shape[1], (shape[0], *shape[2:]), generator=rng)
    labels[torch.rand(labels.shape, generator=rng) < 0.02] = IGNORE
    labels = labels.to(device)
    room = torch.empty_like(logits)
    region = REGION_LOSSES if len(shape) > 2 else {}
    work: dict[str, Callable[[], object]] = {
        "copy (floor)": lambda: room.copy_(logits.detach()),
        "torch": _step(lambda z, y: F.cross_entropy(z, y, ignore_index=IGNORE), logits, labels),
    }
    for name, loss in {**LOSSES, **_corrections(shape[1], device), **region}.items():
        work[name] = _step(loss, logits, labels)
    repeats = {name: _repeats(each, device) for name, each in work.items()}
    candidates = {name: _timed(each, repeats[name], device) for name, each in work.items()}
    taken = by_turns(candidates, rounds)
    peaks = {name: peak_tensor_bytes(each, device) for name, each in work.items()}
    size = logits.numel() * logits.element_size()
    return [
        {
            "shape": f"{what} {'x'.join(map(str, shape))}",
            "loss": name,
            "ms": per_call * 1e3,
            "over torch": _over(times, repeats[name], taken["torch"], repeats["torch"]),
            "CPU over torch": _cpu_over(times, repeats[name], taken["torch"], repeats["torch"]),
            "over floor": _over(times, repeats[name], taken["copy (floor)"], repeats["copy (floor)"]),
            "GB/s": 2 * size / per_call / 1e9,
            "peak": peaks[name] / size,
        }
        for name, times in taken.items()
        for per_call in [times.median_s / repeats[name]]
    ]


def _corrections(classes: int, device: torch.device) -> dict[str, Callable[..., Tensor]]:
    """The losses that need a transition matrix: here one label in five is wrong, every other as likely."""
    right = torch.eye(classes, device=device)
    transition = 0.8 * right + 0.2 * (1 - right) / (classes - 1)
    inverse = torch.linalg.inv(transition)
    return {
        "backward_correction": lambda z, y: backward_correction(z, y, inverse=inverse),
        "forward_correction": lambda z, y: forward_correction(z, y, transition=transition),
    }


def _step(loss: Callable[..., Tensor], logits: Tensor, labels: Tensor) -> Callable[[], object]:
    # Not backward(): in training nothing adds up at the logits.
    return lambda: torch.autograd.grad(loss(logits, labels).mean(), logits)


def _repeats(work: Callable[[], object], device: torch.device) -> int:
    work()
    once = spent(synchronised(work, device)).wall_s
    return max(1, round(LEAST_S / max(once, 1e-6)))


def _timed(work: Callable[[], object], repeats: int, device: torch.device) -> Callable[[], Spent]:
    def repeated() -> None:
        for _ in range(repeats):
            work()

    return lambda: spent(synchronised(repeated, device))


def _over(mine: Rounds, my_repeats: int, theirs: Rounds, their_repeats: int) -> float:
    return mine.over(theirs) * their_repeats / my_repeats


def _cpu_over(mine: Rounds, my_repeats: int, theirs: Rounds, their_repeats: int) -> float:
    return mine.cpu_over(theirs) * their_repeats / my_repeats


if __name__ == "__main__":
    typer.run(main)

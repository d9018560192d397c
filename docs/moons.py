"""The pictures of docs/why/moons.md: python -m docs.moons [maps] [losses] [sweep].

`maps` trains seven small networks first (half a minute); `losses` draws formulas, `sweep` committed results.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from truemask.bench.cells import cells
from truemask.bench.noisy import corrupted
from truemask.bench.results import mean_and_sd, read_results
from truemask.bench.tables import read_table
from truemask.commands.decision import decision_map
from truemask.data import Subset, open_dataset
from truemask.files import write_whole
from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.exponential_u import exponential_u
from truemask.report.decision_map import save_decision_maps
from truemask.training import Recipe, default_plan, train

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
POINTS = "moons:train=400,spread=0.1"
MISSING = "asymmetric:0.5,map=lower>upper"
SETTINGS: Mapping[str, object] = {
    "network": "mlp:hidden=32,depth=2",
    "epochs": 5,
    "repeats": 20,
    "batch_size": 100,
    "lr": 2e-2,
    "weight_decay": 0.0,
    "precision": "fp32",
}
"""As in tables/moons.toml for twice as long, and wider: of eight units a layer some die under any loss."""
UNLABELLED: Mapping[str, object] = {"unlabelled": 0}
COLUMNS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "cross entropy": ("ce", {}),
    "weighted": ("pu_weighted", UNLABELLED),
    "exponential": ("pu_exponential", UNLABELLED),
    "bootstrap": ("pu_bootstrap", UNLABELLED),
    "nnPU, prior given": ("pu_nonnegative", {**UNLABELLED, "prior": 0.5}),
}
"""Title, method and knobs of the networks that learn from positive and unlabelled points."""
LINES: Mapping[str, tuple[str, str, str]] = {
    "ce": ("#c2540a", "-", "o"),
    "weighted": ("#0b6bb8", "-", "s"),
    "exponential": ("#2e8b57", "-", "^"),
    "bootstrap": ("#7a4fa3", "--", "D"),
    "nnpu": ("#1f2430", ":", "v"),
    "plain_exponential": ("#6fb98f", "", "x"),
}
"""Colour, stroke and marker of each row of the table."""
_COLOURS = 128


def main(*names: str) -> None:
    """Draw the pictures named, or all."""
    pictures: Mapping[str, Callable[[Path], None]] = {"maps": maps, "losses": losses, "sweep": sweep}
    for name in names or pictures:
        pictures[name](PICTURES / f"moons-{name}.png")


def maps(path: Path) -> None:
    """Figure 1: what seven networks decide, and what each training point costs them."""
    clean = open_dataset(POINTS).split("train")
    given, _ = corrupted(clean, MISSING, 0)
    rows = range(len(clean))
    labelled = Subset(clean, [row for row in rows if given.labels(row) == clean.labels(row)])
    wanted = [
        ("complete, cross entropy", clean, "ce", {}),
        ("P + N, cross entropy", labelled, "ce", {}),
        *((f"P + U, {title}", given, method, knobs) for title, (method, knobs) in COLUMNS.items()),
    ]
    plan = default_plan(clean.problem).changed(SETTINGS)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for title, dataset, method, knobs in wanted:
            recipe = Recipe(dataset=dataset, method=method, knobs=knobs, plan=plan)
            trained = train(recipe, Path(folder) / title, show=False, tensorboard=False)
            found.append(decision_map(trained, dataset, title))
    save_decision_maps(found, path)
    with Image.open(path) as picture:
        flat = picture.convert("RGB").quantize(_COLOURS)
    write_whole(path, lambda fresh: flat.save(fresh, format="PNG", optimize=True))


def losses(path: Path) -> None:
    """Figure 2: the losses of one point against the network's output, and their derivatives."""
    output = torch.linspace(-5, 5, 401, dtype=torch.float64)
    curves: Mapping[str, tuple[Callable[[Tensor], Tensor], str, str]] = {
        "logistic, labelled positive": (lambda z: cross_entropy(z, _all(1)), "#c0392b", "-"),
        "logistic, unlabelled": (lambda z: cross_entropy(z, _all(0)), "#c2540a", "-"),
        "weighted by 0.5, unlabelled": (lambda z: 0.5 * cross_entropy(z, _all(0)), "#0b6bb8", "--"),
        "exponential, unlabelled": (lambda z: exponential_u(z, _all(0)), "#2e8b57", "-."),
    }
    figure = Figure(figsize=(8.4, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, (loss, colour, stroke) in curves.items():
        at = output.clone().requires_grad_()
        values = loss(torch.stack([-at, at], dim=1))
        (slope,) = torch.autograd.grad(values.sum(), at)
        for axes, drawn in ((left, values.detach()), (right, slope)):
            axes.plot(output, drawn, color=colour, linestyle=stroke, label=name)
    for axes, name in ((left, "loss"), (right, "derivative by f")):
        _plain(axes, "output f, where the logits are -f and f", name)
    left.legend(frameon=False, fontsize=8, loc="upper center")
    _write(figure, path)


def sweep(path: Path) -> None:
    """Accuracy against the share of positives without their label: mean and standard deviation over seeds."""
    table = read_table(ROOT / "tables" / "moons.toml")
    found, _ = read_results(ROOT / "tables" / "results", cells(table))
    shares = [_share(noise) for noise in table.noise]
    figure = Figure(figsize=(6.6, 3.8), layout="constrained")
    axes = figure.subplots()
    complete = [r.metrics["accuracy"] for r in found if r.cell.row == "ce" and r.cell.noise == "none"]
    axes.axhline(float(np.mean(complete)), color="#6b7280", linewidth=1, linestyle="--")
    axes.text(
        0.9, float(np.mean(complete)) + 0.006, "complete labels", ha="right", fontsize=8.5, color="#6b7280"
    )
    for place, row in enumerate(table.methods):
        under = [
            mean_and_sd(r.metrics["accuracy"] for r in found if (r.cell.row, r.cell.noise) == (row, noise))
            for noise in table.noise
        ]
        colour, stroke, marker = LINES[row]
        # A little apart, so that bars of neighbours can be told.
        moved = [share + 0.006 * (place - 2) for share in shares]
        means, sds = [mean for mean, _, _ in under], [sd for _, sd, _ in under]
        axes.errorbar(
            *(moved, means, sds),
            color=colour,
            linestyle=stroke,
            marker=marker,
            markersize=4,
            capsize=2,
            linewidth=1.4,
            elinewidth=0.8,
            label=row,
        )
    _plain(axes, "share of positives labelled as negative", "accuracy on 1,000 clean points")
    axes.set_ylim(0.45, 1)
    axes.legend(frameon=False, fontsize=8.5, loc="lower left")
    _write(figure, path)


def _all(label: int) -> Tensor:
    return torch.full((401,), label)


def _share(noise: str) -> float:
    """The rate that a spec of the table asks for: of the positives alone."""
    return 0.0 if noise == "none" else float(noise.partition(":")[2].partition(",")[0])


def _plain(axes: Any, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    axes.tick_params(labelsize=8.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e4e7ec", linewidth=0.7)
    axes.set_axisbelow(True)


def _write(figure: Figure, path: Path) -> None:
    write_whole(path, lambda fresh: figure.savefig(fresh, format="png", dpi=130))


if __name__ == "__main__":
    main(*sys.argv[1:])

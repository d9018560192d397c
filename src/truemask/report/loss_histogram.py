"""The figure of how hard labels are for a network: right and wrong ones apart."""

from pathlib import Path

import numpy as np

from truemask.files import write_whole
from truemask.metrics.label_losses import BIN_NATS, MOST_NATS, RIGHT, WRONG, LabelLosses

_COLOURS = {RIGHT: "#0b6bb8", WRONG: "#c2540a"}
_NAMES = {RIGHT: "right labels", WRONG: "wrong labels"}


def save_loss_histogram(losses: LabelLosses, title: str, path: Path) -> None:
    """Write the figure as the suffix of `path` says: png, svg or pdf."""
    from matplotlib.figure import Figure  # late: it takes half a second

    shares, found = losses.shares(), losses.compute()
    edges = np.arange(0, MOST_NATS + BIN_NATS / 2, BIN_NATS)
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for side, above in ((RIGHT, "right_above_gamma"), (WRONG, "wrong_above_gamma")):
        if np.isnan(shares[side]).any():
            continue
        count = int(losses.counts[side].sum())
        label = f"{count:,} {_NAMES[side]}; {found[above]:.1%} above {losses.gamma:g}"
        axes.stairs(shares[side], edges, fill=True, alpha=0.35, color=_COLOURS[side])
        axes.stairs(shares[side], edges, color=_COLOURS[side], label=label)
    axes.axvline(losses.gamma, color="#1f2430", linewidth=1, linestyle="--")
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_xlabel("cross entropy of the given label, nats (the last bin holds all above)")
    axes.set_ylabel("share of labels")
    axes.set_xlim(0, MOST_NATS)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    write_whole(path, lambda fresh: figure.savefig(fresh, format=path.suffix[1:] or "png", dpi=150))

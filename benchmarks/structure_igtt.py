"""iGTT's pseudo-labels for a prediction of 512 x 512 px: the search by matrix products, and closed forms."""

from collections.abc import Callable

import numpy as np
import torch
import typer

from benchmarks.measure import Rounds, Spent, by_turns, spent
from benchmarks.report import Goal, Row, publish
from truemask.structure.mean_threshold import grid_mask, mean_mask
from truemask.structure.skeleton_extraction import skeleton, skeleton_extraction
from truemask.structure.smoothing import smoothed
from truemask.structure.threshold_search import published_search, released_search

SIDE_PX = 512
REPEATS = 20
"""What takes well below a millisecond is done so many times a round."""


def main(rounds: int = 7) -> None:
    """Print the table and keep it in benchmarks/results/structure_igtt.json.

    Args:
        rounds: all candidates take turns this many times.
    """
    torch.set_num_threads(1)
    torch.manual_seed(0)
    field = smoothed(torch.randn(1, SIDE_PX, SIDE_PX), 4.0)
    probs = torch.sigmoid(3 * field / field.std() - 1)
    mask = mean_mask(probs)[0].numpy()
    rng = np.random.default_rng(0)
    work: dict[str, tuple[int, Callable[[], object]]] = {
        "released search, 30 thresholds": (1, lambda: released_search(probs, 30)),
        "released search, 100 thresholds": (1, lambda: released_search(probs, 100)),
        "published search, 30 thresholds": (1, lambda: published_search(probs, 30)),
        "closed form on the same grid of 30": (REPEATS, lambda: grid_mask(probs, 30)),
        "closed form: the mean": (REPEATS, lambda: mean_mask(probs)),
        "skeleton": (1, lambda: skeleton(mask)),
        "skeleton, jitter and sampling": (1, lambda: skeleton_extraction(mask, rng)),
    }
    taken = by_turns({name: _repeated(*each) for name, each in work.items()}, rounds)
    mean, times = taken["closed form: the mean"], work["closed form: the mean"][0]
    rows: list[Row] = [
        {
            "what": name,
            "ms": spent_.median_cpu_s / work[name][0] * 1e3,
            "over the mean": spent_.cpu_over(mean) * times / work[name][0],
        }
        for name, spent_ in taken.items()
    ]
    publish(
        "structure_igtt",
        f"iGTT's pseudo-labels, one image of {SIDE_PX} x {SIDE_PX} px",
        rows,
        settings={"rounds": rounds, "threads": 1, "device": "cpu"},
        goals=[
            Goal(f"{count} thresholds over the mean", 100, _over(taken, count, times), at_least=True)
            for count in (30, 100)
        ],
        notes=[
            "ms: processor time of an image, median over rounds; over the mean: in the same round, median",
            "both closed forms and the published search are tested to find the same mask up to the grid",
        ],
    )


def _repeated(repeats: int, work: Callable[[], object]) -> Callable[[], Spent]:
    def many() -> None:
        for _ in range(repeats):
            work()

    return lambda: spent(many)


def _over(taken: dict[str, Rounds], count: int, times: int) -> float:
    return taken[f"released search, {count} thresholds"].cpu_over(taken["closed form: the mean"]) * times


if __name__ == "__main__":
    typer.run(main)

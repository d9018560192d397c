"""`theory`: the lemmas and theorems on meta-structures as experiments that can come out either way.

Luo, Liu, Guo & Yang, Deep Neural Networks Learn Meta-Structures from Noisy Labels in Semantic Segmentation,
AAAI 2022, arXiv:2103.11594.
"""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float64, UInt8
from rich.console import Console
from rich.table import Table as Grid

from truemask.noise import corrupt, parse
from truemask.noise.transition import symmetric
from truemask.report.density_figure import FORMATS, Column, save_density_figure
from truemask.structure.decoding import nearest_class
from truemask.structure.density import local_shares
from truemask.structure.distinguish import distinct_rows, label_worth, rank
from truemask.structure.label_structure import LabelStructure
from truemask.structure.mixture import check_mixture
from truemask.structure.windows import Window
from truemask.types import BadInput, Problem, Task

TWO = Problem(Task.SEMANTIC, ("background", "figure"), background=0)
THREE = Problem(Task.SEMANTIC, ("ground", "rectangle", "circle"), background=0)
SIDE_PX = 256
WINDOW = Window("gaussian", 8)
SURE = 4.0
"""Standard errors by which two rows must differ to count as two."""


def scene() -> UInt8[np.ndarray, "h w"]:
    """256 x 256 px: 0 outside, 1 in a rectangle, 2 in a circle within it."""
    labels = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    labels[40:216, 28:228] = 1
    cv2.circle(labels, (128, 128), 58, 2, -1)
    return labels


def draw_figure(out: Path, *, flip: float, seed: int) -> None:
    """Figure 6 of the paper: clean labels, labels flipped (rank 2), random labels (rank 1).

    Raises:
        BadInput: if the figure's format is not known, or `flip` is no rate.
    """
    if out.suffix not in FORMATS:
        raise BadInput(f"{out}: a figure is written as {', '.join(FORMATS)}")
    truth = (scene() == 1).astype(np.uint8)
    columns = []
    for title, spec, transition in (
        ("true labels", "none", np.eye(2)),
        (f"{flip:.0%} flipped", f"flip:{flip:g}", symmetric(2, flip)),
        ("random labels", "flip:0.5", symmetric(2, 0.5)),
    ):
        labels = _noisy(truth, spec, TWO, seed)
        shares = local_shares(labels, 2, WINDOW)[1]
        columns.append(Column(title, labels, transition, rank(transition), shares))
    title = f"A circle in a rectangle; densities in a {WINDOW.shape} window of {WINDOW.bandwidth_px:g} px"
    save_density_figure(columns, title, out)
    print(f"{out}: figure 6 of Luo et al. (AAAI 2022), drawn anew")


def print_theory(*, seed: int) -> None:
    """Print all experiments, with what they say of the paper's claims."""
    for title, claim, columns, rows in (
        (
            "Lemma 1: densities of noisy labels are mixtures of those of the true classes",
            "Holds where z is about 1: measured densities are as far off as chance allows. The last "
            "three are "
            "no pixel noise, and the lemma does not speak of them: z says how wrong it would be.",
            ("labels", "rms z", "rms gap"),
            lemma_1(seed),
        ),
        (
            "Lemma 2: as many classes can be told apart as the matrix has ranks",
            "Does not hold in general: the third matrix has rank 2, and three classes are found. What "
            "counts is "
            "how many rows differ; rank counts what can be told of mixtures.",
            ("matrix", "rank", "rows that differ", "classes found"),
            lemma_2(seed),
        ),
        (
            "Theorem 1: the more outlines are biased, the more the densities change",
            "Holds for each kind of bias if the last column grows from row to row of that kind.",
            ("labels", "labels changed", "bias, px", "densities changed"),
            theorem_1(seed),
        ),
        (
            "Theorem 2: full rank keeps all of the meaning",
            "Holds with labels enough only: every matrix here has full rank. `right`: pixels whose class "
            "can be "
            "read back from densities, with so many label maps of the same scene laid over one another.",
            ("flipped", "worth of a label", "right, 1 map", "right, 30 maps"),
            theorem_2(seed),
        ),
    ):
        console = Console(highlight=False)
        grid = Grid(title=title, title_justify="left")
        for at, column in enumerate(columns):
            grid.add_column(column, justify="right" if at else "left")
        for row in rows:
            grid.add_row(*row)
        console.print(grid)
        console.print(claim, markup=False)
        console.print()


def lemma_1(seed: int) -> list[tuple[str, ...]]:
    """Spec of labels, z of the check, distance of measured and predicted densities."""
    truth = scene()
    rows: list[tuple[str, ...]] = []
    for spec in (
        "flip:0.1",
        "flip:0.45",
        "flip:0.6",
        "flip:0.3+sample:0.3",
        "dilate:2",
        "erode:4",
        "skeleton",
    ):
        found = LabelStructure(3)
        noisy = _noisy(truth, spec, THREE, seed)
        found.add(noisy, truth)
        checked = check_mixture(noisy, truth, found.transition, WINDOW)
        z = "-" if np.isnan(checked.rms_z) else f"{checked.rms_z:.2f}"
        rows.append((spec, z, f"{checked.rms_gap:.4f}"))
    return rows


def lemma_2(seed: int) -> list[tuple[str, ...]]:
    """Matrix, its rank, its different rows, and classes that densities of real draws tell apart."""
    truth = scene()
    rows: list[tuple[str, ...]] = []
    for text in (
        "0.8/0.1/0.1;0.1/0.8/0.1;0.1/0.1/0.8",
        "0.6/0.2/0.2;0.2/0.4/0.4;0.2/0.4/0.4",
        "0.8/0.1/0.1;0.1/0.8/0.1;0.45/0.45/0.1",
        "0.4/0.3/0.3;0.4/0.3/0.3;0.4/0.3/0.3",
    ):
        matrix = np.array([[float(cell) for cell in line.split("/")] for line in text.split(";")])
        found = LabelStructure(3)
        found.add(_noisy(truth, f"matrix:{text}", THREE, seed), truth)
        least = SURE * 1.5 * float(np.sqrt(0.25 / found.counts.sum(axis=1).min()))
        told = distinct_rows(found.transition, least_gap=least)
        rows.append((text, str(rank(matrix)), str(distinct_rows(matrix)), str(told)))
    return rows


def theorem_1(seed: int) -> list[tuple[str, ...]]:
    """Labels, how many changed, how far outlines moved, how much densities changed (total variation)."""
    truth = (scene() == 1).astype(np.uint8)
    window = Window("gaussian", 4)
    clean = local_shares(truth, 2, window)
    rows: list[tuple[str, ...]] = []
    kinds = (*(f"dilate:{px}" for px in (1, 2, 4, 8)), *(f"erode:{px}" for px in (1, 2, 4, 8)), "skeleton")
    for spec in kinds:
        noisy = _noisy(truth, spec, TWO, seed)
        found = LabelStructure(2)
        found.add(noisy, truth)
        bias = found.outlines.bias_px(1)
        changed = float(np.abs(local_shares(noisy, 2, window) - clean).sum(axis=0).mean() / 2)
        rows.append(
            (spec, f"{found.wrong_share:.1%}", "-" if np.isnan(bias) else f"{bias:+.1f}", f"{changed:.4f}")
        )
    return rows


def theorem_2(seed: int) -> list[tuple[str, ...]]:
    """Flip rate, worth of a label, and the share of pixels read back right from 1 and from 30 maps."""
    truth = (scene() == 1).astype(np.uint8)
    rows: list[tuple[str, ...]] = []
    for rate in (0.1, 0.4, 0.45, 0.48, 0.49):
        matrix = symmetric(2, rate)
        draws = [local_shares(_noisy(truth, f"flip:{rate}", TWO, seed, str(i)), 2, WINDOW) for i in range(30)]
        one, all_of_them = draws[0], np.asarray(np.mean(draws, axis=0), np.float32)
        right = [f"{_right(shares, matrix, truth):.1%}" for shares in (one, all_of_them)]
        rows.append((f"{rate:.0%}", f"{label_worth(matrix)[0, 1]:.4f}", *right))
    return rows


def _right(shares: np.ndarray, matrix: Float64[np.ndarray, "k k"], truth: UInt8[np.ndarray, "h w"]) -> float:
    return float((nearest_class(shares, matrix) == truth).mean())


def _noisy(
    truth: UInt8[np.ndarray, "h w"], spec: str, problem: Problem, seed: int, key: str = "scene"
) -> UInt8[np.ndarray, "h w"]:
    labels = corrupt(truth, parse(spec), problem=problem, seed=seed, key=key)
    return np.asarray(labels, dtype=np.uint8)

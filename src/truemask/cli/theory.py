"""`truemask theory`: claims put to the test."""

from pathlib import Path
from typing import Annotated

import typer

from truemask.cli.options import SeedOption

theory_app = typer.Typer(
    help="What is claimed of noisy label maps, as experiments that may fail.", no_args_is_help=True
)


@theory_app.command("check")
def theory_check(seed: SeedOption = 0) -> None:
    """Lemmas 1 and 2 and theorems 1 and 2 on meta-structures, each put to the test."""
    from truemask.commands.theory import print_theory

    print_theory(seed=seed)


@theory_app.command("figure")
def theory_figure(
    out: Annotated[Path, typer.Option(help="figure to write: png, svg or pdf")] = Path("figure6.png"),
    flip: Annotated[float, typer.Option(help="share of the labels flipped in the middle column")] = 0.3,
    seed: SeedOption = 0,
) -> None:
    """A circle in a rectangle: true labels, flipped ones, random ones; their matrices and densities."""
    from truemask.commands.theory import draw_figure

    draw_figure(out, flip=flip, seed=seed)


@theory_app.command("budget")
def theory_budget(
    results: Annotated[Path, typer.Option(help="folder of all results")] = Path("tables/results"),
) -> None:
    """The label budget against networks trained on more and more images: where it is right, and where not."""
    from truemask.commands.label_budgets import print_budgets

    print_budgets(results)

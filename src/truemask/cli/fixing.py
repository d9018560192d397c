"""`truemask fix`: findings become labels."""

from pathlib import Path
from typing import Annotated

import typer

from truemask.cli.options import LabelsOption, QuietOption, SourceArgument, SplitOption, TaskOption
from truemask.words import BadInput


def fix(
    source: SourceArgument,
    findings: Annotated[
        Path | None, typer.Argument(help="the folder that `audit` made, or its findings.parquet")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            help="which findings to act on, such as precision=0.9,kind=swapped/missing, rank<=100, "
            "score>=0.8, class=cat or decisions=FILE; all conditions of a rule hold, of several rules one"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder to make")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be changed")] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="take a fix back: SOURCE is the folder that it made")
    ] = False,
    split: SplitOption = None,
    labels: LabelsOption = None,
    task: TaskOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write SOURCE with the labels that accepted findings propose, in its own format, and an account of it.

    Only the training split is touched, unless --split names another. What is not accepted becomes weights
    for `train --weights`.
    """
    from truemask.bench.sources import Source
    from truemask.commands.fixing import fix_source, undo_fix

    named = Source(source, labels, task, split)
    if undo:
        undo_fix(named, out)
    elif findings is None:
        raise BadInput(
            "fix needs the findings of an audit: truemask fix SOURCE AUDIT --accept RULE --out NEW"
        )
    else:
        fix_source(named, findings, accept or [], out, dry=dry_run, show=not quiet)

"""Findings become labels, and somebody looks before: `truemask fix` and `truemask spot-check`."""

from pathlib import Path
from typing import Annotated

import typer

from truemask.cli.options import (
    LabelsOption,
    QuietOption,
    SeedOption,
    SourceArgument,
    SplitOption,
    TaskOption,
)
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


def spot_check(
    source: SourceArgument,
    audit: Annotated[Path, typer.Argument(help="the folder that `audit` made")],
    each: Annotated[int, typer.Option(help="findings to decide about, of each list", min=1)] = 80,
    decisions: Annotated[
        Path | None, typer.Option(help="what was decided: a file of JSON lines, as the page saves it")
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(help="with --decisions: keep findings as far as this share of them is expected wrong"),
    ] = None,
    groups: Annotated[
        Path | None, typer.Option(help="with --decisions: the groups that the audit looked at, as there")
    ] = None,
    seed: SeedOption = 0,
    split: SplitOption = None,
    labels: LabelsOption = None,
    task: TaskOption = None,
    quiet: QuietOption = False,
) -> None:
    """How far each list of an audit can be trusted, by what somebody decides about a sample of it.

    Without --decisions, writes a page with findings of each list to decide about; with them, their lists are
    calibrated anew, and `fix --accept precision=` goes by that.
    """
    from truemask.bench.sources import Source
    from truemask.commands.spot_checking import draw_sample, take_decisions

    named = Source(source, labels, task, split)
    if decisions is None and precision is not None:
        raise BadInput("--precision cuts lists by what was decided: name the file with --decisions")
    if decisions is None:
        draw_sample(named, audit, each=each, seed=seed, show=not quiet)
    else:
        take_decisions(named, audit, decisions, precision=precision, groups=groups)

"""Arguments and options that several commands share."""

from typing import Annotated, Any

import typer

from truemask.words import BadInput, Task

SourceArgument = Annotated[str, typer.Argument(help="a folder, a COCO file, an npz, or an embedded name")]
LabelsOption = Annotated[
    str | None, typer.Option("--labels", help="which label folder or array, where there are several")
]
TaskOption = Annotated[
    Task | None, typer.Option("--task", help="where the labels can serve more than one task")
]
SplitOption = Annotated[str | None, typer.Option("--split", help="train, val, test, ...")]
HoldoutOption = Annotated[
    float | None,
    typer.Option(
        "--holdout",
        help="share of the images kept aside for testing, the same in every version of the labels",
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", help="same seed, same result")]
MethodOption = Annotated[str, typer.Option("--method", help="how to learn: `truemask methods` lists them")]
WithOption = Annotated[
    list[str] | None, typer.Option("--with", help="a knob of the method, such as q=0.5; may be repeated")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="a setting of the plan, such as lr=0.001; may be repeated")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="no progress bars")]


def pairs(option: str, texts: list[str] | None) -> dict[str, Any]:
    """name=value texts of a repeatable option as a mapping."""
    found: dict[str, Any] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadInput(f"{option} takes name=value, such as {option} lr=0.001; got {text!r}")
        found[name.strip().replace("-", "_")] = value.strip()
    return found

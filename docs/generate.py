"""Writes the pages of docs/reference from the package's own tables: python -m docs.generate.

Nothing here knows a single method, noise or command by name: a new row shows up by itself, and
tests/test_docs.py fails until the pages are written anew.
"""

import dataclasses
import inspect
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal

import typer
from jaxtyping import AbstractArray

from docs import gallery as pictures
from docs.docstrings import alternatives, arguments, code, first_line, named, said, source, table
from truemask.audit import AUDIT_SCORES, KINDS, LEVELS, SCHEMA, Finding
from truemask.bench.keys import Elsewhere, Published, TrainOn, Trusted
from truemask.bench.tables import Table
from truemask.cli import app
from truemask.data import FORMATS
from truemask.data.embedded import EMBEDDED
from truemask.data.formats.class_file import read_class_table
from truemask.losses import LOSSES, REGION_LOSSES, SOFT_LOSSES
from truemask.methods import METHODS, knobs_of
from truemask.methods.method import Method
from truemask.metrics import METRICS, metrics_for
from truemask.networks import NETWORKS
from truemask.noise import EVERY_NOISE, Changes, Manifest, spec
from truemask.noise.changes import KINDS as CHANGE_KINDS
from truemask.noise.knobs import Knob as NoiseKnob
from truemask.noise.knobs import knobs_of as knobs_of_noise
from truemask.noise.knobs import value_text
from truemask.noise.manifest import StepRecord
from truemask.noise.maps import CLASS_MAPS
from truemask.training import Plan
from truemask.types import Problem, Task

REFERENCE = Path(__file__).parent / "reference"
HEAD = "<!-- Written by `make docs`. Change the docstring or table that a line comes from, not this page. -->"
TICK, NO = "✓", "-"
REQUIRED = "must be given"


def methods() -> str:
    """Every method, the tasks it works on, and its knobs."""
    rows = [
        [f"[`{name}`](#{name})", *(TICK if task in method.tasks else NO for task in Task), first_line(method)]
        for name, method in METHODS.items()
    ]
    return _page(
        "Methods",
        "How to learn in spite of wrong labels: `truemask train SOURCE --method NAME --with KNOB=VALUE`.",
        "A tick is a test that runs: [test_every_method.py](../../tests/methods/test_every_method.py) trains "
        "each ticked pair through the real engine on embedded data, asserts what it learns, and takes its "
        "pairs from the same `tasks` as this matrix. How to add one: "
        "[write a method](../how-to/write-a-method.md).",
        table(["method", *Task, "what it does"], rows),
        *(_method(name, method) for name, method in METHODS.items()),
    )


def losses() -> str:
    """Every loss, with its knobs."""
    return _page(
        "Losses",
        "Logits and labels in, one value per unit out: "
        '`(logits "b k *space", labels "b *space", *, knobs) -> "b *space"`, 0 where a label is IGNORE '
        "(255), finite for logits of ±200. Reducing is the task's line.",
        *(_function(name, loss) for name, loss in LOSSES.items()),
        "## For soft targets",
        'The same for `targets "b k *space"`, a distribution over classes per unit; 0 where a target is all '
        "zeros.",
        *(_function(f"{name} (soft)", loss) for name, loss in SOFT_LOSSES.items()),
        "## Of whole regions",
        'One value per image, "b", instead of one per unit; 0 for an image without a label.',
        *(_function(name, loss) for name, loss in REGION_LOSSES.items()),
    )


def noises() -> str:
    """Every noise, what a spec looks like, and what a corruption leaves behind."""
    rows = [
        [f"[`{name}`](#{name})", code(row.example), row.level, _tasks(row.tasks), first_line(row.apply)]
        for name, row in EVERY_NOISE.items()
    ]
    maps = {name: ", ".join(f"{one} > {other}" for one, other in pairs) for name, pairs in CLASS_MAPS.items()}
    columns = arguments(Changes) | {"kind": alternatives(CHANGE_KINDS)}
    on_disk = {"source": "from", "target": "to", "masks": "mask"}
    return _page(
        "Noises",
        "What people do to labels, done on purpose: `truemask corrupt SOURCE SPEC OUT`. What the words mean: "
        "[noise types](../why/noise-types.md).",
        table(["noise", "example", "what changes together", "tasks", "what comes out"], rows),
        "## Specs",
        said(spec),
        *(_noise(name) for name in EVERY_NOISE),
        "## Named class maps",
        "For `asymmetric:RATE,map=NAME`.",
        named("map", maps),
        "## manifest.json",
        said(Manifest),
        named("key", arguments(Manifest)),
        "Each of `steps`:",
        named("key", arguments(StepRecord)),
        "## changes.parquet",
        "The list of changes, one row each: the truth that audits are scored against.",
        named("column", {on_disk.get(name, name): text for name, text in columns.items()}),
    )


def gallery() -> str:
    """Every noise on the same photo."""
    levels = list(dict.fromkeys(row.level for row in EVERY_NOISE.values()))
    chapters = [
        block
        for level in levels
        for block in (
            f"## {_CHAPTERS[level]}",
            *(_seen(n) for n, row in EVERY_NOISE.items() if row.level == level),
        )
    ]
    return _page(
        "Noise gallery",
        "Each noise with its example on the same photo of `scenes`, which people labelled like this:",
        _picture("none", "The photo with its true labels, as a label map and as objects"),
        "Beside the noisy labels stands what changed: blue was added, orange was removed, yellow is another "
        "class, hatched is IGNORE. Noise on whole sets of images is shown on `digits`: a blue frame is an "
        "image from elsewhere, or a copy. All knobs in full: [noises](noises.md); which one is like yours: "
        "[noise types](../why/noise-types.md).",
        *chapters,
    )


def networks() -> str:
    """Every network, with its knobs."""
    rows = [[f"[`{name}`](#{name})", _tasks(row.tasks), row.description] for name, row in NETWORKS.items()]
    return _page(
        "Networks",
        "`--network NAME` or `--network NAME:knob=value,knob=value`; `auto` is the first of its task. All "
        "start from fresh weights; nothing is downloaded.",
        table(["network", "tasks", "what it is"], rows),
        *(_function(name, row.load()) for name, row in NETWORKS.items()),
    )


def metrics() -> str:
    """Every metric, what it means, and which task has it; the scores of an audit."""
    given = {name: metrics_for(problem).compute() for name, problem in _PROBLEMS.items()}
    rows = []
    for metric, meaning in METRICS.items():
        has_it = [
            name + " (per class)" * (metric not in values)
            for name, values in given.items()
            if any(metric == value.partition("/")[0] for value in values)
        ]
        rows.append([code(metric), ", ".join(has_it), meaning])
    return _page(
        "Metrics",
        "What `truemask evaluate` prints and tables show. A name says how it averages: `_dataset` from the "
        "pooled counts of all images, `_per_image` the mean over images. `iou_dataset/car` is the number of "
        "one class. IGNORE takes no part; undefined is NaN, printed `-`. Numbers called `oracle` pick their "
        "threshold on the labels they are tested on: upper bounds, never results.",
        table(["metric", "has it", "what it means"], rows),
        "## Scores of an audit",
        "With `truemask audit --truth`, where clean labels are known.",
        named("score", AUDIT_SCORES),
        "## findings.parquet",
        "What an audit found, one row each. How to read it: "
        "[audit your labels](../how-to/audit-your-labels.md).",
        _columns_of_findings(),
        "Levels:",
        named("level", LEVELS),
        "Kinds:",
        named("kind", KINDS),
    )


def data() -> str:
    """The embedded data sets with their options, and the formats on disk."""
    return _page(
        "Data",
        "Every command takes a path or an embedded name. On disk the format is detected; how to lay out your "
        "own: [bring your own data](../how-to/bring-your-own-data.md).",
        "## Embedded",
        "Made in seconds, the same for the same options: `organelles`, or `organelles:train=80,size=64`. "
        "`truemask data make NAME OUT` writes one to disk.",
        *(_embedded(name) for name in EMBEDDED),
        "## On disk",
        "Tried in this order.",
        table(["format", "what there is to see"], [[code(n), row.looks_like] for n, row in FORMATS.items()]),
        *(_format(name) for name in FORMATS),
        "### Class files",
        said(read_class_table),
    )


def cli() -> str:
    """Every command with its options; the settings of a plan; the keys of a table."""
    found = list(_commands(typer.main.get_command(app)))
    rows = [
        [f"[`{name}`](#{name.replace(' ', '-')})", first_line(_called(command))] for name, command in found
    ]
    return _page(
        "Command line",
        "Every command takes paths and embedded names alike. What you got wrong is one line on standard "
        "error and exit code 2, with nothing written. Outputs are written under another name and renamed: "
        "an interrupted command leaves the old or the new.",
        table(["command", "what it does"], rows),
        *(_command(name, command) for name, command in found),
        "## Settings of a plan",
        f"For `--set NAME=VALUE`, and `[plan]` in a table. {said(Plan)} Defaults are those of `Plan`; each "
        "task has its own on top (`truemask.training.default_plan`).",
        _settings(Plan),
        "## Keys of a table",
        f"{said(Table)} The file's name is the table's.",
        _keys(Table),
        "Each of `published`:",
        _keys(Published),
        "Each of `train_on`:",
        _keys(TrainOn),
        "`trusted`:",
        _keys(Trusted),
        "Each of `at`:",
        _keys(Elsewhere),
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "methods.md": methods,
    "losses.md": losses,
    "noises.md": noises,
    "noise-gallery.md": gallery,
    "networks.md": networks,
    "metrics.md": metrics,
    "data.md": data,
    "cli.md": cli,
}


def main() -> None:
    """Write all pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")
    print(f"docs/reference: {', '.join(PAGES)}")


_HOOKS = [name for name, hook in vars(Method).items() if inspect.isfunction(hook)]
_PROBLEMS = {
    "classification": Problem(Task.CLASSIFICATION, ("cat", "dog", "cow")),
    "classification of two": Problem(Task.CLASSIFICATION, ("cat", "dog")),
    "semantic": Problem(Task.SEMANTIC, ("road", "tree", "sky")),
    "semantic binary": Problem(Task.SEMANTIC, ("background", "cell"), background=0),
    "instance": Problem(Task.INSTANCE, ("background", "cat"), background=0),
}


_CHAPTERS: Mapping[str, str] = {
    "pixel": "Pixels",
    "boundary": "Outlines",
    "segment": "Whole segments and objects",
    "class": "Classes of images, pixels and objects",
    "annotator": "Annotators",
    "image": "Images and whole data sets",
}
"""What changes together, as a heading."""

_WORDS: Mapping[object, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    Path: "a path",
}
"""What may be written for a value of a plain type."""


def _page(title: str, *blocks: str) -> str:
    return "\n\n".join([HEAD, f"# {title}", *blocks]) + "\n"


def _section(title: str, *blocks: str) -> str:
    return "\n\n".join([f"## {title}", *blocks])


def _method(name: str, method: type[Method]) -> str:
    hooks = ", ".join(code(hook) for hook in _HOOKS if hook in vars(method))
    fills = f"Fills in {hooks}." if hooks else "Fills in no hook: their defaults amount to this."
    clean = " **Asks for rows whose labels were verified.**" if method.clean_labels else ""
    knobs = [
        [code(knob.name), code(_value(knob.default)), " or ".join(knob.kinds), knob.says]
        for knob in knobs_of(name)
    ]
    return _section(name, said(method), f"Source: {source(method)} {fills}{clean}", _knobs(knobs))


def _noise(name: str) -> str:
    row = EVERY_NOISE[name]
    told = arguments(row.apply)
    knobs = [
        [
            code(knob.name),
            _default(knob),
            _takes(knob),
            told[knob.keyword],
        ]
        for knob in knobs_of_noise(row.apply)
    ]
    declared = f", which `{row.declares}` declares" if row.declares else ""
    return _section(
        name,
        said(row.apply),
        f"As in `{row.example}`, on {_tasks(row.tasks)} labels. Formula: {row.formula}. "
        f"The manifest's `realised` counts {row.share_of}{declared}. Source: {row.source}.",
        _knobs(knobs),
    )


def _seen(name: str) -> str:
    """A noise in the gallery: its picture, and in short what it does."""
    row = EVERY_NOISE[name]
    knobs = [
        f"`{knob.name}` ({_takes(knob).removesuffix(', see right')}; {_default(knob)})"
        for knob in knobs_of_noise(row.apply)
    ]
    return "\n\n".join(
        [
            f"### {name}",
            _picture(name, f"{name}: the labels with the noise, and what changed"),
            f"{first_line(row.apply)} Here `{pictures.spec_of(name)}`; [all of it](noises.md#{name}).",
            f"Formula: {row.formula}. Knobs: {', '.join(knobs) or 'none'}. Source: {row.source}.",
        ]
    )


def _picture(name: str, alt: str) -> str:
    return f"![{alt}](../pictures/noises/{name}.png)"


def _function(name: str, function: Callable[..., Any]) -> str:
    """A section on a function whose keyword-only parameters are knobs."""
    hints, told = typing.get_type_hints(function), arguments(function)
    knobs = [
        [code(p.name), code(_value(p.default)), _kind(hints[p.name]), told.get(p.name, "")]
        for p in inspect.signature(function).parameters.values()
        if p.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    return _section(name, said(function), f"Source: {source(function)}", _knobs(knobs))


def _knobs(rows: list[list[str]]) -> str:
    if not rows:
        return "No knobs."
    columns = ["knob", "default", "takes", "what it does"]
    told = any(row[-1] for row in rows)
    return table(columns, rows) if told else table(columns[:-1], [row[:-1] for row in rows])


def _embedded(name: str) -> str:
    make = EMBEDDED[name]
    module = sys.modules[make.__module__]
    problem: Problem = module.PROBLEM
    options = ",".join(f"{p.name}={p.default}" for p in inspect.signature(make).parameters.values())
    facts = f"Task {problem.task}; classes {', '.join(problem.classes)}."
    choices = f"Options: {code(options)}." if options else "No options."
    return "\n\n".join([f"### {name}", said(module), said(make), f"{facts} {choices}"])


def _format(name: str) -> str:
    opening = FORMATS[name].open
    parts = [f"### {name}", said(sys.modules[opening.__module__]), said(opening)]
    if labels := arguments(opening).get("labels"):
        parts.append(f"`--labels`: {labels}")
    return "\n\n".join(parts)


def _columns_of_findings() -> str:
    told = arguments(Finding) | {
        "rank": "from 1 within a level; 1 is to be looked at first.",
        "level": alternatives(list(LEVELS)),
        "kind": f"{alternatives(list(KINDS))}; of a whole label map, the kind of most of its flagged pixels.",
        "rle": "COCO run-length code of those pixels.",
        **dict.fromkeys(("x0", "y0", "x1", "y1"), "a side of the tight box around those pixels."),
        **dict.fromkeys(("height", "width"), "of the whole image, which `rle` needs."),
    }
    rows = [[code(field.name), str(field.type), told[field.name]] for field in SCHEMA]
    return table(["column", "type", "what it holds"], rows)


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command by the words that call it; those of groups last."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _called(command: Any) -> Callable[..., Any]:
    return typing.cast(Callable[..., Any], inspect.unwrap(command.callback))


def _command(name: str, command: Any) -> str:
    called = _called(command)
    hints, signature = typing.get_type_hints(called), inspect.signature(called)
    usage, rows = [f"truemask {name}"], []
    for given in command.params:
        default = signature.parameters[given.name].default
        required = default is inspect.Parameter.empty
        is_option = given.param_type_name == "option"
        written = ", ".join(given.opts) if is_option else given.name.upper()
        if not is_option:
            usage.append(written if required else f"[{written}]")
        takes = "-" if is_option and hints[given.name] is bool else _kind(hints[given.name])
        rows.append([code(written), REQUIRED if required else code(_value(default)), takes, given.help or ""])
    if any(row[0].startswith("`--") for row in rows):
        usage.append("[OPTIONS]")
    parts = [said(called), f"```text\n{' '.join(usage)}\n```"]
    return _section(name, *parts, *([table(["", "default", "takes", "what it is"], rows)] if rows else []))


def _settings(settings: type) -> str:
    hints, told = typing.get_type_hints(settings), arguments(settings)
    rows = [
        [code(field.name), code(_value(field.default)), _kind(hints[field.name]), told[field.name]]
        for field in dataclasses.fields(settings)
    ]
    return table(["setting", "default", "takes", "what it is"], rows)


def _keys(record: Any) -> str:
    told = arguments(record)
    rows = [
        [code(name), REQUIRED if field.is_required() else code(_value(field.default)), told[name]]
        for name, field in record.model_fields.items()
        if name != "name"  # of a table: not in the file
    ]
    return table(["key", "default", "what it is"], rows)


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple):
        return ",".join(map(_value, value))
    return "" if value in (Path(), [], {}) else str(value)


def _kind(hint: Any) -> str:
    """What may be written for a value of this type."""
    options = [one for one in typing.get_args(hint) if one is not type(None)]
    if isinstance(hint, UnionType) or typing.get_origin(hint) is list:
        return " or ".join(map(_kind, options))
    if typing.get_origin(hint) is Literal:
        return alternatives(options)
    if typing.get_origin(hint) is tuple:
        return "numbers, joined by commas"
    if hint is Task:
        return alternatives(list(Task))
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        return "a tensor"
    return _WORDS[hint]


def _default(knob: NoiseKnob) -> str:
    return REQUIRED if knob.required else code("none" if knob.default is None else value_text(knob.default))


def _takes(knob: NoiseKnob) -> str:
    if isinstance(knob.kind, tuple):
        return alternatives(knob.kind)
    if knob.limits is not None:
        return knob.limits.what
    return "true or false" if knob.kind is bool else "pairs, see right"


def _tasks(tasks: Iterable[Task]) -> str:
    return ", ".join(task for task in Task if task in tasks)


if __name__ == "__main__":
    main()

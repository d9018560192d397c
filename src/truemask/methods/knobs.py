"""The knobs of a method: its dataclass fields, what its docstring says of them, and values read from text."""

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from truemask.methods.method import Method
from truemask.types import BadInput

KnobValue = int | float | bool | str | None
"""What a knob may be set to."""


@dataclass(frozen=True)
class Knob:
    """One setting of a method.

    Args:
        name: as in `--set name=value`.
        kinds: names of the types it takes: int, float, bool, str, none.
        default: its value if nothing is said.
        says: what it does, from the method's docstring.
    """

    name: str
    kinds: tuple[str, ...]
    default: KnobValue
    says: str


def knobs_of(method: type[Method]) -> tuple[Knob, ...]:
    """The knobs of a method class, in the order it declares them."""
    hints, said = typing.get_type_hints(method), _arguments(inspect.getdoc(method) or "")
    fields = dataclasses.fields(typing.cast("type[typing.Any]", method))
    return tuple(
        Knob(
            field.name,
            _kinds(hints[field.name]),
            typing.cast("KnobValue", field.default),
            said.get(field.name, ""),
        )
        for field in fields
    )


def read_knobs(name: str, method: type[Method], given: Mapping[str, object]) -> dict[str, KnobValue]:
    """Values of the types that the knobs declare; text is read as them.

    Raises:
        BadInput: a knob that the method does not have, or a value that is not of its type.
    """
    knobs = {knob.name: knob for knob in knobs_of(method)}
    for unknown in sorted(given.keys() - knobs.keys()):
        there = ", ".join(f"{knob.name}={_shown(knob.default)}" for knob in knobs.values())
        raise BadInput(
            f"{name} has no knob {unknown!r}; it has: {there}" if knobs else f"{name} has no knobs"
        )
    return {key: _read(name, knobs[key], value) for key, value in given.items()}


def check_share(method: str, knob: str, value: float) -> None:
    """Refuse a share outside [0, 1).

    Raises:
        BadInput: naming the method, the knob and its value.
    """
    if not 0 <= value < 1:
        raise BadInput(f"{method} needs 0 <= {knob} < 1, a share, got {knob}={value}")


def _read(method: str, knob: Knob, value: object) -> KnobValue:
    for kind in knob.kinds:
        try:
            return READERS[kind](value)
        except (KeyError, ValueError):
            continue
    wanted = " or ".join(knob.kinds)
    raise BadInput(f"{method}: {knob.name} takes {wanted} (default {_shown(knob.default)}), got {value!r}")


def _to_int(value: object) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(value)
    return int(value) if isinstance(value, int | float) else int(str(value))


def _to_float(value: object) -> float:
    if isinstance(value, bool):
        raise ValueError(value)
    return float(value) if isinstance(value, int | float) else float(str(value))


def _to_bool(value: object) -> bool:
    return {"true": True, "false": False}[str(value).lower()]


def _to_none(value: object) -> None:
    return {"none": None}[str(value).lower()]


READERS: Mapping[str, Callable[[object], KnobValue]] = {
    "none": _to_none,
    "bool": _to_bool,
    "int": _to_int,
    "float": _to_float,
    "str": str,
}
"""Types that a knob may have, narrowest first: what a knob of several types is read as."""


def _kinds(hint: object) -> tuple[str, ...]:
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    names = {"none" if option is type(None) else typing.cast("type", option).__name__ for option in options}
    return tuple(kind for kind in READERS if kind in names)


def _shown(value: KnobValue) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _arguments(doc: str) -> dict[str, str]:
    """What the `Args:` part of a docstring says of each name, on one line."""
    said: dict[str, str] = {}
    name = ""
    for line in doc.partition("Args:\n")[2].splitlines():
        indent, text = len(line) - len(line.lstrip()), line.strip()
        if indent == 4 and ": " in text:
            name, _, text = text.partition(": ")
            said[name] = text
        elif indent > 4:
            said[name] += f" {text}"
        else:
            break
    return said

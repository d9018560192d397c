"""`name:knob=value,knob=value`: a builder's signature read as a config."""

import inspect
from collections.abc import Callable, Mapping
from typing import Literal, get_args, get_origin, get_type_hints

from truemask.types import BadInput

Value = int | float | bool | str


def split_name(text: str) -> tuple[str, dict[str, str]]:
    """The name, and the knobs after its colon as they were written.

    Raises:
        BadInput: if a knob has no value, or stands there twice.
    """
    name, _, rest = text.partition(":")
    knobs: dict[str, str] = {}
    for part in rest.split(",") if rest else []:
        knob, equals, value = (piece.strip() for piece in part.partition("="))
        if not knob or not equals or not value:
            raise BadInput(
                f"{text!r}: {part.strip()!r} is not knob=value; write such as unet_small:base=8,depth=2"
            )
        if knob in knobs:
            raise BadInput(f"{text!r} sets {knob} twice; once is enough")
        knobs[knob] = value
    return name.strip(), knobs


def with_knob(text: str, knob: str, value: Value) -> str:
    """A network's name with one knob set, whatever it was before.

    >>> with_knob("mlp:depth=3,dropout=0.1", "dropout", 0.5)
    'mlp:depth=3,dropout=0.5'
    """
    name, knobs = split_name(text)
    return f"{name}:" + ",".join(f"{key}={own}" for key, own in {**knobs, knob: value}.items())


def read_knobs(name: str, builder: Callable[..., object], written: Mapping[str, str]) -> dict[str, Value]:
    """The knobs as values of the types that `builder`'s keyword-only parameters declare.

    Raises:
        BadInput: if the builder has no such knob, or the value is not of its type.
    """
    types = get_type_hints(builder)
    defaults = {
        knob: parameter.default
        for knob, parameter in inspect.signature(builder).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    for knob in written:
        if knob not in defaults:
            known = ", ".join(f"{knob}={default}" for knob, default in defaults.items()) or "none"
            raise BadInput(f"network {name} has no knob {knob!r}; there is: {known}")
    return {knob: _value(f"network {name}: {knob}", types[knob], text) for knob, text in written.items()}


def check_dropout(name: str, dropout: float) -> None:
    """Refuse a share outside [0, 1).

    Raises:
        BadInput: naming the network and the value.
    """
    if not 0 <= dropout < 1:
        raise BadInput(f"{name} needs 0 <= dropout < 1, a share, got dropout={dropout}")


def _value(what: str, kind: object, text: str) -> Value:
    if get_origin(kind) is Literal:
        if text in get_args(kind):
            return text
        raise BadInput(f"{what} is one of {', '.join(get_args(kind))}; got {text!r}")
    if kind is bool:
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise BadInput(f"{what} is true or false; got {text!r}")
    if kind is str:
        return text
    try:
        return int(text) if kind is int else float(text)
    except ValueError as error:
        raise BadInput(f"{what} is a {'whole ' if kind is int else ''}number; got {text!r}") from error

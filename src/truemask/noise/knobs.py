"""Knobs of noises: what a function's signature says about them, and their text in a spec."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Protocol, get_args, get_origin, runtime_checkable

from truemask.types import BadInput


@runtime_checkable
class Readable(Protocol):
    """A knob with a text of its own: `str` writes what `parse` reads."""

    @classmethod
    def parse(cls, text: str) -> "Readable":
        """The value that the text stands for."""


Value = float | int | bool | str | Readable | None
"""What a knob can be set to."""


@dataclass(frozen=True)
class Range:
    """The values that a number may have, both ends included, and what it is."""

    low: float
    high: float
    what: str


Rate = Annotated[float, Range(0.0, 1.0, "a share from 0 to 1")]
RadiusPx = Annotated[int, Range(0.0, 255.0, "whole pixels from 0 to 255")]


@dataclass(frozen=True)
class Knob:
    """A keyword of a noise's function.

    Args:
        name: as written in a spec (a trailing underscore of the function's keyword left out).
        keyword: as the function has it.
        kind: float, int, bool, or a class with `parse`; or the words there are to choose from.
        limits: of a number.
        default: the value where the spec says nothing.
        required: the spec must say it.
    """

    name: str
    keyword: str
    kind: type | tuple[str, ...]
    limits: Range | None
    default: Value
    required: bool

    def read(self, text: str) -> Value:
        """The value that `text` stands for.

        Raises:
            BadInput: if it stands for none that this knob can have.
        """
        if isinstance(self.kind, tuple):
            if text not in self.kind:
                raise BadInput(f"{self.name} is one of {', '.join(self.kind)}; got {text!r}")
            return text
        if self.kind is bool:
            if text not in ("true", "false"):
                raise BadInput(f"{self.name} is true or false; got {text!r}")
            return text == "true"
        if self.kind in (float, int):
            return self._number(text)
        readable: Any = self.kind
        value: Value = readable.parse(text)
        return value

    def _number(self, text: str) -> float | int:
        assert self.limits is not None
        try:
            value = int(text) if self.kind is int else float(text)
        except ValueError as error:
            raise BadInput(f"{self.name} is {self.limits.what}; got {text!r}") from error
        if not self.limits.low <= value <= self.limits.high:
            percent = self.limits.high == 1 and 1 < value <= 100
            way_out = f"; for {text} % write {number_text(value / 100)}" if percent else ""
            raise BadInput(f"{self.name} is {self.limits.what}; got {text}{way_out}")
        return value


def value_text(value: Value) -> str:
    """The text that a knob reads as `value`.

    >>> value_text(True), value_text(0.30), value_text(1.0)
    ('true', '0.3', '1')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return number_text(value) if isinstance(value, float) else str(value)


def number_text(number: float) -> str:
    """The shortest text of exactly this number, without a point where it is whole."""
    return repr(number).removesuffix(".0")


@lru_cache(maxsize=128)
def knobs_of(function: Callable[..., object]) -> tuple[Knob, ...]:
    """The keyword-only parameters of a noise, in order; the first is the one that a spec need not name."""
    parameters = inspect.signature(function).parameters.values()
    return tuple(_knob(one) for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY)


def _knob(parameter: inspect.Parameter) -> Knob:
    kind, limits = _kind(parameter.annotation)
    required = parameter.default is inspect.Parameter.empty
    name = parameter.name.rstrip("_")
    return Knob(name, parameter.name, kind, limits, None if required else parameter.default, required)


def _kind(annotation: Any) -> tuple[type | tuple[str, ...], Range | None]:
    if get_origin(annotation) is Annotated:
        kind, limits = get_args(annotation)
        return kind, limits
    if get_origin(annotation) is Literal:
        return get_args(annotation), None
    if isinstance(annotation, UnionType) or NoneType in get_args(annotation):
        (given,) = (one for one in get_args(annotation) if one is not NoneType)
        return _kind(given)
    return annotation, None

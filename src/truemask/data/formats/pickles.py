"""Pickles without running them: plain values and arrays are read, everything else is refused.

A pickle is a program, and Python's own reader would let it call what it likes. This one knows the few steps
by which dictionaries, lists, texts, numbers and numpy arrays are built, and calls nothing. It also knows
where in the file a number stands, so that a copy can have others and be the same in all else.
"""

import pickletools
import re
import warnings
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from truemask.types import BadInput

_ARRAY = frozenset({("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct")})
_BUFFER = frozenset({("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer")})
_DTYPE = re.compile(r"[|<>=]?[uib][1248]")
_ORDERS = ("<", ">", "|")
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, MemoryError)
_MARK = object()


class Byte(int):
    """A number that stands in its file as one byte, at `at`."""

    at: int


class _Name(tuple[str, str]):
    """A module and what it names there; never looked up."""


class _Dtype:
    def __init__(self, spec: str) -> None:
        self.spec = spec
        self.order = "|"


class _Array:
    def __init__(self) -> None:
        self.values = np.zeros(0, dtype=np.uint8)


def read_pickle(content: bytes, path: Path) -> dict[str, Any]:
    """The dictionary in a pickle; byte strings are bytes, but for the keys, and arrays are numpy's.

    Raises:
        BadInput: naming `path`, if the pickle is broken, or holds anything but plain values and arrays.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of odd escapes in texts of damaged files
            said = _run(content)
        return {_text(key): _plain(value) for key, value in said.items()}
    except _BROKEN as error:
        raise BadInput(
            f"{path}: cannot be read as a pickle of numbers, texts and arrays ({str(error)[:80]}); replace it"
        ) from error


def _run(content: bytes) -> Any:
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for opcode, given, at in pickletools.genops(content):
        name, arg = opcode.name, cast(Any, given)  # what an opcode comes with, its name says
        if name == "BININT1":
            number = Byte(arg)
            number.at = (at or 0) + 1
            stack.append(number)
        elif name in _PUSHED:
            stack.append(arg)
        elif name in _BYTE_STRINGS:
            stack.append(arg.encode("latin-1"))
        elif name in _KEPT:
            memo[len(memo) if arg is None else arg] = stack[-1]
        elif name in _TAKEN:
            stack.append(memo[arg])
        elif name == "GLOBAL":
            stack.append(_Name(arg.split(" ", 1)))
        elif name in _STEPS:
            _STEPS[name](stack)
        elif name == "STOP":
            return stack.pop()
        elif name not in ("PROTO", "FRAME"):
            raise ValueError(f"it does more than hold values: {name}")
    raise ValueError("it has no end")


_BYTE_STRINGS = frozenset({"SHORT_BINSTRING", "BINSTRING"})
_PUSHED = frozenset(
    {
        *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
        "BYTEARRAY8",
        *("BININT", "BININT2", "LONG1", "BINFLOAT"),
    }
)
_KEPT = frozenset({"BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE"})
_TAKEN = frozenset({"BINGET", "LONG_BINGET", "GET"})


def _above_mark(stack: list[Any]) -> list[Any]:
    mark = len(stack) - 1
    while stack[mark] is not _MARK:
        mark -= 1
        if mark < 0:
            raise IndexError("no mark")
    values = stack[mark + 1 :]
    del stack[mark:]
    return values


def _tuple_of(count: int) -> Callable[[list[Any]], None]:
    def step(stack: list[Any]) -> None:
        stack[-count:] = [tuple(stack[-count:])]

    return step


def _append(stack: list[Any]) -> None:
    value = stack.pop()
    _list(stack[-1]).append(value)


def _appends(stack: list[Any]) -> None:
    values = _above_mark(stack)
    _list(stack[-1]).extend(values)


def _set_item(stack: list[Any]) -> None:
    value, key = stack.pop(), stack.pop()
    _dict(stack[-1])[key] = value


def _set_items(stack: list[Any]) -> None:
    values = _above_mark(stack)
    _dict(stack[-1]).update(zip(values[::2], values[1::2], strict=True))


def _stack_global(stack: list[Any]) -> None:
    stack[-2:] = [_Name(stack[-2:])]


def _reduce(stack: list[Any]) -> None:
    args = stack.pop()
    stack.append(_made(stack.pop(), args))


def _build(stack: list[Any]) -> None:
    state = stack.pop()
    _set_state(stack[-1], state)


_STEPS: Mapping[str, Callable[[list[Any]], None]] = {
    "EMPTY_DICT": lambda stack: stack.append({}),
    "EMPTY_LIST": lambda stack: stack.append([]),
    "EMPTY_TUPLE": lambda stack: stack.append(()),
    "NONE": lambda stack: stack.append(None),
    "NEWTRUE": lambda stack: stack.append(True),
    "NEWFALSE": lambda stack: stack.append(False),
    "MARK": lambda stack: stack.append(_MARK),
    "TUPLE": lambda stack: stack.append(tuple(_above_mark(stack))),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "APPEND": _append,
    "APPENDS": _appends,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "BUILD": _build,
}


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("something is added to what is no list")
    return value


def _dict(value: object) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise TypeError("something is set in what is no dictionary")
    return value


def _made(name: object, args: Any) -> object:
    """What the few calls that are known would return."""
    if name in _ARRAY:
        return _Array()
    if name in _BUFFER:
        made = _Array()
        made.values = _array(args[0], args[1], args[2], "F" if args[3] == "F" else "C")
        return made
    if name == ("numpy", "dtype"):
        return _Dtype(_text(args[0]))
    if name == ("_codecs", "encode") and args[1] in ("latin1", "latin-1"):
        encoded: bytes = args[0].encode("latin-1")
        return encoded
    if name in (("builtins", "bytes"), ("__builtin__", "bytes")) and args == ():
        return b""
    raise ValueError(f"it calls {'.'.join(name) if isinstance(name, _Name) else 'something'}")


def _set_state(value: object, state: Any) -> None:
    if isinstance(value, _Dtype):
        value.order = _text(state[1])
    elif isinstance(value, _Array):
        _, shape, dtype, fortran, data = state
        value.values = _array(data, dtype, shape, "F" if fortran else "C")
    else:
        raise TypeError("it builds something else than an array")


def _array(data: Any, dtype: object, shape: Any, order: Literal["C", "F"]) -> np.ndarray:
    if not isinstance(dtype, _Dtype) or not _DTYPE.fullmatch(dtype.spec) or dtype.order not in _ORDERS:
        raise ValueError("an array of other than whole numbers")
    kind = np.dtype(dtype.order + dtype.spec.lstrip("|<>="))
    if not isinstance(data, bytes | bytearray) or len(data) != prod(shape) * kind.itemsize:
        raise ValueError("an array whose size is not that of its values")
    return np.frombuffer(data, kind).reshape(shape, order=order)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise TypeError("a number where a text is expected")
    return value


def _plain(value: object) -> object:
    return value.values if isinstance(value, _Array) else value

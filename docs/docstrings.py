"""Docstrings and tables as Markdown."""

import inspect
import re
import sys
from collections.abc import Mapping, Sequence

Documented = object
"""A module, class or function with a docstring."""


def said(documented: Documented) -> str:
    """A docstring up to its Args or Raises."""
    return escaped(
        re.split(r"^(?:Args|Raises):$", _doc(documented), maxsplit=1, flags=re.MULTILINE)[0].strip()
    )


def first_line(documented: Documented) -> str:
    """What something is, in a line."""
    return escaped(_doc(documented).split("\n", maxsplit=1)[0])


def source(documented: type | object) -> str:
    """Authors, venue and arXiv id: the docstring of the module that something is from."""
    return escaped(" ".join(_doc(sys.modules[str(documented.__module__)]).split()))


def arguments(documented: Documented) -> dict[str, str]:
    """What the Args of a docstring say of each name, on one line."""
    told: dict[str, str] = {}
    names: list[str] = []
    for line in _doc(documented).partition("Args:\n")[2].splitlines():
        indent, text = len(line) - len(line.lstrip()), line.strip()
        if indent < 4:
            break
        if indent == 4:
            joined, _, text = text.partition(": ")
            names = joined.split(", ")
        for name in names:
            told[name] = f"{told.get(name, '')} {text}".strip()
    return {name: escaped(text) for name, text in told.items()}


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"

    return "\n".join([line(columns), line(["---"] * len(columns)), *map(line, rows)])


def named(heading: str, meanings: Mapping[str, str]) -> str:
    """A table of names and what they mean."""
    return table([heading, "what it means"], [[code(name), text] for name, text in meanings.items()])


def alternatives(words: Sequence[str]) -> str:
    """`a`, `b` or `c`."""
    return f"{', '.join(map(code, words[:-1]))} or {code(words[-1])}"


def code(text: str) -> str:
    """Text as it is typed; - where there is none."""
    return f"`{text}`" if text else "-"


def escaped(text: str) -> str:
    """Markdown that shows the text: `<split>` is no tag, outside of code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if at % 2 else part.replace("<", "&lt;") for at, part in enumerate(parts))


def _doc(documented: Documented) -> str:
    return inspect.getdoc(documented) or ""

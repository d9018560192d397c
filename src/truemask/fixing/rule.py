"""The rule that says which findings to act on: `precision=0.9,kind=swapped/missing,rank<=100`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Bool

from truemask.audit.calibration import within
from truemask.audit.findings import ACTIONS, KINDS, LEVELS
from truemask.types import BadInput

NUMBERS: Mapping[str, str] = {
    "score": "score",
    "p_wrong": "p_wrong",
    "rank": "rank",
    "area": "area_px",
}
"""Words that are compared by `<=` and `>=`, and the columns of findings that they mean."""

WORDS: Mapping[str, Mapping[str, str] | None] = {
    "level": LEVELS,
    "kind": KINDS,
    "action": ACTIONS,
    "image": None,
    "evidence": None,
}
"""Words that are compared by `=` and `!=`, and what they can be; None: anything."""

CLASSES: Mapping[str, tuple[str, ...]] = {
    "class": ("given", "proposed"),
    "given": ("given",),
    "proposed": ("proposed",),
}
"""Words that name classes: `class` is the given or the proposed one."""

EXAMPLE = "precision=0.9,kind=swapped/missing"
_CLAUSE = re.compile(r"\s*(\w+)\s*(<=|>=|!=|=)\s*(.*?)\s*")


@dataclass(frozen=True)
class Clause:
    """One condition.

    Args:
        word: what is compared.
        sign: how: `=`, `!=`, `<=` or `>=`.
        value: with what.
    """

    word: str
    sign: str
    value: str


@dataclass(frozen=True)
class Rule:
    """Conditions that a finding has to meet, all of them.

    Args:
        text: as it was given.
        clauses: of findings' columns.
        precision: expected share of errors among what is accepted; None: not asked for.
        decisions: a file of a reviewer's decisions, of which the accepted and edited ones are meant.
    """

    text: str
    clauses: tuple[Clause, ...]
    precision: float | None = None
    decisions: Path | None = None

    def selects(self, findings: pa.Table, approved: Bool[np.ndarray, "n"] | None) -> Bool[np.ndarray, "n"]:
        """Which of the findings meet all conditions.

        The precision is that of the findings which meet all the others.

        Args:
            findings: see `findings.SCHEMA`.
            approved: what a reviewer accepted; needed where the rule asks for decisions.

        Raises:
            BadInput: if a class does not exist, or a precision is asked for and nothing is calibrated.
        """
        chosen = np.ones(len(findings), bool)
        for clause in self.clauses:
            chosen &= _holds(clause, findings)
        if self.decisions is not None:
            assert approved is not None
            chosen &= approved
        if self.precision is not None:
            rows = np.flatnonzero(chosen)
            chosen = np.zeros(len(findings), bool)
            chosen[rows[within(findings.take(rows), self.precision)]] = True
        return chosen


def parse_rule(text: str) -> Rule:
    """A rule from its text: conditions with commas between them, values of one condition with slashes.

    Raises:
        BadInput: naming the condition that cannot be read.
    """
    clauses, precision, decisions = [], None, None
    for part in text.split(","):
        match = _CLAUSE.fullmatch(part)
        if match is None or not match[3]:
            raise BadInput(f"--accept {text!r}: {part.strip()!r} is no condition; such as {EXAMPLE}")
        clause = Clause(match[1], match[2], match[3])
        if clause.word == "decisions":
            _must_be("=", clause, text)
            decisions = Path(clause.value)
        elif clause.word == "precision":
            _must_be("=", clause, text)
            precision = _number(clause, text)
            if not 0 < precision <= 1:
                raise BadInput(f"--accept {text!r}: a precision is above 0 and at most 1")
        else:
            _check(clause, text)
            clauses.append(clause)
    return Rule(text, tuple(clauses), precision, decisions)


def _check(clause: Clause, text: str) -> None:
    if clause.word in NUMBERS:
        _must_be("<= >=", clause, text)
        _number(clause, text)
    elif clause.word in WORDS:
        _must_be("= !=", clause, text)
        known = WORDS[clause.word]
        wrong = [one for one in clause.value.split("/") if known is not None and one not in known]
        if wrong:
            raise BadInput(
                f"--accept {text!r}: no {clause.word} called {wrong[0]!r}; there is: {', '.join(known or ())}"
            )
    elif clause.word in CLASSES:
        _must_be("= !=", clause, text)
    else:
        words = ("precision", "decisions", *NUMBERS, *WORDS, *CLASSES)
        raise BadInput(f"--accept {text!r}: nothing called {clause.word!r}; there is: {', '.join(words)}")


def _must_be(signs: str, clause: Clause, text: str) -> None:
    if clause.sign not in signs.split():
        raise BadInput(
            f"--accept {text!r}: {clause.word} is compared by {' or '.join(signs.split())}, not {clause.sign}"
        )


def _number(clause: Clause, text: str) -> float:
    try:
        return float(clause.value)
    except ValueError as error:
        raise BadInput(f"--accept {text!r}: {clause.word} is a number; got {clause.value!r}") from error


def _holds(clause: Clause, findings: pa.Table) -> Bool[np.ndarray, "n"]:
    if clause.word in NUMBERS:
        values = np.array(findings[NUMBERS[clause.word]].to_pylist(), np.float64)
        bound = float(clause.value)
        # Scores are kept as float32: 0.9 there is less than 0.9 here.
        return values <= bound + 1e-6 if clause.sign == "<=" else values >= bound - 1e-6
    if clause.word in CLASSES:
        ids = class_ids(clause.value, classes_of(findings))
        columns = [findings[name].to_pylist() for name in CLASSES[clause.word]]
        found = np.array([not ids.isdisjoint(row) for row in zip(*columns, strict=True)], bool)
    else:
        wanted = set(clause.value.split("/")) | {clause.value}
        values = findings[clause.word].to_pylist()
        if clause.word == "evidence":  # may be several; one of them is enough
            found = np.array([not wanted.isdisjoint(value.split(", ")) for value in values], bool)
        else:
            found = np.array([value in wanted for value in values], bool)
    return found if clause.sign == "=" else ~found


def classes_of(findings: pa.Table) -> Sequence[str]:
    """The names of the classes that findings speak of, by id.

    Raises:
        BadInput: if the table does not say.
    """
    import json

    said = (findings.schema.metadata or {}).get(b"truemask.classes")
    if said is None:
        raise BadInput("the findings do not name their classes (truemask.classes): write them with truemask")
    names: list[str] = json.loads(said)
    return names


def class_ids(text: str, classes: Sequence[str]) -> set[int]:
    """The ids of classes named with slashes between them; a name may have a slash itself.

    Raises:
        BadInput: if there is no class of a name.
    """
    names = [text] if text in classes else text.split("/")
    for name in names:
        if name not in classes:
            raise BadInput(f"--accept: no class called {name!r}; there is: {', '.join(classes)}")
    return {classes.index(name) for name in names}

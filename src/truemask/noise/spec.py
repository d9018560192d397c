"""Noise specs: `miss:0.3+symmetric:0.2` names noises in the order in which they are applied.

    spec  = noise ("+" noise)* | "none" | "clean"
    noise = name [":" value] ("," knob "=" value)*

The value after the colon belongs to the noise's first knob. `str(spec)` is the canonical text: knobs in the
order of the function's signature, those left at their defaults left out, numbers at their shortest. Two specs
that mean the same have the same text, so it may name seeds, folders and table columns.
"""

import hashlib
import re
from dataclasses import dataclass
from difflib import get_close_matches

from truemask.noise.knobs import Knob, Value, knobs_of, value_text
from truemask.noise.table import EVERY_NOISE
from truemask.types import BadInput

_NOTHING = ("none", "clean")
_LONGEST_SLUG = 100


@dataclass(frozen=True)
class Step:
    """One noise with its knobs.

    Args:
        name: its row in EVERY_NOISE.
        settings: knob and value, in the order of the signature; knobs at their defaults are left out.
    """

    name: str
    settings: tuple[tuple[str, Value], ...]

    def __str__(self) -> str:
        first = knobs_of(EVERY_NOISE[self.name].apply)[:1]
        texts = [
            f":{value_text(value)}" if first and knob == first[0].name else f",{knob}={value_text(value)}"
            for knob, value in self.settings
        ]
        return self.name + "".join(texts)

    def knobs(self) -> dict[str, Value]:
        """The value of every knob, by the keyword that the noise's function has for it."""
        said = dict(self.settings)
        return {
            knob.keyword: said.get(knob.name, knob.default) for knob in knobs_of(EVERY_NOISE[self.name].apply)
        }


@dataclass(frozen=True)
class Spec:
    """Noises in the order in which they are applied; none at all leaves labels as they are."""

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return "+".join(map(str, self.steps)) or "none"

    @property
    def slug(self) -> str:
        """A name for files and folders on any system; different specs have different ones.

        >>> parse("miss:0.3+symmetric:0.2").slug
        'miss-0.3--symmetric-0.2'
        """
        text = str(self)
        slug = re.sub(r"[:,=]", "-", text.replace("+", "--"))
        if re.fullmatch(r"[a-z0-9_.:,=+]+", text) and len(slug) <= _LONGEST_SLUG:
            return slug
        tag = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
        return f"{re.sub(r'[^a-z0-9_.-]+', '_', slug.lower())[: _LONGEST_SLUG - 9]}-{tag}"


def parse(text: str) -> Spec:
    """The spec that a text stands for.

    Raises:
        BadInput: if a noise or knob is not known, a value is out of range, or a required one is missing.
    """
    parts = [part.strip() for part in text.split("+")]
    return Spec(tuple(_step(part) for part in parts if part not in _NOTHING))


def _step(text: str) -> Step:
    name, *settings = [part.strip() for part in re.split("[:,]", text, maxsplit=1)]
    if name not in EVERY_NOISE:
        raise BadInput(_unknown(name, text))
    knobs = {knob.name: knob for knob in knobs_of(EVERY_NOISE[name].apply)}
    said = _settings(name, ",".join(settings), knobs)
    missing = [knob.name for knob in knobs.values() if knob.required and knob.name not in said]
    if missing:
        raise BadInput(f"{name} needs {' and '.join(missing)}, such as {EVERY_NOISE[name].example}")
    apart = {knob: said[knob] for knob in knobs if knob in said and _says_something(knobs[knob], said[knob])}
    return Step(name, tuple(apart.items()))


def _settings(name: str, text: str, knobs: dict[str, Knob]) -> dict[str, Value]:
    said: dict[str, Value] = {}
    for place, part in enumerate(text.split(",") if text else ()):
        knob, value = _setting(name, place, part, list(knobs))
        if knob in said:
            raise BadInput(f"{name} is told its {knob} twice")
        try:
            said[knob] = knobs[knob].read(value)
        except BadInput as error:
            raise BadInput(f"{name}: {error}") from error
    return said


def _setting(name: str, place: int, part: str, knobs: list[str]) -> tuple[str, str]:
    knob, equals, value = (side.strip() for side in part.partition("="))
    if not equals and place == 0 and knobs:
        return knobs[0], knob
    if knob in knobs and equals:
        return knob, value
    there_is = f"it has: {', '.join(knobs)}" if knobs else "it has none"
    raise BadInput(f"{name} has no knob {knob!r}; {there_is}{_hint(knob, knobs)}")


def _says_something(knob: Knob, value: Value) -> bool:
    return knob.required or value != knob.default


def _unknown(name: str, text: str) -> str:
    if not text:
        return "a noise spec names noises joined by +, such as miss:0.3+symmetric:0.2; no noise is none"
    known = sorted(EVERY_NOISE)
    return f"no noise called {name!r}; there is: {', '.join(known)}, none{_hint(name, known)}"


def _hint(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""

"""Large JSON files entry by entry: what one entry needs stays in memory, never the whole file."""

import codecs
import json
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from truemask.types import BadInput

_CHUNK = 1 << 20
_TAIL = 16
"""A word such as -Infinity that breaks off at the end of a chunk is found wrong within its last letters."""
_SPACE = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_DECODE = json.JSONDecoder().raw_decode
_PROBED = 4


class Kind(Enum):
    """What a piece of a file is."""

    OPEN = "the text up to and with the [ of a list"
    ENTRY = "one entry of the list that was opened last"
    CLOSE = "the space before its ]"
    VALUE = "the text up to and with the value of a key that holds no list"
    END = "the text after the last value"


class Piece(NamedTuple):
    """A part of a file. The leads and texts of all pieces, one after the other, are the file.

    Args:
        kind: what it is.
        key: of the file's object; "" at the END.
        value: what an ENTRY or VALUE means; None for the others.
        lead: comma and space before an entry; "" before the others.
        text: as it stands in the file.
    """

    kind: Kind
    key: str
    value: Any
    lead: str
    text: str


def encoding_of(path: Path) -> str:
    """How the file's text is coded, by its first bytes, as JSON allows."""
    with path.open("rb") as stream:
        return json.detect_encoding(stream.read(_PROBED))


def pieces(path: Path, holds: str) -> Iterator[Piece]:
    """The pieces of a file that holds one JSON object; the entries of its lists come one by one.

    Args:
        path: of the file.
        holds: what such a file holds, for the complaint about one that holds no object.

    Raises:
        BadInput: if the file cannot be read, is no JSON, or holds something other than an object.
    """
    try:
        with path.open("rb") as stream:
            yield from _Reader(path, stream, holds).pieces()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not valid JSON (it is no text); is it another file?") from error


class _Reader:
    """A window that moves over the text of a file."""

    def __init__(self, path: Path, stream: BinaryIO, holds: str) -> None:
        self._path, self._stream, self._holds = path, stream, holds
        first = stream.read(_CHUNK)
        self._decoder = codecs.getincrementaldecoder(json.detect_encoding(first))("surrogatepass")
        self._text = self._decoder.decode(first)
        self._ended = False
        self._at = 0
        self._lines, self._column = 0, 0  # of the text that has moved out of the window

    def pieces(self) -> Iterator[Piece]:
        start = self._skip()
        if self._here() != "{":
            self._value()  # so that what is no JSON at all is said to be none
            raise BadInput(f"{self._path}: {self._holds}")
        text = start + self._take("{")
        text += self._skip()
        first = True
        while self._here() != "}":
            if not first:
                text += self._take(",") + self._skip()
            first = False
            key, said = self._key()
            text += said
            if self._here() == "[":
                yield Piece(Kind.OPEN, key, None, "", text + self._take("["))
                yield from self._entries(key)
                text = self._take("]") + self._skip()
            else:
                value, said = self._value()
                yield Piece(Kind.VALUE, key, value, "", text + said)
                text = self._skip()
        text += self._take("}") + self._skip()
        if self._here():
            self._complain("Extra data", self._at)
        yield Piece(Kind.END, "", None, "", text)

    def _key(self) -> tuple[str, str]:
        """A key, and its text up to the value."""
        if self._here() != '"':
            self._complain("Expecting property name enclosed in double quotes", self._at)
        key, text = self._value()
        return key, text + self._skip() + self._take(":") + self._skip()

    def _entries(self, key: str) -> Iterator[Piece]:
        lead = self._skip()
        if self._here() == "]":
            yield Piece(Kind.CLOSE, key, None, "", lead)
            return
        while True:
            value, text = self._value()
            yield Piece(Kind.ENTRY, key, value, lead, text)
            match = _COMMA.match(self._text, self._at)
            if match and match.end() < len(self._text):  # as nearly always; the rest is for a window's end
                lead, self._at = match[0], match.end()
                continue
            lead = self._skip()
            if self._here() != ",":
                break
            lead += self._take(",") + self._skip()
        yield Piece(Kind.CLOSE, key, None, "", lead)

    def _value(self) -> tuple[Any, str]:
        """The value that begins here, and its text."""
        while True:
            try:
                value, end = _DECODE(self._text, self._at)
            except json.JSONDecodeError as error:
                left = len(self._text[error.pos :].strip())
                cut = error.msg.startswith("Unterminated") or left <= _TAIL
                if not (cut and self._more()):
                    self._complain(error.msg, error.pos)
            except (ValueError, RecursionError) as error:  # a number of thousands of digits, or a deep nest
                self._complain(str(error), self._at)
            else:
                whole = isinstance(value, dict | list | str) or len(self._text) - end > _TAIL
                if whole or not self._more():  # a number near the end of the window may go on behind it
                    text = self._text[self._at : end]
                    self._at = end
                    return value, text

    def _here(self) -> str:
        """The next character; "" at the end of the file."""
        if self._at >= len(self._text) and not self._more():
            return ""
        return self._text[self._at]

    def _take(self, character: str) -> str:
        if self._here() != character:
            self._complain(f"Expecting {character!r}", self._at)
        self._at += 1
        return character

    def _skip(self) -> str:
        """The space from here on."""
        skipped = ""
        while True:
            match = _SPACE.match(self._text, self._at)
            assert match is not None
            self._at = match.end()
            skipped += match[0]
            if self._at < len(self._text) or not self._more():
                return skipped

    def _more(self) -> bool:
        """Move the window on to begin here and to go further than before; False at the file's end."""
        gone, rest = self._text[: self._at], self._text[self._at :]
        fresh = ""
        while not fresh and not self._ended:
            read = self._stream.read(max(_CHUNK, len(rest)))
            self._ended = not read
            fresh = self._decoder.decode(read, final=self._ended)
        if not fresh:
            return False
        newline = gone.rfind("\n")
        self._lines += gone.count("\n")
        self._column = len(gone) - newline - 1 if newline >= 0 else self._column + len(gone)
        self._text, self._at = rest + fresh, 0
        return True

    def _complain(self, what: str, position: int) -> None:
        before = self._text[:position]
        newline = before.rfind("\n")
        column = len(before) - newline if newline >= 0 else self._column + len(before) + 1
        line = self._lines + before.count("\n") + 1
        raise BadInput(
            f"{self._path}: not valid JSON ({what} at line {line}, column {column}); mend it or write it anew"
        )

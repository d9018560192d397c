"""Text files with a name a line, such as the lists of a split's images."""

from pathlib import Path

from truemask.types import BadInput


def lines_in(path: Path) -> list[str]:
    """The lines that are not blank, without the blanks around them.

    Raises:
        BadInput: if the file cannot be read as text.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as text ({error}); replace the file") from error
    return [line.strip() for line in lines if line.strip()]


def names_in(path: Path) -> list[str]:
    """The lines of a list in which each name stands once.

    Raises:
        BadInput: if the file cannot be read as text, or names something twice.
    """
    names = lines_in(path)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput(f"{path}: names {twice!r} twice; remove one of the lines")
    return names

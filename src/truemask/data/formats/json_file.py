"""JSON files of annotation tools: read with one line where they are broken, written in the tools' own way."""

import json
from pathlib import Path

from truemask.types import BadInput


def load_json(path: Path) -> object:
    """What a JSON file holds.

    Raises:
        BadInput: if the file cannot be read, or is no JSON.
    """
    try:
        content: object = json.loads(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not valid JSON (it is no text); is it another file?") from error
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{path}: not valid JSON ({error.msg} at line {error.lineno}, column {error.colno}); "
            "mend it or write it anew"
        ) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets without end
        raise BadInput(f"{path}: not valid JSON (its numbers or brackets have no end); mend it") from error
    return content


def dump_json(path: Path, content: object, indent: int | None = None) -> None:
    """Write JSON with letters as they are; on one line, or with `indent` spaces a level."""
    try:
        data = json.dumps(content, ensure_ascii=False, indent=indent).encode()
    except UnicodeEncodeError:  # half a letter, which JSON can escape and UTF-8 cannot hold
        data = json.dumps(content, indent=indent).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)

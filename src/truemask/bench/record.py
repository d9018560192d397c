"""What tables and results are read into: strict records, and one line for what is wrong with them."""

import difflib

from pydantic import BaseModel, ConfigDict, ValidationError


class Record(BaseModel):
    """Read from outside: no unknown keys, no silent conversions, no changes after reading."""

    # A knob may be infinite ("leave nothing out"), and has to read back as what it was.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, ser_json_inf_nan="constants")


def one_line(error: ValidationError, model: type[BaseModel]) -> str:
    """The main thing wrong with what was read, in a line: where, the rule, the way out."""
    # A misspelt key is told first: it is the reason why another is missing.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown_key(where, first["loc"], model)
    if first["type"] == "missing":
        return f"the key {where!r} is missing"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error" and where:
        return f"{where}: {message}"
    return f"{where}: {message}, got {first['input']!r}" if where else message


def _unknown_key(where: str, loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    if len(loc) > 1:
        return f"there is no key {where!r}"
    known = [name for name in model.model_fields if name != "name"]
    close = difflib.get_close_matches(where, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there is: {', '.join(known)}"
    return f"there is no key {where!r}; {hint}"

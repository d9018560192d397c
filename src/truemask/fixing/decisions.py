"""What a reviewer decided about findings: a file of JSON lines, the last line about a finding counts.

    {"finding": "0b6c9f3d1a52", "decision": "accept"}
    {"finding": "77aa01c2d9e4", "decision": "edit", "action": "relabel", "proposed": "dog"}

`finding` is the name by `truemask.audit.identity`. An edit may say another action, proposed class (its name
or id), objects (ids), rle or shapes (COCO run-length codes, as text). Other keys are the reviewer's own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from truemask.audit.findings import ACTIONS, Finding
from truemask.types import BadInput

_DECISIONS = ("accept", "reject", "edit")


@dataclass(frozen=True)
class Decision:
    """What was decided about one finding.

    Args:
        word: accept it as it is, reject it, or accept it with other values.
        edit: the other values, by field of `Finding`.
    """

    word: Literal["accept", "reject", "edit"]
    edit: Mapping[str, Any]

    def edited(self, finding: Finding) -> Finding:
        """The finding as the reviewer wants it."""
        return replace(finding, **self.edit) if self.edit else finding


def read_decisions(path: Path, classes: Sequence[str]) -> dict[str, Decision]:
    """Decisions by finding.

    Raises:
        BadInput: naming the line that is no decision.
    """
    if not path.is_file():
        raise BadInput(f"{path}: no such file of decisions")
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            where = f"{path}, line {number}"
            said = _said(line, where)
            found[said["finding"]] = Decision(said["decision"], _edit(said, classes, where))
    return found


def _said(line: str, where: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise BadInput(f"{where}: is no JSON; each line is one decision") from error
    if not isinstance(said, dict) or not isinstance(said.get("finding"), str):
        raise BadInput(f"{where}: names no finding; write {{'finding': '...', 'decision': 'accept'}}")
    if said.get("decision") not in _DECISIONS:
        raise BadInput(f"{where}: a decision is {', '.join(_DECISIONS)}; got {said.get('decision')!r}")
    return said


def _edit(said: Mapping[str, Any], classes: Sequence[str], where: str) -> dict[str, Any]:
    if said["decision"] != "edit":
        return {}
    edit: dict[str, Any] = {}
    if "action" in said:
        if said["action"] not in ACTIONS:
            raise BadInput(f"{where}: no action called {said['action']!r}; there is: {', '.join(ACTIONS)}")
        edit["action"] = said["action"]
    if "proposed" in said:
        edit["proposed"] = _class_id(said["proposed"], classes, where)
    try:
        if "objects" in said:
            edit["objects"] = tuple(int(one) for one in said["objects"])
        if "shapes" in said:
            edit["shapes"] = tuple(one.encode("ascii") for one in said["shapes"])
        if "rle" in said:
            edit["rle"] = said["rle"].encode("ascii")
    except (TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"{where}: objects are ids, rle and shapes run-length codes as text") from error
    return edit


def _class_id(given: object, classes: Sequence[str], where: str) -> int:
    if isinstance(given, str) and given in classes:
        return classes.index(given)
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(classes):
        return given
    raise BadInput(f"{where}: no class called {given!r}; there is: {', '.join(classes)}")

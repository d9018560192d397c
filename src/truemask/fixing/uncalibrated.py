"""What a precision cannot choose from: lists of findings that the audit could not calibrate, and why not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from truemask.audit.calibration import read_calibration
from truemask.fixing.rule import Rule
from truemask.types import BadInput

List = tuple[str, str]
"""Level and kind of findings."""

WAY_OUT = (
    "accept them by score>=, rank<= or a reviewer's decisions=, look at a sample (truemask spot-check), or "
    "audit more images with --calibrate fast"
)


@dataclass(frozen=True)
class Unchosen:
    """Findings that rules with a precision speak of, and cannot choose from.

    Args:
        lists: how many there are, by list.
        why: each of these lists was not calibrated; nothing where the audit does not say.
        others: findings that the same rules can choose from.
    """

    lists: Mapping[List, int]
    why: Mapping[List, str]
    others: int

    def __str__(self) -> str:
        """The lists with their reasons."""
        return "; ".join(
            f"{level} {kind} ({count:,}{': ' + self.why[level, kind] if (level, kind) in self.why else ''})"
            for (level, kind), count in self.lists.items()
        )


def unchosen(findings: pa.Table, rules: Sequence[Rule], audit: Path) -> Unchosen | None:
    """What rules with a precision cannot choose from; None where there is nothing.

    Args:
        findings: of an audit.
        rules: that may ask for a precision.
        audit: folder of the audit, whose calibration says why.

    Raises:
        BadInput: if a rule names a class that does not exist, or the calibration is damaged.
    """
    spoken = np.zeros(len(findings), bool)
    for rule in rules:
        if rule.precision is not None:
            spoken |= replace(rule, precision=None, decisions=None).selects(findings, None)
    mine = findings.filter(pa.array(spoken))
    columns = (mine[name].to_pylist() for name in ("level", "kind", "p_wrong"))
    counts = Counter((level, kind) for level, kind, chance in zip(*columns, strict=True) if chance is None)
    if not counts:
        return None
    told = read_calibration(audit)
    why = {} if told is None else {(one.level, one.kind): one.why for one in told.uncalibrated}
    return Unchosen(dict(counts.most_common()), why, len(mine) - counts.total())


def must_choose(left: Unchosen | None, rules: Sequence[Rule]) -> None:
    """Refuse a precision that has nothing at all to choose from, where the audit says why.

    Raises:
        BadInput: naming the lists, and the way out.
    """
    if left is not None and not left.others and left.why:
        texts = " and ".join(repr(rule.text) for rule in rules if rule.precision is not None)
        raise BadInput(f"--accept {texts}: no list was calibrated: {left}; {WAY_OUT}")

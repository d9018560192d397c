"""Which promises nobody should act on unseen: those about objects that nobody has spot-checked."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from truemask.audit.calibration import read_calibration
from truemask.fixing.rule import Rule
from truemask.types import BadInput


def must_be_checked(findings: pa.Table, rules: Sequence[Rule], audit: Path) -> None:
    """Refuse a precision that rests, for objects, on errors put in alone.

    Networks' own mistakes about objects score like errors to the very top of a list: on real data, lists that
    were promised to be nine tenths errors held half or none (benchmarks/README.md, `real_objects`).

    Args:
        findings: of an audit.
        rules: that may ask for a precision.
        audit: folder of the audit, whose calibration says what it rests on.

    Raises:
        BadInput: naming the way out.
    """
    asking = [rule for rule in rules if rule.precision is not None]
    if not asking or "instance" not in findings["level"].to_pylist():
        return
    told = read_calibration(audit)
    if told is None or told.mode == "reviewed" or not any(one.level == "instance" for one in told.lists):
        return
    texts = " and ".join(repr(rule.text) for rule in asking)
    raise BadInput(
        f"--accept {texts}: promises about objects are not kept until somebody has looked: run truemask "
        "spot-check, which takes minutes; or accept by p_wrong>=, kind= or decisions="
    )

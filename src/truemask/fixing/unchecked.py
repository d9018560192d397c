"""Which promises nobody should act on unseen: those that rest on errors put in alone."""

from collections.abc import Sequence
from pathlib import Path

from truemask.audit.calibration import read_calibration
from truemask.fixing.rule import Rule
from truemask.types import BadInput


def must_be_checked(rules: Sequence[Rule], audit: Path) -> None:
    """Refuse a precision that rests on errors put in, before somebody has decided about a sample.

    Networks' own mistakes about segments and objects score like errors to the very top of a list: lists that
    were promised to be nine tenths errors held a fifth, or none (benchmarks/README.md, `spot_check`).

    Args:
        rules: that may ask for a precision.
        audit: folder of the audit, whose calibration says what it rests on.

    Raises:
        BadInput: naming the way out.
    """
    asking = [rule for rule in rules if rule.precision is not None]
    told = read_calibration(audit) if asking else None
    if told is None or not told.lists or not told.at_most:
        return
    texts = " and ".join(repr(rule.text) for rule in asking)
    raise BadInput(
        f"--accept {texts}: what rests on errors put in is not promised until somebody has looked: run "
        "truemask spot-check, which takes minutes; or accept by p_wrong>=, score>=, kind= or decisions="
    )

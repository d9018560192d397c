"""Findings in, corrected labels out: what was accepted is changed, all else stays, and it can be undone."""

from truemask.fixing.accept import Verdicts, judge
from truemask.fixing.fixer import Fixer
from truemask.fixing.record import FixRecord, read_record
from truemask.fixing.rule import Rule, parse_rule
from truemask.fixing.undo import undo
from truemask.fixing.write import write_fixed

__all__ = [
    "FixRecord",
    "Fixer",
    "Rule",
    "Verdicts",
    "judge",
    "parse_rule",
    "read_record",
    "undo",
    "write_fixed",
]

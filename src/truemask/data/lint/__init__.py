"""A linter for label sets: what is wrong, where, how bad, and what to do."""

from truemask.data.lint.check import check
from truemask.data.lint.finding import Finding
from truemask.data.lint.rules import RULES, Rule, Severity

__all__ = ["RULES", "Finding", "Rule", "Severity", "check"]

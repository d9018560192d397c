"""What the linter says: one thing that is wrong, and where."""

from dataclasses import dataclass

from truemask.data.lint.rules import RULES, Severity


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Args:
        file: the file that it is wrong in.
        object: what in the file: an annotation, an image, a value; "" for the file itself.
        rule: a name in RULES.
        says: what is seen there.
    """

    file: str
    object: str
    rule: str
    says: str

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return RULES[self.rule].severity

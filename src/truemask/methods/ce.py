"""Cross entropy: what every other method is compared with."""

from dataclasses import dataclass

from truemask.methods.method import Method


@dataclass(frozen=True, kw_only=True)
class CE(Method):
    """Plain cross entropy: believes every label, in the end also the wrong ones."""

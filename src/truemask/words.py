"""The nouns that need no numpy, so that the command line answers before it is loaded; `types.py` has all."""

from enum import StrEnum


class BadInput(ValueError):
    """What a user passed cannot be used. The message is one line: what, where, the rule, the way out."""


class Task(StrEnum):
    """What bears one class label (the *unit*): an image, a pixel, or an object."""

    CLASSIFICATION = "classification"
    SEMANTIC = "semantic"
    INSTANCE = "instance"

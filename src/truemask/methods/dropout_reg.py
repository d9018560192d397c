"""Dropout against wrong labels: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, JMLR 2014."""

from dataclasses import dataclass
from typing import ClassVar

from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Setup
from truemask.types import Task


@dataclass(frozen=True, kw_only=True)
class DropoutReg(Method):
    """Cross entropy with a network that is harder put to learn labels by heart.

    A baseline: no word of which labels are wrong. What is left out where is the network's affair: `mlp`,
    `small_cnn` and `unet_small` have a knob `dropout`, which this method sets. Any other method can have it
    with `network=unet_small:dropout=0.5`.

    Args:
        rate: share that each training step leaves out, in [0, 1).
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.CLASSIFICATION, Task.SEMANTIC})

    rate: float = 0.5

    def __post_init__(self) -> None:
        check_share("dropout_reg", "rate", self.rate)

    def build(self, setup: Setup) -> None:
        """One network with that much dropout."""
        setup.network(dropout=self.rate)

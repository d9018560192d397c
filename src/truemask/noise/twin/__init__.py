"""How two label sets of the same images differ, and the noise that makes such labels from the clean ones."""

from truemask.noise.twin.report import report_of
from truemask.noise.twin.spec import spec_of
from truemask.noise.twin.tally import Tally

__all__ = ["Tally", "report_of", "spec_of"]

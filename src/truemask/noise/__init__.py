"""Labels in, noisy labels and an account of what was done out."""

from truemask.noise.changes import Changes, apply_changes, changes
from truemask.noise.corrupt import check, corrupt, stepwise
from truemask.noise.draws import Draws
from truemask.noise.ledger import Ledger
from truemask.noise.manifest import Manifest, manifest_of, read_changes, read_manifest, write_manifest
from truemask.noise.row import Noise
from truemask.noise.spec import Spec, Step, parse
from truemask.noise.table import NOISES

__all__ = [
    "NOISES",
    "Changes",
    "Draws",
    "Ledger",
    "Manifest",
    "Noise",
    "Spec",
    "Step",
    "apply_changes",
    "changes",
    "check",
    "corrupt",
    "manifest_of",
    "parse",
    "read_changes",
    "read_manifest",
    "stepwise",
    "write_manifest",
]

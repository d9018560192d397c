"""Labels in, noisy labels and an account of what was done out."""

from truemask.noise.change_file import read_changes
from truemask.noise.changes import Changes, apply_changes, changes
from truemask.noise.corrupt import check, corrupt, stepwise
from truemask.noise.corrupt_set import sees_the_set
from truemask.noise.draws import Draws
from truemask.noise.image.roster import Gallery, Roster, roster_of
from truemask.noise.image.set_noise import SetNoise
from truemask.noise.ledger import Ledger
from truemask.noise.manifest import Manifest, manifest_of, read_manifest, write_manifest
from truemask.noise.row import Noise
from truemask.noise.set_ledger import SetLedger, corrupt_set
from truemask.noise.spec import Spec, Step, parse
from truemask.noise.table import EVERY_NOISE, NOISES, SET_NOISES

__all__ = [
    "EVERY_NOISE",
    "NOISES",
    "SET_NOISES",
    "Changes",
    "Draws",
    "Gallery",
    "Ledger",
    "Manifest",
    "Noise",
    "Roster",
    "SetLedger",
    "SetNoise",
    "Spec",
    "Step",
    "apply_changes",
    "changes",
    "check",
    "corrupt",
    "corrupt_set",
    "manifest_of",
    "parse",
    "read_changes",
    "read_manifest",
    "roster_of",
    "sees_the_set",
    "stepwise",
    "write_manifest",
]

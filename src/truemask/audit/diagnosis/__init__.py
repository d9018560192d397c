"""What kind of noise the given labels have, how much, where, and what to review first: from an audit's
findings.

What it costs and which method to train with is read off tables of results: `bench.precedents`.
"""

from truemask.audit.diagnosis.agreement import GOOD, WEAK, Agreement, agreement
from truemask.audit.diagnosis.amount import amount
from truemask.audit.diagnosis.diagnosis import Diagnosis, Groups, diagnose
from truemask.audit.diagnosis.lift import Lift, lift
from truemask.audit.diagnosis.nature import Nature, nature
from truemask.audit.diagnosis.places import Place, places

__all__ = [
    "GOOD",
    "WEAK",
    "Agreement",
    "Diagnosis",
    "Groups",
    "Lift",
    "Nature",
    "Place",
    "agreement",
    "amount",
    "diagnose",
    "lift",
    "nature",
    "places",
]

"""All that an audit says about a data set's noise, in numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from truemask.audit.calibration.calibration import Calibration, Interval
from truemask.audit.diagnosis.agreement import Agreement, agreement
from truemask.audit.diagnosis.amount import amount
from truemask.audit.diagnosis.lift import Lift, lift
from truemask.audit.diagnosis.nature import Nature, nature
from truemask.audit.diagnosis.places import Place, places, spoken_of
from truemask.audit.result import AuditResult

PerImage = Mapping[str, Float64[np.ndarray, "images"]]
"""A number for each image, by the name of a group."""


@dataclass(frozen=True)
class Groups:
    """A way to divide the labels.

    Args:
        of: what the groups are: class, size, folder, or what the user calls them, such as annotator.
        units: labels of each image in each group.
        flagged: those of them that are flagged.
    """

    of: str
    units: PerImage
    flagged: PerImage


@dataclass(frozen=True)
class Diagnosis:
    """What an audit says about the noise.

    Args:
        agreement: of predictions with the given labels; None where that was not counted.
        nature: what kind of noise it is.
        rate: share of the labels that are wrong: estimate, low and high end of a 90 % interval.
        rests_on: what the rate rests on.
        places: groups of each division, the worst first.
        lift: how many findings to review for how many errors; None where the audit was not calibrated.
        calibration: of the audit, if there is one.
    """

    agreement: Agreement | None
    nature: Nature
    rate: Interval
    rests_on: str
    places: Mapping[str, Sequence[Place]]
    lift: Lift | None
    calibration: Calibration | None


def diagnose(
    result: AuditResult, calibration: Calibration | None = None, groups: Sequence[Groups] = ()
) -> Diagnosis:
    """What kind of noise it is, how much, where, and what to review first.

    Args:
        result: of the audit, with all its findings.
        calibration: of its lists.
        groups: to look for where errors pile up.
    """
    rate, rests_on = amount(result, calibration)
    errors = sum(one.errors[0] for one in calibration.lists) if calibration else float("nan")
    compared = sum(len(spoken_of(one.units)) for one in groups)
    found = {one.of: places(one.of, one.units, one.flagged, comparisons=compared) for one in groups}
    return Diagnosis(
        agreement(result),
        nature(result),
        rate,
        rests_on,
        found,
        lift(result.findings, errors),
        calibration,
    )

"""The part of an audit's page that says what the noise is, what it costs and what to do first."""

from collections.abc import Sequence

import numpy as np

from truemask.audit.calibration import Calibration
from truemask.audit.diagnosis import Diagnosis, Lift
from truemask.report.blocks import Block, Charts, Measure, NumberTable, Row, Section, Statement, Statements
from truemask.report.curves import Curve, Panel
from truemask.report.diagnosis_words import short

_POINTS = 60


def diagnosis_section(diagnosis: Diagnosis, said: Sequence[Statement]) -> Section:
    """Statements with their figures, then the figures: lists, groups, and the lift of a review."""
    blocks = [Block(Statements(said))]
    calibration = diagnosis.calibration
    if calibration is not None and calibration.lists:
        blocks.append(Block(_lists(calibration), "What is to be expected of each list"))
    places = [place for found in diagnosis.places.values() for place in found[:_MOST_ROWS]]
    if places:
        rows = [
            Row(
                f"{place.of} {place.name}",
                {
                    "labels": float(place.units),
                    "flagged": place.share,
                    "times the others": place.times,
                    "at least": place.low,
                },
            )
            for place in places
        ]
        blocks.append(Block(NumberTable(_PLACE_MEASURES, rows), "Groups of labels beside each other"))
    if diagnosis.lift is not None and diagnosis.lift.errors > 0:
        blocks.append(Block(_lift(diagnosis.lift), "What a review finds"))
    return Section("Diagnosis", "what to do about it", blocks)


_MOST_ROWS = 8

_PLACE_MEASURES = (
    Measure("labels", "labels in this group", digits=0),
    Measure("flagged", "of them, the share that is flagged", 1, "%"),
    Measure("times the others", "how many times as large that is as in the other groups together", 2),
    Measure("at least", "low end of its 90 % interval, for all groups at once; above 1: not by chance", 2),
)

_LIST_MEASURES = (
    Measure("findings", "in the list", digits=0),
    Measure("precision", "share of the findings that are errors", 0, "%", bar=True),
    Measure("from", "low end of its 90 % interval", 0, "%"),
    Measure("to", "high end of its 90 % interval", 0, "%"),
    Measure("errors", "of this kind that there are, found or not, by estimate", digits=0),
    Measure("recall", "share of them that the list points at", 0, "%", bar=True),
)


def _lists(calibration: Calibration) -> NumberTable:
    rows = [
        Row(
            f"{one.level} {one.kind}",
            {
                "findings": float(one.findings),
                "precision": one.whole.precision[0],
                "from": one.whole.precision[1],
                "to": one.whole.precision[2],
                "errors": one.errors[0],
                "recall": one.whole.recall[0],
            },
        )
        for one in calibration.lists
    ]
    notes = [f"From {calibration.rests_on}."]
    if calibration.at_most:
        notes.append(
            "Sure mistakes of the networks count as errors here: precision and errors are the most there can "
            "be, until somebody decides about a sample (truemask spot-check)."
        )
    if calibration.specs:
        notes.append(f"Errors: {', '.join(map(short, calibration.specs))}.")
    for why, others in calibration.uncalibrated_by_reason.items():
        notes.append(f"Not calibrated: {', '.join(f'{one.level} {one.kind}' for one in others)} ({why}).")
    return NumberTable(_LIST_MEASURES, rows, " ".join(notes))


def _lift(lift: Lift) -> Charts:
    count = len(lift.found)
    at = np.unique(np.linspace(0, count - 1, min(count, _POINTS)).round().astype(np.int64))
    reviewed = [0.0, *lift.reviewed[at].tolist()]
    found = [0.0, *(lift.found[at] / lift.errors).tolist()]
    drawn = [
        Curve("most probable first", reviewed, found, "method"),
        Curve("at random", reviewed, [n / count * found[-1] for n in reviewed], "ceiling"),
    ]
    return Charts(
        [Panel("share of the errors that is found", drawn, across="findings reviewed")],
        "Expected, by the probabilities of the calibrated findings.",
    )

"""A list's curve, put into words that can be kept: what is to be expected of it, and where it is cut."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Float64

from truemask.audit.calibration.calibration import ListCalibration, Part, interval, parts_of
from truemask.audit.calibration.curve import Curve
from truemask.audit.calibration.cut import within
from truemask.audit.calibration.listed import List


def with_p_wrong(findings: pa.Table, p_wrong: Float64[np.ndarray, "n"]) -> pa.Table:
    """The findings with their probabilities; null where NaN."""
    column = pa.array(p_wrong, pa.float32(), mask=np.isnan(p_wrong))
    at = findings.schema.get_field_index("p_wrong")
    told = findings.set_column(at, findings.schema.field(at), column)
    return told.replace_schema_metadata(findings.schema.metadata)


def list_calibration(
    name: List, curve: Curve, told: pa.Table, precision: float | None, injected: int = 0, recovered: int = 0
) -> ListCalibration:
    """What is to be expected of a list.

    Args:
        name: of the list.
        curve: of its precision and recall.
        told: all findings, with `p_wrong`.
        precision: where to cut; None: nowhere.
        injected: errors that were put in.
        recovered: those of them that the list has.
    """
    level, kind = name
    parts = parts_of(curve)
    return ListCalibration(
        level=level,
        kind=kind,
        findings=len(curve.p_wrong),
        injected=injected,
        recovered=recovered,
        errors=interval(curve.errors),
        parts=parts,
        cut=None if precision is None else _cut(name, parts, told, precision),
    )


def _cut(name: List, parts: Sequence[Part], told: pa.Table, precision: float) -> Part | None:
    """The part of a list within a precision, with the intervals of the curve's row at or below it."""
    rows = told.select(["level", "kind", "score", "p_wrong"]).to_pylist()
    taken = within(told, precision)
    mine = [
        row for row, kept in zip(rows, taken, strict=True) if kept and (row["level"], row["kind"]) == name
    ]
    if not mine:
        return None
    score = min(row["score"] for row in mine)
    near = next((part for part in parts if part.score <= score), parts[-1])
    mean = float(np.mean([row["p_wrong"] for row in mine]))
    shift = mean - near.precision[0]
    low, high = (min(1.0, max(0.0, end + shift)) for end in near.precision[1:])
    # What a reviewer found right is left out all the way down, so that less than the whole part is kept.
    kept = min(1.0, mean * len(mine) / max(1e-12, near.precision[0] * near.findings))
    return Part(score, len(mine), (mean, low, high), interval([kept * share for share in near.recall]))

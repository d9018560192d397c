"""Pixels and segments in one result: confident learning's numbers, and the segment audit's findings."""

import dataclasses

import pyarrow as pa

from truemask.audit.result import AuditResult
from truemask.audit.semantic.audit import SegmentAudit


def with_segments(result: AuditResult, audit: SegmentAudit) -> AuditResult:
    """The result of confident learning on pixels, with the segments of the segment audit for its own.

    What is told of pixels and images stays: thresholds, joint, flagged pixels, the images' quality. Images
    whose labels are unusable are findings beside those of their flagged pixels.

    Args:
        result: of confident learning.
        audit: of the same labels and predictions.
    """
    schema = result.findings.schema
    mine = audit.table(result.problem.classes).to_pylist()
    theirs = [row for row in result.findings.to_pylist() if row["level"] != "segment"]
    segments = [row for row in mine if row["level"] == "segment"]
    lost = [row for row in mine if row["level"] == "image"]
    images = [row | {"rank": rank} for rank, row in enumerate([*lost, *theirs], start=1)]
    return dataclasses.replace(result, findings=pa.Table.from_pylist([*segments, *images], schema=schema))

"""Pixels and segments in one result: confident learning's numbers, and the segment audit's findings."""

import dataclasses
from math import isnan

import pyarrow as pa
import pyarrow.compute as pc

from truemask.audit.findings import of_level
from truemask.audit.result import SUSPECT_SHARE, AuditResult
from truemask.audit.semantic.audit import SegmentAudit


def with_segments(result: AuditResult, audit: SegmentAudit) -> AuditResult:
    """The result of confident learning on pixels, with the segments of the segment audit for its own.

    What is told of pixels and images stays: thresholds, joint, flagged pixels, the images' quality. Images
    get another column, SUSPECT_SHARE. Images whose labels are unusable are findings beside those of their
    flagged pixels.

    Args:
        result: of confident learning.
        audit: of the same labels and predictions.
    """
    lost, segments = (of_level(audit.findings, level) for level in ("image", "segment"))
    theirs = result.findings.filter(pc.not_equal(result.findings["level"], "segment"))
    images = pa.concat_tables([lost, theirs])
    at = images.schema.get_field_index("rank")
    ranks = pa.array(range(1, len(images) + 1), pa.int64())
    images = images.set_column(at, images.schema.field(at), ranks)
    schema = result.findings.schema
    both = pa.concat_tables([segments, images]).replace_schema_metadata(schema.metadata)
    shares = _shares(result.images, audit)
    return dataclasses.replace(
        result,
        findings=both,
        images=result.images.append_column(SUSPECT_SHARE, shares),
        outline_px=float(audit.tolerance.outline_px),
    )


def _shares(images: pa.Table, audit: SegmentAudit) -> pa.Array:
    """Null where an image has no labels; float32, since a fit's last bits differ from process to process."""
    shares = [audit.badness[key] for key in images["image"].to_pylist()]
    return pa.array([None if isnan(share) else share for share in shares], pa.float32())

"""Label maps judged by segments: outlines that are unsure are no errors, and each error has a kind."""

from truemask.audit.semantic.against_truth import KINDS_OF_NOISE, SEGMENT_SCORES
from truemask.audit.semantic.audit import SegmentAudit, audit_segments
from truemask.audit.semantic.join import with_segments

__all__ = ["KINDS_OF_NOISE", "SEGMENT_SCORES", "SegmentAudit", "audit_segments", "with_segments"]

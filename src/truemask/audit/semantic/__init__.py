"""Label maps judged by segments: outlines that are unsure are no errors, and each error has a kind."""

from truemask.audit.semantic.against_truth import SEGMENT_SCORES, kinds_of
from truemask.audit.semantic.audit import Images, SegmentAudit, audit_segments
from truemask.audit.semantic.join import with_segments

__all__ = ["SEGMENT_SCORES", "Images", "SegmentAudit", "audit_segments", "kinds_of", "with_segments"]

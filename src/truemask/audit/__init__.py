"""Given labels and anyone's predictions in, findings out: what looks wrong, where, and how much."""

from truemask.audit.against_truth import AUDIT_SCORES, score_audit
from truemask.audit.confident_learning import confident_learning
from truemask.audit.findings import ACTIONS, KINDS, LEVELS, SCHEMA, Finding, read_findings, write_findings
from truemask.audit.result import AuditResult, read_audit
from truemask.audit.stream import LabelMap, Stream

__all__ = [
    "ACTIONS",
    "AUDIT_SCORES",
    "KINDS",
    "LEVELS",
    "SCHEMA",
    "AuditResult",
    "Finding",
    "LabelMap",
    "Stream",
    "confident_learning",
    "read_audit",
    "read_findings",
    "score_audit",
    "write_findings",
]

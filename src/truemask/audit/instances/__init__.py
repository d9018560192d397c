"""The audit of objects: given ones against predicted ones, on their masks."""

from truemask.audit.instances.against_truth import INSTANCE_AUDIT_SCORES, score_instances
from truemask.audit.instances.auditing import LEAST_SCORE, InstanceAudit, audit_instances
from truemask.audit.instances.seen import Predicted, Seen
from truemask.audit.instances.true_errors import TrueError, true_errors

__all__ = [
    "INSTANCE_AUDIT_SCORES",
    "LEAST_SCORE",
    "InstanceAudit",
    "Predicted",
    "Seen",
    "TrueError",
    "audit_instances",
    "score_instances",
    "true_errors",
]

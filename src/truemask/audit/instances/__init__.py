"""The audit of objects: given ones against predicted ones, on their masks."""

from truemask.audit.instances.auditing import LEAST_SCORE, InstanceAudit, audit_instances
from truemask.audit.instances.seen import Predicted, Seen

__all__ = ["LEAST_SCORE", "InstanceAudit", "Predicted", "Seen", "audit_instances"]

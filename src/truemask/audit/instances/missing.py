"""Missing: a prediction that can be trusted where nothing is given."""

from collections.abc import Iterator

from truemask.audit.findings import Finding
from truemask.audit.instances.evidence import Evidence
from truemask.audit.instances.suspicion import suspicion


def missing(evidence: Evidence, least: float) -> Iterator[Finding]:
    """A finding for each free prediction; its score is the estimated probability that a label lacks there."""
    score = evidence.there.wrong_label()
    for image, row, number in evidence.predictions_where(evidence.predictions["free"] & (score >= least)):
        said, code = image.predictions[row], image.predicted[row]
        yield suspicion(
            image,
            "missing",
            float(score[number]),
            float(said["score"]),
            given=0,
            proposed=int(said["label"]),
            code=code,
            evidence="unmatched prediction",
            action="add",
            shapes=(code,),
        )

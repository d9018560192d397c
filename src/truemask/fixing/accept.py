"""Which findings are acted on: by rules, and by what reviewers decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool

from truemask.audit.identity import finding_ids
from truemask.fixing.decisions import Decision, read_decisions
from truemask.fixing.rule import Rule, classes_of
from truemask.types import BadInput


@dataclass(frozen=True)
class Verdicts:
    """What is to become of each finding.

    Args:
        ids: the findings' names.
        accepted_by: the text of the first rule that accepts it; None where none does.
        rejected: a reviewer said that the label is right.
        decisions: by finding, for their edits.
    """

    ids: tuple[str, ...]
    accepted_by: tuple[str | None, ...]
    rejected: Bool[np.ndarray, "n"]
    decisions: Mapping[str, Decision]


def judge(findings: pa.Table, rules: Sequence[Rule]) -> Verdicts:
    """Accept what any of the rules selects; nothing that a reviewer rejected, or that has no action.

    Raises:
        BadInput: if a rule cannot be applied to these findings, or all of a reviewer's decisions are about
            others.
    """
    ids = finding_ids(findings)
    classes = classes_of(findings)
    decisions: dict[str, Decision] = {}
    approved = []
    for rule in rules:
        own = {} if rule.decisions is None else read_decisions(rule.decisions, classes)
        if own and not own.keys() & set(ids):
            raise BadInput(f"{rule.decisions}: decides about other findings than these, by their ids")
        decisions |= own
        approved.append(np.array([id_ in own and own[id_].word != "reject" for id_ in ids], bool))
    rejected = np.array([id_ in decisions and decisions[id_].word == "reject" for id_ in ids], bool)
    actions = [
        decisions[id_].edit.get("action", action) if id_ in decisions else action
        for id_, action in zip(ids, findings["action"].to_pylist(), strict=True)
    ]
    open_ = ~rejected & np.array([action != "none" for action in actions], bool)
    accepted_by = np.full(len(ids), None, dtype=object)
    for rule, own_approved in zip(rules, approved, strict=True):
        chosen = rule.selects(findings, own_approved) & open_
        accepted_by[chosen & (accepted_by == None)] = rule.text  # noqa: E711 - element by element
    return Verdicts(tuple(ids), tuple(accepted_by.tolist()), rejected, decisions)

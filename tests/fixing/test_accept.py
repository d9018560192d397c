"""What rules accept, what reviewers reject, and the names by which they know findings."""

import json

import numpy as np
import pytest

from truemask.audit.identity import finding_ids
from truemask.fixing import judge, parse_rule
from truemask.types import BadInput


@pytest.fixture
def findings(finding, table):
    return table(
        [
            finding("a", score=0.9, given=1, proposed=2),
            finding("b", score=0.8, given=1, proposed=2),
            finding("c", score=0.7, given=1, proposed=2, action="none"),
        ]
    )


def write(path, *lines):
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    return path


def test_names_hang_on_what_is_found_and_proposed_alone(finding, table):
    one = finding("a", given=1, proposed=2, score=0.9)
    again = finding("a", given=1, proposed=2, score=0.1, evidence="other", p_wrong=0.3)
    others = [
        finding("b", given=1, proposed=2),
        finding("a", given=1, proposed=0),
        finding("a", given=1, proposed=2, kind="missing"),
        finding("a", given=1, proposed=2, objects=(3,)),
        finding("a", given=1, proposed=2, rle=b"1"),
        finding("a", given=1, proposed=2, shapes=(np.ones((1, 1), bool),)),
        finding("a", given=1, proposed=2, level="segment"),
        finding("a", given=1, proposed=2, action="ignore"),
    ]
    (first,), (second,) = (finding_ids(table([each])) for each in (one, again))
    names = [finding_ids(table([other]))[0] for other in others]
    assert first == second
    assert len(first) == 12
    assert len({first, *names}) == 9


def test_one_rule_is_enough_and_nothing_to_do_is_never_accepted(findings):
    verdicts = judge(findings, [parse_rule("rank<=1"), parse_rule("score>=0.1")])
    assert verdicts.accepted_by == ("rank<=1", "score>=0.1", None)
    assert not verdicts.rejected.any()
    assert judge(findings, []).accepted_by == (None, None, None)


def test_reviewers_accept_edit_and_reject_and_the_last_word_counts(findings, tmp_path):
    a, b, c = finding_ids(findings)
    file = write(
        tmp_path / "decisions.jsonl",
        {"finding": a, "decision": "accept", "by": "someone"},
        {"finding": b, "decision": "accept"},
        {"finding": a, "decision": "reject"},
        {"finding": c, "decision": "edit", "action": "relabel", "proposed": "cat", "objects": [4]},
    )
    text = f"decisions={file}"
    verdicts = judge(findings, [parse_rule(text), parse_rule("score>=0")])
    assert verdicts.accepted_by == (None, text, text)
    assert verdicts.rejected.tolist() == [True, False, False]
    assert verdicts.decisions[c].edit == {"action": "relabel", "proposed": 1, "objects": (4,)}
    # A rule may ask for more than the reviewer's word.
    assert judge(findings, [parse_rule(f"{text},score>=0.75")]).accepted_by[2] is None


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 2: is no JSON"),
        ("[]", "line 2: names no finding"),
        ('{"decision": "accept"}', "line 2: names no finding"),
        ('{"finding": "x", "decision": "yes"}', "a decision is accept, reject, edit; got 'yes'"),
        ('{"finding": "x", "decision": "edit", "action": "paint"}', "no action called 'paint'"),
        ('{"finding": "x", "decision": "edit", "proposed": "cow"}', "no class called 'cow'; there is"),
        ('{"finding": "x", "decision": "edit", "proposed": 3}', "no class called 3"),
        ('{"finding": "x", "decision": "edit", "shapes": [1]}', "shapes run-length codes as text"),
    ],
)
def test_a_broken_decision_names_its_line(findings, tmp_path, line, complaint):
    file = tmp_path / "decisions.jsonl"
    file.write_text('{"finding": "x", "decision": "accept"}\n' + line)
    with pytest.raises(BadInput) as caught:
        judge(findings, [parse_rule(f"decisions={file}")])
    assert complaint in str(caught.value)


def test_decisions_about_other_findings_are_refused(findings, tmp_path):
    file = write(tmp_path / "other.jsonl", {"finding": "0" * 12, "decision": "accept"})
    with pytest.raises(BadInput, match="decides about other findings"):
        judge(findings, [parse_rule(f"decisions={file}")])
    with pytest.raises(BadInput, match="no such file of decisions"):
        judge(findings, [parse_rule("decisions=nowhere.jsonl")])

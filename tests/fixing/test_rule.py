"""Rules: what they select, and what is said about those that cannot be read."""

import numpy as np
import pytest

from truemask.fixing.rule import parse_rule
from truemask.types import BadInput


@pytest.fixture
def findings(finding, table):
    """Five findings; ranks follow the weights, here the scores."""
    return table(
        [
            finding("a", score=0.9, given=1, proposed=2, p_wrong=0.95),
            finding("b", score=0.8, given=0, proposed=1, kind="missing", p_wrong=0.9),
            finding("c", score=0.7, given=2, proposed=0, kind="spurious", action="remove", p_wrong=0.7),
            finding("d", score=0.6, given=2, proposed=1, p_wrong=0.2),
            finding("e", score=0.5, given=1, proposed=2, p_wrong=0.1, area_px=30),
        ]
    )


def chosen(findings, text):
    mask = parse_rule(text).selects(findings, None)
    return "".join(np.array(findings["image"].to_pylist())[mask].tolist())


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("rank<=2", "ab"),
        ("score>=0.7", "abc"),
        ("score<=0.7", "cde"),
        ("p_wrong>=0.9", "ab"),
        ("area>=30", "e"),
        ("kind=missing/spurious", "bc"),
        ("kind!=swapped", "bc"),
        ("action=relabel", "abde"),
        ("class=dog", "acde"),
        ("given=dog", "cd"),
        ("proposed=dog/background", "ace"),
        ("class!=dog", "b"),
        ("image=a/d", "ad"),
        ("level=segment", ""),
        ("kind=swapped, score>=0.6", "ad"),
    ],
)
def test_conditions_select_by_columns(findings, text, images):
    assert chosen(findings, text) == images


def test_of_several_pieces_of_evidence_one_is_enough(finding, table):
    rows = table(
        [
            finding("a", score=0.9, given=1, proposed=2, evidence="segment_score, meta_classifier"),
            finding("b", score=0.8, given=1, proposed=2, evidence="label_dynamics, segment_score"),
            finding("c", score=0.7, given=1, proposed=2, evidence="kappa"),
        ]
    )
    assert chosen(rows, "evidence=segment_score") == "ab"
    assert chosen(rows, "evidence=label_dynamics/kappa") == "bc"
    assert chosen(rows, "evidence!=label_dynamics") == "ac"


def test_a_precision_is_the_mean_of_each_kind_of_finding(findings):
    # Swapped: .95, then (.95 + .2) / 2 = .575, then (.95 + .2 + .1) / 3 = .42; missing .9; spurious .7.
    assert chosen(findings, "precision=0.9") == "ab"
    assert chosen(findings, "precision=0.7") == "abc"
    assert chosen(findings, "precision=0.5") == "abcd"
    assert chosen(findings, "precision=0.9,kind=missing") == "b"
    # Of those that meet the other conditions: without the .95, .2 is the best of its kind.
    assert chosen(findings, "precision=0.15,score<=0.6") == "de"


def test_a_precision_of_findings_that_are_not_calibrated_says_how(finding, table):
    with pytest.raises(BadInput, match="--calibrate"):
        parse_rule("precision=0.9").selects(table([finding(given=1, proposed=2)]), None)


def test_names_with_a_slash_are_names(finding, table):
    findings = table([finding("a", given=1, proposed=0)], ("background", "cat/dog"))
    assert chosen(findings, "class=cat/dog") == "a"
    with pytest.raises(BadInput, match="no class called 'cat'; there is: background, cat/dog"):
        chosen(findings, "class=cat")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "'' is no condition; such as precision=0.9"),
        ("rank", "'rank' is no condition"),
        ("score>=0.5,", "'' is no condition"),
        ("size>=3", "nothing called 'size'; there is: precision, decisions, score"),
        ("rank=3", "rank is compared by <= or >=, not ="),
        ("kind>=swapped", "kind is compared by = or !=, not >="),
        ("precision>=0.9", "precision is compared by =, not >="),
        ("rank<=many", "rank is a number; got 'many'"),
        ("precision=0", "a precision is above 0 and at most 1"),
        ("precision=90", "a precision is above 0 and at most 1"),
        ("kind=wrong", "no kind called 'wrong'; there is: swapped, missing"),
    ],
)
def test_what_is_no_rule_is_one_line(text, complaint):
    with pytest.raises(BadInput) as caught:
        parse_rule(text)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_findings_no_choice(table):
    for text in ("precision=0.9", "class=cat,rank<=3"):
        assert parse_rule(text).selects(table([]), None).shape == (0,)

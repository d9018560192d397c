"""A precision chooses from calibrated lists alone, and says which others there are, and why."""

import pytest

from truemask.audit.calibration import Calibration
from truemask.audit.calibration.calibration import Uncalibrated
from truemask.fixing.rule import parse_rule
from truemask.fixing.uncalibrated import must_choose, unchosen
from truemask.types import BadInput

WHY = "3 findings of 12 injected errors: at least 20 are needed"


@pytest.fixture
def found(finding, table):
    return table(
        [
            finding("a", given=1, proposed=2, p_wrong=0.9),
            *(finding(key, given=0, proposed=2, kind="missing") for key in "bcd"),
            finding("e", given=1, proposed=0, kind="spurious"),
        ]
    )


@pytest.fixture
def audit(tmp_path):
    Calibration("fast", None, (), (), (Uncalibrated("image", "missing", 3, WHY),)).write(tmp_path)
    return tmp_path


def test_lists_without_a_calibration_are_named_with_the_reason(found, audit):
    rules = [parse_rule("precision=0.9")]
    left = unchosen(found, rules, audit)
    assert left.lists == {("image", "missing"): 3, ("image", "spurious"): 1}
    assert left.others == 1
    assert str(left) == f"image missing (3: {WHY}); image spurious (1)"
    must_choose(left, rules)  # there is one to choose from


def test_only_what_a_precision_is_asked_of_counts(found, audit):
    assert unchosen(found, [parse_rule("score>=0.1")], audit) is None
    assert unchosen(found, [parse_rule("precision=0.9,kind=swapped")], audit) is None
    both = [parse_rule("precision=0.9,kind=swapped"), parse_rule("precision=0.5,kind=spurious")]
    left = unchosen(found, both, audit)
    assert (left.lists, left.others) == ({("image", "spurious"): 1}, 1)


def test_nothing_to_choose_from_is_refused_with_the_reason_and_the_way_out(found, audit):
    rules = [parse_rule("precision=0.9,kind=missing")]
    with pytest.raises(BadInput) as refused:
        must_choose(unchosen(found, rules, audit), rules)
    assert str(refused.value) == (
        f"--accept 'precision=0.9,kind=missing': no list was calibrated: image missing (3: {WHY}); accept "
        "them by score>=, rank<= or a reviewer's decisions=, look at a sample (truemask spot-check), or "
        "audit more images with --calibrate fast"
    )


def test_an_audit_that_was_never_calibrated_is_told_so_elsewhere(found, tmp_path):
    rules = [parse_rule("precision=0.9,kind=missing")]
    left = unchosen(found, rules, tmp_path)
    assert str(left) == "image missing (3)"
    must_choose(left, rules)  # the rule itself refuses: see `within`
    with pytest.raises(BadInput, match="run the audit with --calibrate fast"):
        rules[0].selects(found, None)

"""A diagnosis in words and as a part of a page."""

from dataclasses import replace

import numpy as np
import pytest

from truemask.audit.calibration import Calibration, ListCalibration, Part
from truemask.audit.diagnosis import Agreement, Diagnosis, Lift, Nature, Place
from truemask.bench.precedents import Level, Precedent
from truemask.report.blocks import Page
from truemask.report.diagnosis_section import diagnosis_section
from truemask.report.diagnosis_words import short, statements
from truemask.report.html import render_page

NATURE = Nature({"swapped": 0.75, "missing": 0.25}, 40, 0.1, 0.001, 0.6, 0.2, 0.001)
PART = Part(0.5, 40, (0.8, 0.7, 0.9), (0.6, 0.5, 0.7))
CALIBRATION = Calibration(
    "fast",
    None,
    ("symmetric:0.1",),
    (ListCalibration("instance", "swapped", 40, 90, 80, (50.0, 40.0, 60.0), (PART,), None),),
    (),
)
DIAGNOSIS = Diagnosis(
    Agreement(0.85, None, 1000),
    NATURE,
    (0.12, 0.1, 0.15),
    "the calibrated lists",
    {
        "class": [
            Place("class", "dog", 100, 0.3, 3.0, 2.0, 4.0),
            Place("class", "cat", 200, 0.1, 0.3, 0.2, 0.5),
        ]
    },
    Lift(np.arange(1.0, 41.0), np.cumsum(np.linspace(1, 0.2, 40)), 30.0),
    CALIBRATION,
)
TABLE = Precedent(
    "a-table",
    "scenes",
    "mask_ap",
    True,
    {
        "ce": (
            Level("none", 0.0, (0.5, 0.5, 0.5)),
            Level("symmetric:0.2", 0.2, (0.4, 0.4, 0.4)),
        ),
        "lncis": (Level("symmetric:0.2", 0.2, (0.45, 0.45, 0.45)),),
    },
)


def said(diagnosis, known):
    lines = statements(diagnosis, known, unit="objects")
    return {one.topic: one for one in lines}


def test_each_statement_has_its_figures_and_what_they_rest_on():
    by_topic = said(DIAGNOSIS, [TABLE])
    assert by_topic["Kind"].said == "Of what looks wrong: swapped classes 75%, missing labels 25%."
    assert "follow a rule" in by_topic["By rule or chance"].said
    assert "pile up" in by_topic["By image"].said
    assert by_topic["Amount"].said == "About 12.0% of the objects have a wrong label (10.0% to 15.0%)."
    assert by_topic["Where: class"].said.startswith("dog: 30.0% of its objects flagged, 3.0 times")
    assert "cat" not in by_topic["Where: class"].said
    assert by_topic["Cost"].said.startswith("About 0.060 of mask_ap")
    assert "a-table" in by_topic["Cost"].rests_on
    assert "3 seeds" in by_topic["Cost"].rests_on
    assert by_topic["Method"].said == "lncis: 0.450 of mask_ap, cross entropy 0.400."
    assert "the 19 most probable" in by_topic["Review"].said  # half of 30 errors
    assert all(one.rests_on for one in by_topic.values())


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Agreement(0.8, None, 9), "Predictions agree well with the given labels."),
        (Agreement(0.6, None, 9), "Predictions agree fairly with the given labels."),
        (
            Agreement(0.59, None, 9),
            "Predictions agree weakly with the given labels: much of what they",
        ),
        (Agreement(0.85, 0.7, 9), "Predictions are at the place of 85% of the given objects."),
        (Agreement(0.4, 0.3, 9), "Predictions are at the place of 40% of the given objects: much of what"),
    ],
)
def test_predictions_that_agree_with_little_are_not_to_be_believed(found, words):
    one = said(replace(DIAGNOSIS, agreement=found), None)["Evidence"]
    assert one.said.startswith(words)
    assert "--calibrate" not in one.said
    weak = found.value < 0.6
    bare = said(replace(DIAGNOSIS, agreement=found, calibration=None), None)["Evidence"].said
    assert bare.endswith("and see --calibrate.") == weak
    assert "9 objects" in one.rests_on


def test_without_tables_it_says_so():
    assert "no tables of results here" in said(DIAGNOSIS, None)["Cost"].rests_on
    assert "no table about this task" in said(DIAGNOSIS, [])["Method"].rests_on


def test_a_rate_beyond_all_tables_is_no_extrapolation():
    assert TABLE.loss_at(0.3) is None
    high = Diagnosis(None, NATURE, (0.3, 0.2, 0.4), "", {}, None, None)
    assert said(high, [TABLE])["Cost"].said.startswith("More than was tried: at 20% cross entropy lost 0.100")


def test_a_method_within_the_spread_is_not_recommended():
    noisy = Level("symmetric:0.2", 0.2, (0.3, 0.45, 0.6))
    close = Precedent("t", "scenes", "mask_ap", True, {**TABLE.rows, "lncis": (noisy,)})
    assert "None was clearly better" in said(DIAGNOSIS, [close])["Method"].said


def test_where_lower_is_better_a_loss_is_still_a_loss():
    levels = (Level("none", 0.0, (0.1,)), Level("symmetric:0.2", 0.2, (0.3,)))
    other = Level("symmetric:0.2", 0.2, (0.2,))
    lower = Precedent("t", "digits", "error", False, {"ce": levels, "gce": (other,)})
    assert lower.loss_at(0.1) == 0.1
    assert lower.best_near(0.1)[0] == "gce"


def test_nothing_known_is_said_plainly():
    nothing = Nature({}, 0, float("nan"), float("nan"), float("nan"), float("nan"), float("nan"))
    empty = Diagnosis(
        Agreement(float("nan"), None, 0), nothing, (float("nan"),) * 3, "no labels", {}, None, None
    )
    by_topic = said(empty, None)
    assert set(by_topic) == {"Kind", "Amount", "Review"}
    assert "cannot be told" in by_topic["Amount"].said


def test_the_section_has_statements_lists_places_and_the_lift():
    section = diagnosis_section(DIAGNOSIS, statements(DIAGNOSIS, [TABLE], unit="objects"))
    kinds = [block.kind for block in section.blocks]
    assert kinds == ["Statements", "NumberTable", "NumberTable", "Charts"]
    html = render_page(Page("A page", "lead", [], [section]))
    assert "<dt>Amount</dt>" in html
    assert "findings reviewed" in html
    assert "instance swapped" in html


def test_next_to_nothing_elsewhere_is_no_exact_figure():
    place = Place("class", "dog", 1000, 0.3, 29976.4, 20740.8, 43324.4)
    where = said(replace(DIAGNOSIS, places={"class": [place]}), None)["Where: class"]
    assert where.said == "dog: 30.0% of its objects flagged, more than 100 times as many as elsewhere."


@pytest.mark.parametrize(
    ("mode", "errors", "words"),
    [
        ("reviewed", np.nan, "All 40 findings hold about 24 errors."),
        ("reviewed", 20.0, "Of all 40 about 24 are right, some of them about the same of 20 errors."),
        ("reviewed", 30.0, "All 40 hold about 24 of 30 errors."),
        ("fast", 20.0, "Of all 40 at most 24 are right, some of them about the same of 20 errors."),
        ("fast", 30.0, "All 40 hold at most 24 of 30 errors."),
    ],
)
def test_what_a_review_of_all_finds(mode, errors, words):
    calibration, lift = replace(CALIBRATION, mode=mode), replace(DIAGNOSIS.lift, errors=errors)
    review = said(replace(DIAGNOSIS, lift=lift, calibration=calibration), None)["Review"]
    assert review.said.endswith(words)


@pytest.mark.parametrize(("mode", "ceiling"), [("fast", True), ("likelihood", False), ("reviewed", False)])
def test_lists_by_errors_put_in_say_that_they_promise_at_most(mode, ceiling):
    diagnosis = replace(DIAGNOSIS, calibration=replace(CALIBRATION, mode=mode))
    section = diagnosis_section(diagnosis, [])
    assert ("the most there can be" in render_page(Page("A page", "lead", [], [section]))) == ceiling


def test_long_specs_are_cut():
    assert short("symmetric:0.1") == "symmetric:0.1"
    assert len(short("matrix:" + "0/" * 100)) == 33

"""What every row of SET_NOISES must do. A new noise is held to this with no line written here."""

from math import sqrt

import numpy as np
import pytest
from set_toys import CLASSES, by_key, reversed_roster, toy_gallery, toy_roster

from truemask.noise import (
    NOISES,
    SET_NOISES,
    check,
    corrupt,
    corrupt_set,
    manifest_of,
    parse,
    read_changes,
    read_manifest,
    roster_of,
    sees_the_set,
    write_manifest,
)
from truemask.noise.changes import KINDS
from truemask.noise.knobs import knobs_of
from truemask.noise.set_ledger import apply_to_roster
from truemask.types import IGNORE, BadInput, Problem, Task

STANDARD_ERRORS = 4


@pytest.fixture(params=SET_NOISES)
def row(request):
    return SET_NOISES[request.param]


def noisy(text, roster=None, seed=5):
    roster = toy_roster() if roster is None else roster
    return corrupt_set(roster, parse(text), problem=CLASSES, seed=seed, gallery=toy_gallery())


def test_realised_rate_is_the_declared_one(row):
    (step,) = manifest_of(noisy(row.example)).steps
    assert step.of > 100
    if step.declared is None:
        assert row.declares is None
        assert 0 < step.realised <= 1
    else:
        spread = STANDARD_ERRORS * sqrt(step.of * step.declared * (1 - step.declared))
        assert abs(step.count - step.of * step.declared) <= spread


def test_rows_without_a_label_stay_as_they_are(row):
    before, after = toy_roster(), by_key(noisy(row.example).after)
    silent = [key for key, known in zip(before.keys, before.labelled, strict=True) if not known]
    assert len(silent) > 20
    assert all(after[key] == (IGNORE, key, None) for key in silent)
    assert all(origin not in silent for key, (_, origin, _) in after.items() if key != origin)


def test_the_roster_given_is_left_alone(row):
    before = by_key(toy_roster())
    noisy(row.example)
    assert by_key(toy_roster()) == before


def test_the_order_of_the_rows_does_not_matter(row):
    after = noisy(row.example, reversed_roster(toy_roster()))
    assert by_key(after.after) == by_key(noisy(row.example).after)
    assert manifest_of(after) == manifest_of(noisy(row.example))


def test_the_list_of_changes_is_exactly_the_difference(row, tmp_path):
    ledger = noisy(row.example)
    manifest = write_manifest(ledger, tmp_path, data="toys", split="train")
    done = list(read_changes(tmp_path))
    assert by_key(apply_to_roster(toy_roster(), done)) == by_key(ledger.after)
    assert [one.image for one in done] == sorted(one.image for one in done)
    assert len(done) == manifest.changed
    before, after = by_key(toy_roster()), by_key(ledger.after)
    assert {one.image for one in done} == {key for key, one in after.items() if before.get(key) != one}
    assert {KINDS[one.kind[0]] for one in done} <= {"class", "image", "copy"}
    assert read_manifest(tmp_path) == manifest
    assert manifest.images == len(after)


def test_labels_are_ones_of_the_problem(row):
    after = noisy(row.example).after
    assert np.isin(after.labels, [0, 1, 2, IGNORE]).all()
    assert len(set(after.keys)) == len(after)
    assert set(after.origins) <= set(toy_roster().keys)


def test_a_spec_that_asks_for_nothing_changes_nothing(row):
    ledger = noisy(row.nothing)
    assert by_key(ledger.after) == by_key(toy_roster())
    assert ledger.changed == 0


def test_the_seed_decides_where_something_is_drawn(row):
    one, other = (by_key(noisy(row.example, seed=seed).after) for seed in (1, 2))
    assert (one != other) == row.draws


@pytest.mark.parametrize("labels", [(), (IGNORE, IGNORE), (1,), (2, 2, 2), (0, 1)])
def test_sets_of_few_rows(row, labels):
    roster = roster_of([f"image-{i}" for i in range(len(labels))], labels)
    after = by_key(noisy(row.example, roster).after)
    assert set(roster.keys) <= set(after)
    assert all(
        after[key][0] == IGNORE for key, label in zip(roster.keys, labels, strict=True) if label == IGNORE
    )


def test_every_row_says_what_it_is(row):
    assert str(parse(row.example)) == row.example
    for knob in knobs_of(row.apply):
        assert f"{knob.keyword}:" in row.apply.__doc__
    assert row.declares is None or row.declares in {knob.keyword for knob in knobs_of(row.apply)}
    assert all((row.formula, row.share_of, row.source))


def test_it_is_for_classes_of_images_alone(row):
    maps = Problem(Task.SEMANTIC, ("background", "cat"), background=0)
    with pytest.raises(BadInput, match="does not apply to semantic labels, only to classification ones"):
        check(parse(row.example), maps)
    check(parse(row.example), CLASSES)


def test_it_does_not_go_image_by_image(row):
    with pytest.raises(BadInput, match="sees a whole data set, not one image at a time"):
        corrupt(1, parse(row.example), problem=CLASSES, seed=0, key="a")


def test_no_name_is_of_both_kinds():
    assert not set(NOISES) & set(SET_NOISES)
    assert sees_the_set(parse("symmetric:0.1+dilution:1"))
    assert not sees_the_set(parse("symmetric:0.1"))

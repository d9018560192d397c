"""Properties of the whole audit: order does not matter, parts merge, odd input is refused or harmless."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from object_toys import SIZE, TILES, TRUE, Thing, given_of, predicted_of, seen_of, world

from truemask import rle
from truemask.audit import read_audit
from truemask.audit.diagnosis import agreement
from truemask.audit.instances import InstanceAudit, Predicted, Seen, audit_instances
from truemask.types import BadInput, Problem, Task


def noisy_world(seed: int = 0, images: int = 16) -> list[Seen]:
    """Boxes somewhere, given and predicted with all kinds of errors."""
    rng = np.random.default_rng(seed)
    made = []
    for row in range(images):
        things = []
        for place in range(int(rng.integers(0, 6))):
            top, left = (int(rng.integers(0, side - 12)) for side in SIZE)
            height, width = rng.integers(6, 30, 2).tolist()
            box = (top, left, min(SIZE[0], top + height), min(SIZE[1], left + width))
            things.append(Thing(int(rng.integers(1, 3)), box, float(rng.uniform(0.1, 1)), 100 * row + place))
        given = [thing for thing in things if rng.random() < 0.8]
        given = [replace(t, label=3 - t.label) if rng.random() < 0.2 else t for t in given]
        found = [_moved(thing, rng) for thing in things if rng.random() < 0.9]
        made.append(seen_of(f"image{row:02}", given, found))
    return made


def _moved(thing: Thing, rng: np.random.Generator) -> Thing:
    top, left, bottom, right = (side + int(rng.integers(-2, 3)) for side in thing.box)
    return replace(thing, box=(max(0, top), max(0, left), bottom, right))


def shuffled(seen: Seen, rng: np.random.Generator) -> Seen:
    given, found = seen.given, seen.found
    mine, theirs = rng.permutation(len(given)), rng.permutation(len(found))
    return Seen(
        seen.key,
        replace(
            given,
            classes=given.classes[mine],
            masks=tuple(given.masks[row] for row in mine),
            boxes=given.boxes[mine],
            ids=given.ids[mine],
            crowd=given.crowd[mine],
        ),
        Predicted(found.labels[theirs], found.scores[theirs], tuple(found.masks[row] for row in theirs)),
        None if seen.judged is None else seen.judged[mine],
    )


def same(one, other) -> bool:
    return bool(one.findings.equals(other.findings) and one.images.equals(other.images)) and np.array_equal(
        one.joint, other.joint
    )


def test_the_world_of_these_tests_has_findings_of_many_kinds():
    found = audit_instances(noisy_world(), TILES, least=0.1).findings
    assert len(found) > 10
    assert {"swapped", "missing", "spurious"} <= set(found["kind"].to_pylist())


@pytest.mark.parametrize("seed", range(5))
def test_no_order_of_objects_predictions_or_images_matters(seed):
    images, rng = noisy_world(seed), np.random.default_rng(seed)
    mixed = [shuffled(images[row], rng) for row in rng.permutation(len(images))]
    assert same(audit_instances(images, TILES, least=0.1), audit_instances(mixed, TILES, least=0.1))


@pytest.mark.parametrize("seed", range(5))
def test_audits_of_any_parts_merge_to_that_of_the_whole(seed):
    images, rng = noisy_world(seed), np.random.default_rng(seed)
    parts = [InstanceAudit(TILES) for _ in range(3)]
    for one in images:
        parts[int(rng.integers(3))].add(one)
    for other in parts[1:]:
        parts[0].merge(other)
    assert same(parts[0].result(0.1), audit_instances(images, TILES, least=0.1))


def test_findings_rank_by_score_and_lie_in_the_unit_interval():
    rows = audit_instances(noisy_world(), TILES, least=0.1).findings.to_pylist()
    scores = [row["score"] for row in rows]
    assert [row["rank"] for row in rows] == [*range(1, len(rows) + 1)]
    assert all(b <= a + 1e-3 for a, b in pairwise(scores))
    assert 0.1 <= min(scores) <= max(scores) <= 1


def test_fewer_findings_are_listed_from_a_higher_score_on():
    low, high = (audit_instances(noisy_world(), TILES, least=least).findings for least in (0.1, 0.7))
    kept = [row["score"] >= np.float32(0.7) for row in low.to_pylist()]
    assert 0 < len(high) == sum(kept) < len(low)


def test_nothing_given_and_nothing_found_is_no_error():
    empty = Seen("nothing", given_of([]), predicted_of([]))
    result = audit_instances([empty], TILES)
    assert len(result.findings) == 0
    assert result.images.to_pylist()[0]["units"] == 0
    assert np.isnan(result.wrong_rate)
    assert result.summary() == ["0 labelled objects; 0 without a label."]
    assert len(audit_instances([], TILES).images) == 0


def test_an_empty_mask_is_judged_like_any_other():
    images = world()
    nothing = Thing(1, (0, 0, 0, 0), id=9)
    images[0] = replace(images[0], given=given_of([*(replace(t, id=i) for i, t in enumerate(TRUE)), nothing]))
    (row,) = audit_instances(images, TILES).findings.to_pylist()
    assert (row["kind"], row["objects"], row["area_px"]) == ("spurious", [9], 0)


def test_one_pixel_images_are_audited():
    one = rle.pack(np.ones((1, 1, 1), bool))
    given = replace(given_of([Thing(1, (0, 0, 1, 1))]), size=(1, 1), masks=one)
    found = Predicted(np.array([1]), np.array([0.5], np.float32), one)
    assert len(audit_instances([Seen("dot", given, found)], TILES).findings) == 0


def test_an_audit_is_written_and_read_again(tmp_path):
    result = audit_instances(noisy_world(), TILES)
    result.write(tmp_path)
    again = read_audit(tmp_path)
    assert same(result, again)
    assert again.summary() == result.summary()
    assert again.problem == TILES


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        (
            seen_of("a", [Thing(3, (0, 0, 9, 9))], []),
            "'a': an object is given as class 3; classes of objects are",
        ),
        (seen_of("a", [], [Thing(0, (0, 0, 9, 9))]), "'a': an object is predicted as class 0"),
        (seen_of("a", [], [Thing(1, (0, 0, 9, 9), 1.5)]), "'a': scores of predictions lie in"),
        (seen_of("a", [], [Thing(1, (0, 0, 9, 9), float("nan"))]), "'a': scores of predictions lie in"),
        (replace(seen_of("a", [], []), judged=np.zeros((1, 3), np.float32)), "shape .1, 3. for 0 objects"),
        (
            Seen("a", given_of([]), replace(predicted_of([TRUE[0]]), masks=(b"\x7f",))),
            "'a': mask 0 is no run-length code",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(seen, message):
    with pytest.raises(BadInput, match=message):
        audit_instances([seen], TILES)


def test_images_come_once_and_problems_have_objects():
    with pytest.raises(BadInput, match="image 'image00' came twice"):
        audit_instances(world(1) * 2, TILES)
    one, other = InstanceAudit(TILES), InstanceAudit(TILES)
    one.add(world(1)[0])
    other.add(world(1)[0])
    with pytest.raises(BadInput, match="image 'image00' came twice"):
        one.merge(other)
    with pytest.raises(BadInput, match="this one is semantic"):
        InstanceAudit(Problem(Task.SEMANTIC, ("a", "b")))


def test_objects_are_counted_beside_the_predictions_at_their_place():
    images = world(4)
    known = [replace(thing, id=place) for place, thing in enumerate(TRUE)]
    images[0] = seen_of("image00", known, TRUE[1:])  # a box is not predicted
    images[1] = seen_of("image01", known, [replace(TRUE[0], label=2), *TRUE[1:]])  # a box taken for a tile
    result = audit_instances(images, TILES)
    assert result.predicted.tolist() == [[0, 0, 0], [1, 6, 1], [0, 0, 4]]
    found = agreement(result)
    assert (found.value, found.same, found.labels) == (pytest.approx(11 / 12), pytest.approx(10 / 12), 12)
    nothing = audit_instances([seen_of("x", [], TRUE)], TILES)
    assert np.isnan(agreement(nothing).value)

import numpy as np
import pytest
from noise_toys import OBJECTS, PIXELS, label_maps

from truemask import rle
from truemask.noise import Ledger, manifest_of, parse
from truemask.noise.segment.rates import SegmentRates, rate_of_each, sizes
from truemask.types import BadInput, Instances


def test_sizes_are_those_of_coco():
    areas = np.array([0, 32**2 - 1, 32**2, 96**2 - 1, 96**2])
    assert sizes(areas).tolist() == [0, 0, 1, 1, 2]


def test_the_closest_rate_counts():
    own = SegmentRates.parse("cat/small:0.5;cat:0.2;small:0.1;3/large:1")
    classes = np.array([1, 1, 2, 2, 3, 3], dtype=np.uint8)
    areas = np.array([10, 5000, 10, 5000, 10, 50_000])
    assert rate_of_each(OBJECTS, 0.7, own, classes, areas).tolist() == [0.5, 0.2, 0.1, 0.7, 0.1, 1.0]


def test_the_order_in_which_rates_are_written_does_not_matter():
    one, other = (SegmentRates.parse(text) for text in ("small:0.1;cat:0.2", "cat : .2; small:0.10"))
    assert one == other
    assert str(one) == "cat:0.2;small:0.1"
    assert str(parse("miss:0.3,rates=small:0.1;cat/small:0.5")) == "miss:0.3,rates=cat/small:0.5;small:0.1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cat", "no pair such as"),
        ("cat:1.5", "rate from 0 to 1"),
        ("cat/tiny:0.5", "a size is one of small, medium, large"),
        ("cat:0.1;cat:0.2", "say one of them twice"),
        ("/small:0.1", "no class or size"),
        (":0.1", "no class or size"),
    ],
)
def test_what_is_no_rate_is_one_line(text, said):
    with pytest.raises(BadInput, match=said):
        SegmentRates.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [("cow:0.5", "no class called 'cow'"), ("background:0.5", "no segments"), ("cat:0.1;1:0.2", "by number")],
)
def test_rates_of_classes_that_there_are_not(text, said):
    with pytest.raises(BadInput, match=said):
        SegmentRates.parse(text).table(OBJECTS, 0.5)


def squares(side_px, classes, first_id):
    """Objects of one size, each in an image corner of its own."""
    masks = np.zeros((len(classes), 120, 120), dtype=bool)
    masks[:, :side_px, :side_px] = True
    codes = rle.pack(masks)
    ids = np.arange(first_id, first_id + len(classes))
    crowd = np.zeros(len(classes), dtype=bool)
    return Instances((120, 120), np.array(classes, np.uint8), codes, rle.boxes(codes, (120, 120)), ids, crowd)


def test_small_things_are_missed_as_often_as_said_and_large_ones_never():
    ledger = Ledger(parse("miss:0,rates=small:0.5;cat/small:0.1"), OBJECTS, 5)
    small = [squares(31, [1] * 50 + [2] * 50, 1000 * n) for n in range(20)]
    large = [squares(100, [1, 2] * 10, 1000 * n + 500) for n in range(20)]
    after = [ledger.corrupt(one, f"small-{n}") for n, one in enumerate(small)]
    assert all(len(ledger.corrupt(one, f"large-{n}")) == 20 for n, one in enumerate(large))
    cats, dogs = (sum(int((one.classes == class_id).sum()) for one in after) for class_id in (1, 2))
    assert abs(cats - 900) <= 4 * np.sqrt(1000 * 0.1 * 0.9)
    assert abs(dogs - 500) <= 4 * np.sqrt(1000 * 0.5 * 0.5)
    (step,) = manifest_of(ledger).steps
    assert step.declared == pytest.approx((1000 * 0.1 + 1000 * 0.5) / 2400)
    assert (step.count, step.of) == (2000 - cats - dogs, 2400)


def test_what_should_come_to_pass_is_the_same_in_whatever_order_images_come():
    spec = parse("miss:0.1,rates=cat:0.3;small:0.7")
    maps = label_maps()
    forth, back = Ledger(spec, PIXELS, 5), Ledger(spec, PIXELS, 5)
    for key in maps:
        forth.corrupt(maps[key], key)
    for key in reversed(maps):
        back.corrupt(maps[key], key)
    assert forth.expected == back.expected
    assert forth.declared(0) == back.declared(0)

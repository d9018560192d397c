"""Images that are there twice: which pairs are found, and what is said of them."""

import numpy as np

from truemask.audit.evidence.twins import Fingerprint, find_twins, twin_findings


def mark(key, split="train", pixels=None, labels="x", bits=(0, 0), grey=100):
    return Fingerprint(
        split,
        key,
        (pixels or key).encode(),
        labels.encode(),
        None if bits is None else np.array(bits, np.uint64),
        np.full((2, 2), grey, np.uint8),
    )


FAR = 2**64 - 1


def said(*prints):
    return [(one.image, one.evidence, one.action) for one in twin_findings(find_twins(prints))]


def test_equal_pixels_once_each_with_their_first():
    found = said(
        mark("a", pixels="p"), mark("b", bits=(FAR, 0)), mark("c", pixels="p"), mark("d", "test", pixels="p")
    )
    assert found == [
        ("c", "twins: same as train/a, twice", "ignore"),
        ("d", "twins: same as train/a, split leak", "none"),
    ]


def test_the_same_image_with_other_labels_weighs_most():
    pairs = find_twins(
        [mark("a", pixels="p"), mark("b", pixels="p", labels="y"), mark("c", "val", pixels="p")]
    )
    findings = twin_findings(pairs)
    assert [pair.labels_differ for pair in pairs] == [True, False]
    assert findings[0].evidence == "twins: same as train/a, other labels"
    assert findings[0].weight > findings[1].weight
    assert {one.kind for one in findings} == {"duplicate"}
    assert findings[0].action == "none"


def test_what_looks_alike_is_near_in_bits_and_in_grey():
    a, near = mark("a"), mark("b", "test", bits=(0b111, 1))
    assert said(a, near) == [("b", "twins: alike as train/a, split leak", "none")]
    assert said(a, mark("b", bits=(2**13 - 1, 0))) == []  # thirteen bits apart
    assert said(a, mark("b", grey=105)) == []  # as near in bits, but lighter
    assert said(a, mark("b", bits=None)) == []  # nothing to go by


def test_the_nearest_before_is_the_twin():
    found = find_twins([mark("a"), mark("b", bits=(0b11111, 0)), mark("c", bits=(0b1111, 0))])
    assert [(pair.first.key, pair.second.key) for pair in found] == [("a", "b"), ("b", "c")]


def test_six_hundred_images_in_blocks():
    rng = np.random.default_rng(0)
    words = rng.integers(0, 2**63, (600, 4), dtype=np.uint64)
    words[577] = words[12]
    prints = [mark(str(row), bits=tuple(words[row].tolist())) for row in range(600)]
    assert [(pair.first.key, pair.second.key) for pair in find_twins(prints)] == [("12", "577")]


def test_nothing_and_one():
    assert find_twins([]) == []
    assert find_twins([mark("a")]) == []

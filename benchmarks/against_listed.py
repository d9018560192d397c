"""Findings about objects against a list of errors: precision of the first ones, average precision by kind."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from faster_coco_eval import mask as coco_mask

from benchmarks.listed_errors import ALIKE, Listed
from truemask.audit.against_truth import average_precision

Row = Mapping[str, Any]
"""A finding, as a row of `findings.SCHEMA`."""
SAME_PLACE = 0.5
"""IoU from which a finding is about an error."""
FIRST = (20, 50, 71, 100)
"""Findings that somebody looks at."""


def scores(findings: Sequence[Row], errors: Sequence[Listed]) -> dict[str, float]:
    """What the findings are worth, in the order given; NaN where there is no error of a kind.

    A place is looked at once: further findings about the same pixels of an image do not count. A finding is
    right if it is about an error, of whatever kind, and the first about it. Kind by kind, only findings that
    say the kind count, and errors of it.
    """
    looked = once(findings)
    hits = [place >= 0 for place in granted(looked, errors)]
    values = {f"P@{count}": sum(hits[:count]) / count for count in FIRST}
    values |= {
        "recall": sum(hits) / len(errors) if errors else float("nan"),
        "AP": _average(hits, len(errors)),
    }
    for kind, said in ALIKE.items():
        mine = [error for error in errors if error.kind == kind]
        saying = once([row for row in findings if row["kind"] in said])
        own = [place >= 0 for place in granted(saying, mine)]
        values[f"AP {kind}"] = _average(own, len(mine))
        values[f"recall {kind}"] = sum(own) / len(mine) if mine else float("nan")
    return values


def once(findings: Sequence[Row]) -> list[Row]:
    """The first finding at each place, in their order."""
    seen: set[tuple[str, bytes]] = set()
    return [
        row
        for row in findings
        if (at := (row["image"], row["rle"])) not in seen and not seen.add(at)  # type: ignore[func-returns-value]
    ]


def granted(findings: Sequence[Row], errors: Sequence[Listed]) -> list[int]:
    """Of each finding the place in `errors` of the one that it is the first about, or -1."""
    of_image = _by_image(errors)
    taken: set[int] = set()
    found = []
    for row in findings:
        places = [place for place in _about(row, errors, of_image[row["image"]]) if place not in taken]
        found.append(places[0] if places else -1)
        taken.update(places[:1])
    return found


def at_errors(findings: Sequence[Row], errors: Sequence[Listed]) -> list[bool]:
    """Whether each finding is at the place of an error of such a kind, be it the first one there or not."""
    of_image = _by_image(errors)
    return [
        any(row["kind"] in ALIKE[errors[at].kind] for at in _about(row, errors, of_image[row["image"]]))
        for row in findings
    ]


def image_scores(badness: Mapping[str, float], bad: Collection[str]) -> dict[str, float]:
    """Average precision of ranking images, and how many times as many bad ones as by chance are in the worst
    tenth.
    """
    names = sorted(badness)
    worth = np.array([badness[name] for name in names], np.float64)
    wrong = np.array([name in bad for name in names], bool)
    tenth = np.argsort(-worth, kind="stable")[: max(1, round(len(names) / 10))]
    order = np.argsort(-worth, kind="stable")
    ones = np.ones(len(names), np.int64)
    return {
        "image AP": average_precision(worth[order], ones, wrong[order].astype(np.int64)),
        "lift@10 %": float(wrong[tenth].mean() / wrong.mean()) if wrong.any() else float("nan"),
    }


def _by_image(errors: Sequence[Listed]) -> dict[str, list[int]]:
    """Places of the errors of each image; of another one, none."""
    of_image: dict[str, list[int]] = defaultdict(list)
    for place, error in enumerate(errors):
        of_image[error.image].append(place)
    return of_image


def _about(row: Row, errors: Sequence[Listed], places: Sequence[int]) -> list[int]:
    """Those of the errors that a finding is at the place of, the one that fits best first."""
    if not places:
        return []
    size = [row["height"], row["width"]]
    codes = [{"size": size, "counts": errors[place].code} for place in places]
    fits = coco_mask.iou([{"size": size, "counts": row["rle"]}], codes, [0] * len(codes))[0]
    order = np.argsort(-fits, kind="stable")
    return [places[at] for at in order.tolist() if fits[at] >= SAME_PLACE]


def _average(hits: Sequence[bool], errors: int) -> float:
    """Mean precision at each error that is found; those that are not count 0."""
    if not errors:
        return float("nan")
    right = np.array(hits, bool)
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float(precision[right].sum() / errors)

"""What was measured, as numbers for a file: everything that the tables and the spec are made from."""

from math import sqrt
from typing import Any

import numpy as np
from jaxtyping import Int64

from truemask.noise.segment.rates import LIMITS_PX, SIZES
from truemask.noise.twin.compare import BAND_PX, SPECK_PX
from truemask.noise.twin.match import LEAST_IOU
from truemask.noise.twin.outlines import OFF_PX
from truemask.noise.twin.spec import spec_of
from truemask.noise.twin.tally import GAPS_PX, Tally
from truemask.types import Task


def report_of(tally: Tally) -> dict[str, Any]:
    """The measured noise, ready for JSON.

    Of label sets of whole images: `spec`, `images`, `differ`, `classes`, `confused`. Of label maps and
    objects also: `kinds` (`count` of `of`, kind by kind), `by_class` and `by_size` (the same), `outlines`
    (how many redrawn, bias and jitter in pixels), `swaps`, and of label maps `pixels`, the confusion away
    from outlines, and `specks`, that of single pixels within things. `measured_with` has the limits that
    decide what counts as what.
    """
    names = tally.problem.classes
    report: dict[str, Any] = {
        "spec": spec_of(tally),
        "task": str(tally.problem.task),
        "classes": list(names),
        "images": tally.images,
        "differ": tally.differ,
        "confused": tally.confused.tolist(),
    }
    if not tally.of_segments:
        return report
    pairs = kinds(tally)
    report |= {
        "kinds": {kind: _pair(int(n.sum()), int(of.sum())) for kind, (n, of) in pairs.items()},
        "by_class": {
            label: {kind: _pair(int(n[row].sum()), int(of[row].sum())) for kind, (n, of) in pairs.items()}
            for row, label in enumerate(names)
            if tally.things[row].any() or tally.spurious[row].any()
        },
        "by_size": {
            size: {kind: _pair(int(n[:, at].sum()), int(of[:, at].sum())) for kind, (n, of) in pairs.items()}
            for at, size in enumerate(SIZES)
        },
        "swaps": tally.swaps,
        "outlines": outlines(tally),
        "measured_with": {
            "least_iou": LEAST_IOU,
            "redrawn_from_px": OFF_PX,
            "sizes_from_px": list(LIMITS_PX),
            "gaps_up_to_px": GAPS_PX,
        },
    }
    if tally.problem.task == Task.SEMANTIC:
        report["pixels"], report["specks"] = tally.pixels.tolist(), tally.inside.tolist()
        report["measured_with"] |= {"band_px": BAND_PX, "specks_below_px": SPECK_PX}
    return report


def kinds(tally: Tally) -> dict[str, tuple[Int64[np.ndarray, "k 3"], Int64[np.ndarray, "k 3"]]]:
    """How many, of how many, by class and size. Wrong classes are not counted by size: all count as small."""
    wrong, total = np.zeros_like(tally.things), np.zeros_like(tally.things)
    total[:, 0] = tally.confused.sum(axis=1)
    wrong[:, 0] = total[:, 0] - tally.confused.diagonal()
    return {
        "missed": (tally.missed, tally.things),
        "wrong class": (wrong, total),
        "merged": (tally.merged.sum(axis=2), tally.near.sum(axis=2)),
        "split": (tally.split, tally.matched),
        "twice": (tally.twice, tally.given),
        "spurious": (tally.spurious, tally.given + tally.twice),
        "gross outline": (tally.gross, tally.outlines),
        "redrawn": (tally.redrawn, tally.outlines),
    }


def outlines(tally: Tally) -> dict[str, float | int | None]:
    """Bias, its deviation from thing to thing, and jitter along outlines, of those that were redrawn."""
    n, of = int(tally.redrawn.sum()), int(tally.outlines.sum())
    if not n:
        return {"compared": of, "redrawn": 0, "bias_px": None, "bias_sd_px": None, "jitter_px": None}
    mean, squares, variance = (tally.off_px.sum(axis=(0, 1)) / n).tolist()
    return {
        "compared": of,
        "redrawn": n,
        "bias_px": mean,
        "bias_sd_px": sqrt(max(0.0, squares - mean**2)),
        "jitter_px": sqrt(variance),
    }


def _pair(count: int, of: int) -> dict[str, int]:
    return {"count": count, "of": of}

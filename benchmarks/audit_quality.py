"""How well audits find errors that were put in: pixels, segments, images, against cleanlab.

Both judge the same out-of-fold probabilities. They are made once, which takes most of the time, and kept in
the folder `--scratch`, so that a second run costs seconds a case. CamVid is read from `--camvid`.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import mean

import numpy as np
import typer
from sklearn.metrics import average_precision_score

from benchmarks.out_of_fold import LACKS, NOISES, Case, make_case
from benchmarks.report import Row, publish
from benchmarks.segment_audits import Verdict, by_cleanlab, by_truemask
from truemask.audit.semantic.against_truth import SegmentTally, kinds_of, wrong_segments
from truemask.noise import parse
from truemask.types import IGNORE

AUDITS: dict[str, Callable[[Case], Verdict]] = {
    "truemask": by_truemask,
    "truemask, without images": partial(by_truemask, see=False),
    "cleanlab": by_cleanlab,
}
MEASURES = (
    "pixel AP",
    "pixel F1",
    "segment P@R.5",
    "segment AP",
    "kind right",
    "image AP",
    "lift@10 %",
    "tolerant softmin AP",
    "page AP",
)
"""P@R.5: precision of the top segments, down to half of the wrong ones; 0 where these are never found. AP of
segments: of the ranking of those that the audit names. Kind right: of the segments that are wrong, those that
it calls what the noise does. Lift@10 %: how many times as many bad images as by chance in the worst tenth.
Page AP: of images in the order of an audit's page."""


def main(
    scratch: Path = Path("runs/audit-quality"),
    camvid: Path | None = None,
    seeds: int = 1,
    only: str = "",
) -> None:
    """Print the table and keep it in benchmarks/results/audit_quality.json.

    Args:
        scratch: folder of predictions.
        camvid: folder of the pack; without it, CamVid is left out.
        seeds: repetitions of each case.
        only: cases, such as `organelles-drop,camvid-swap`; all, if empty.
    """
    chosen = only.split(",") if only else [f"{data}-{kind}" for data, kind in _cases(camvid)]
    rows: list[Row] = []
    for name in chosen:
        data, _, kind = name.partition("-")
        made = [make_case(data, kind, seed, scratch, camvid) for seed in range(seeds)]
        for who, audit in AUDITS.items():
            values = [scores(case, audit(case)) for case in made]
            rows.append({"data": data, "errors": kind, "by": who, **_mean(values)})
        print(name, flush=True)
    publish(
        "audit_quality",
        "Errors put into 30 % of the images, found in the same out-of-fold probabilities",
        rows,
        settings={"seeds": seeds, **{f"noise of {kind}": spec for kind, spec in NOISES.items()}},
        packages=("cleanlab", "scikit-learn"),
        notes=_behind(rows),
    )


def scores(case: Case, verdict: Verdict) -> dict[str, float]:
    """The numbers of MEASURES for one case; NaN where undefined."""
    wrong = [(row.given != row.truth) & (row.given != IGNORE) & (row.truth != IGNORE) for row in case.rows]
    known = [(row.given != IGNORE) & (row.truth != IGNORE) for row in case.rows]
    pixels = np.concatenate([plane[k] for plane, k in zip(verdict.pixels, known, strict=True)])
    flagged = np.concatenate([plane[k] for plane, k in zip(verdict.flagged, known, strict=True)])
    truth = np.concatenate([plane[k] for plane, k in zip(wrong, known, strict=True)])
    tally = _tally(case, verdict, wrong, known)
    bad = np.array([plane.any() for plane in wrong])
    values = {
        "pixel AP": float(average_precision_score(truth, pixels)),
        "pixel F1": float(2 * (flagged & truth).sum() / (flagged.sum() + truth.sum())),
        "segment P@R.5": tally.precision_at(0.5),
        "segment AP": _ap(tally.right, [-rank for rank in tally.ranks]),
        "kind right": tally.compute().get("kind_accuracy", float("nan")),
        "image AP": float(average_precision_score(bad, verdict.images)),
        "lift@10 %": lift(bad, verdict.images, 0.1),
    }
    for name, said in (("tolerant softmin AP", verdict.tolerant), ("page AP", verdict.page)):
        values[name] = float("nan") if said is None else _ap(bad, said)
    return values


def lift(bad: np.ndarray, badness: Iterable[float], share: float) -> float:
    """How many times as many bad images as by chance are among the worst ranked ones."""
    worst = np.argsort(-np.array([*badness]), kind="stable")[: max(1, round(share * len(bad)))]
    return float(bad[worst].mean() / bad.mean())


def _tally(case: Case, verdict: Verdict, wrong: list[np.ndarray], known: list[np.ndarray]) -> SegmentTally:
    """Segments of all images, ranked by score."""
    says_kinds = any(kind for kinds in verdict.kinds for kind in kinds)
    tally = SegmentTally(kinds_of(parse(NOISES[case.kind]), case.problem.background) if says_kinds else ())
    every = np.concatenate(verdict.scores)
    places = np.empty(len(every), np.int64)
    places[np.argsort(-every, kind="stable")] = np.arange(1, len(every) + 1)
    starts = np.cumsum([0, *(len(one) for one in verdict.scores)])
    for i, row in enumerate(case.rows):
        ranks = places[starts[i] : starts[i + 1]]
        order = np.argsort(ranks)
        renamed = np.zeros(len(ranks) + 1, np.int32)
        renamed[order + 1] = np.arange(1, len(ranks) + 1)
        ids = np.where(known[i], renamed[verdict.ids[i]], 0)
        kinds = [verdict.kinds[i][place] for place in order.tolist()]
        segments, count = wrong_segments(row.given, row.truth)
        tally.add_ids(ids, ranks[order].tolist(), kinds, segments, count, wrong[i])
    return tally


def _cases(camvid: Path | None) -> Iterable[tuple[str, str]]:
    for data in ("organelles", "camvid", "scenes"):
        if data == "camvid" and camvid is None:
            print("CamVid is left out: name its folder with --camvid")
            continue
        yield from ((data, kind) for kind in NOISES if kind not in LACKS.get(data, ()))


def _ap(hits: Iterable[bool], badness: Iterable[float]) -> float:
    right = np.array([*hits], bool)
    return float(average_precision_score(right, [*badness])) if right.any() else float("nan")


def _mean(values: list[dict[str, float]]) -> dict[str, float | None]:
    means = {name: mean(one[name] for one in values) for name in MEASURES}
    return {name: None if np.isnan(value) else value for name, value in means.items()}


def _behind(rows: list[Row]) -> list[str]:
    """Where truemask is not ahead."""
    notes = []
    for ours, theirs in zip(rows[:: len(AUDITS)], rows[len(AUDITS) - 1 :: len(AUDITS)], strict=True):
        lost = [
            f"{name} {ours[name]:.3f} against {theirs[name]:.3f}"
            for name in MEASURES
            if isinstance(ours[name], float)
            and isinstance(theirs[name], float)
            and round(float(ours[name] or 0), 3) < round(float(theirs[name] or 0), 3)
        ]
        if lost:
            notes.append(f"Not ahead on {ours['data']}, {ours['errors']}: {'; '.join(lost)}.")
    return notes


if __name__ == "__main__":
    typer.run(main)

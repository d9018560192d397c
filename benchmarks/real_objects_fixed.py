"""What fixing real wrong objects is worth: labels against corrected ones, and networks that learn both."""

from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import numpy as np
import pyarrow as pa

from benchmarks.against_listed import at_errors, granted, once
from benchmarks.calibrated_lists import judged, reviewed
from benchmarks.fixing import ALL, SURE, fixed_by
from benchmarks.kept_scores import kept_score
from benchmarks.label_agreement import mean_iou, panoptic_quality
from benchmarks.object_packs import HELD_OUT, Pack
from benchmarks.report import Cell, Row
from truemask.audit import AuditResult
from truemask.audit.calibration import Calibration
from truemask.data.dataset import Dataset
from truemask.data.views import AsSemantic, Subset, hold_out
from truemask.fixing import Fixer

DECISIONS = 80
"""About each list, as `truemask spot-check` asks for."""
RULES = (SURE, "kind=hole", ALL)
"""What is promised to be right nine times in ten; what the given masks alone show; all."""


def worth_of_fixing(
    pack: Pack, audit: AuditResult, calibration: Calibration, scratch: Path, networks: int
) -> Iterator[Row]:
    """A row for each rule, and for the first one after a spot check.

    Without networks, their scores are left out. They learn label maps, which takes a tenth of the time that
    objects take, and are tested on corrected labels of images held out. The audit's networks had seen those
    images, with their given labels.
    """

    def net(labels: Dataset) -> float:
        train, _ = hold_out(AsSemantic(labels), HELD_OUT)
        _, test = hold_out(AsSemantic(pack.fixed), HELD_OUT)
        plans = (pack.plan(train, seed) for seed in range(networks))
        return mean(kept_score(train, test, plan, scratch / "maps") for plan in plans)

    alone = judged(pack.name, "people", audit, calibration, lambda rows: at_errors(rows, pack.errors))
    known = [image not in pack.removed for image in alone.findings["image"].to_pylist()]
    checked = reviewed(alone.where(np.array(known)), DECISIONS, 0)
    tables = {rule: (rule, alone.findings) for rule in RULES}
    tables[f"{SURE}, {DECISIONS} of each list decided"] = (SURE, checked.findings)
    for name, (rule, findings) in tables.items():
        fixer, fixed = fixed_by(pack.given, findings, rule)
        row: dict[str, Cell] = {"data": pack.name, "rule": name, **_accepted(pack, fixer, findings)}
        for who, labels in (("given", pack.given), ("fixed", fixed)):
            known = _known(labels, pack.fixed)
            row[f"labels, objects: {who}"] = panoptic_quality(known, pack.fixed)
            row[f"labels, maps: {who}"] = mean_iou(AsSemantic(known), AsSemantic(pack.fixed))
        for who, labels in (("given", pack.given), ("fixed", fixed), ("true", pack.fixed)):
            row[f"net: {who}"] = net(labels) if networks else None
        print(row, flush=True)
        yield row


def _accepted(pack: Pack, fixer: Fixer, findings: pa.Table) -> dict[str, Cell]:
    """How many findings were acted on, what was promised of them, and how many are about a listed error."""
    rows = findings.to_pylist()
    applied = [rows[at] for at in sorted(fixer.applied()) if rows[at]["image"] not in pack.removed]
    hits = [place >= 0 for place in granted(once(applied), pack.errors)]
    promised = [row["p_wrong"] for row in applied if row["p_wrong"] is not None]
    return {
        "applied": len(applied),
        "promised": float(np.mean(promised)) if promised else None,
        "about an error": float(np.mean(hits)) if hits else None,
    }


def _known(labels: Dataset, truth: Dataset) -> Dataset:
    """The rows whose truth is known, in its order."""
    rows = {key: row for row, key in enumerate(labels.keys)}
    return Subset(labels, [rows[key] for key in truth.keys])

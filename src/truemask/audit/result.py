"""The outcome of an audit: in numbers, in plain words, and on disk."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float64, Int64

from truemask.audit.findings import read_findings, write_findings
from truemask.files import write_json, write_whole
from truemask.types import BadInput, Problem, Task

Unit = Literal["pixels", "images", "objects"]

_IMAGES = pa.schema(
    [
        pa.field("rank", pa.int64(), nullable=False),
        pa.field("image", pa.string(), nullable=False),
        pa.field("score", pa.float64()),
        pa.field("quality", pa.float64()),
        pa.field("units", pa.int64(), nullable=False),
        pa.field("flagged", pa.int64(), nullable=False),
    ]
)
SUSPECT_SHARE = "suspect_share"
"""A column more where the segments of label maps were audited: the share of an image's labelled pixels that
are in suspect segments, each counted by the score of its segment; in [0, 1], null without labels."""


@dataclass(frozen=True)
class AuditResult:
    """What confident learning says about a data set. Class axes: rows given, columns presumed true.

    Args:
        problem: whose labels they are.
        units: labelled units (pixels, or images) given as each class.
        ignored: units without a label.
        thresholds: probability from which a unit is confidently of a class; NaN for one never given.
        confident_joint: units given as i that are confidently j.
        joint: estimated share of all units that are given as i and truly j: from the confident joint, and
            where an audit of classes was calibrated, by likelihood.
        flagged: units given as i that are flagged and proposed to be j.
        images: all images, worst first: rank, image, score (1 - quality), quality (of the labels, in [0, 1]),
            units, flagged; of label maps also SUSPECT_SHARE. Images without labels come last, with null
            scores.
        findings: what to look at, best first (see `findings.SCHEMA`).
        unit: what bears one label.
        notes: what a reader must know of the predictions behind it, a sentence each.
        predicted: units given as i and predicted to be j; objects that no prediction is at the place of are
            in the column of background. None where that was not counted.
        outline_px: by how many pixels outlines of label maps may be off before labels there are doubted;
            None where segments were not audited.
    """

    problem: Problem
    units: Int64[np.ndarray, "k"]
    ignored: int
    thresholds: Float64[np.ndarray, "k"]
    confident_joint: Int64[np.ndarray, "k k"]
    joint: Float64[np.ndarray, "k k"]
    flagged: Int64[np.ndarray, "k k"]
    images: pa.Table
    findings: pa.Table
    unit: Unit = "images"
    notes: tuple[str, ...] = ()
    predicted: Int64[np.ndarray, "k k"] | None = None
    outline_px: float | None = None

    @property
    def wrong_rate(self) -> float:
        """Estimated share of labels that are wrong; NaN without labels."""
        return float(1 - np.trace(self.joint))

    @property
    def wrong_rate_given(self) -> Float64[np.ndarray, "k"]:
        """Estimated P(wrong | given = i), for each given class; NaN for one never given."""
        return _one_minus(np.diag(self.joint), self.joint.sum(axis=1))

    @property
    def noise_rate(self) -> Float64[np.ndarray, "k"]:
        """Estimated P(wrong | true = j), for each true class; NaN for one presumed nowhere."""
        return _one_minus(np.diag(self.joint), self.joint.sum(axis=0))

    def summary(self) -> list[str]:
        """The outcome in plain words, a sentence a line."""
        total = int(self.units.sum())
        where = f" in {len(self.images):,} images" if self.unit == "pixels" else ""
        lines = [f"{total:,} labelled {self.unit}{where}; {self.ignored:,} without a label."]
        if not total:
            return [*lines, *self.notes]
        share = self.flagged.sum() / total
        flagged = f"{share:.1%} are flagged ({self._where()})"
        looks = "of the labels look wrong"
        if self.problem.task == Task.INSTANCE:
            looks = "of the objects look missing, spurious or of the wrong class"
            flagged = f"{len(self.findings):,} findings ({self._kinds()})"
        lines.append(f"About {self.wrong_rate:.1%} {looks}; {flagged}.")
        return lines + self._pairs() + self._absent() + self._worst() + [*self.notes]

    def worst_images(self) -> list[dict[str, Any]]:
        """Rows of images that something is flagged in, or suspect, in the order in which to look at them.

        By their score; where segments were audited, by the sum of that and of the share that is suspect: many
        pixels that are unsure, or segments that are surely wrong.
        """
        rows = self.images.to_pylist()
        if SUSPECT_SHARE not in self.images.column_names:
            return [row for row in rows if row["flagged"]]
        found = [row for row in rows if row["flagged"] or row[SUSPECT_SHARE]]
        return sorted(found, key=lambda row: -(row["score"] + row[SUSPECT_SHARE]))

    def write(self, folder: Path) -> None:
        """Write findings.parquet, images.parquet and, last, audit.json, each whole or not at all."""
        # First of all: tables of an audit that breaks off here must not pass for those of the one before.
        (folder / "audit.json").unlink(missing_ok=True)
        write_findings(self.findings, folder / "findings.parquet")
        write_whole(folder / "images.parquet", lambda fresh: pq.write_table(self.images, fresh))
        problem = self.problem
        content = {
            "task": str(problem.task),
            "classes": list(problem.classes),
            "channels": problem.channels,
            "background": problem.background,
            "points": problem.points,
            "unit": self.unit,
            "units": self.units.tolist(),
            "ignored": self.ignored,
            "thresholds": _with_null(self.thresholds),
            "confident_joint": self.confident_joint.tolist(),
            "joint": [_with_null(row) for row in self.joint],
            "flagged": self.flagged.tolist(),
            "wrong_rate": _with_null(np.array([self.wrong_rate]))[0],
            "wrong_rate_given": _with_null(self.wrong_rate_given),
            "noise_rate": _with_null(self.noise_rate),
            "notes": [*self.notes],
            "predicted": None if self.predicted is None else self.predicted.tolist(),
            "outline_px": self.outline_px,
            "summary": self.summary(),
        }
        write_json(folder / "audit.json", content)

    def _where(self) -> str:
        if self.problem.task == Task.CLASSIFICATION:
            return f"{len(self.findings):,} {self.unit}"
        segments = dict(self._counts("level")).get("segment", 0)
        images = sum(count > 0 for count in self.images["flagged"].to_pylist())
        return f"{segments:,} segments in {images:,} images"

    def _kinds(self) -> str:
        counts = sorted(self._counts("kind"), key=lambda one: (-one[1], one[0]))
        return ", ".join(f"{count:,} {kind}" for kind, count in counts) or "none"

    def _counts(self, column: str) -> list[tuple[str, int]]:
        counted = self.findings[column].value_counts()
        return [(one["values"], one["counts"]) for one in counted.to_pylist()]

    def _pairs(self, most: int = 3) -> list[str]:
        """The pairs of classes that most wrong labels are presumed to be."""
        wrong = self.joint - np.diag(np.diag(self.joint))
        worst = [divmod(int(at), len(wrong)) for at in np.argsort(-wrong, axis=None, kind="stable")[:most]]
        names = self.problem.classes
        shares = [(i, j, wrong[i, j] / self.joint[i].sum()) for i, j in worst if wrong[i, j] > 0]
        return [
            f"Of the {self.unit} given as '{names[i]}', {share:.1%} look like '{names[j]}' "
            f"({self.flagged[i, j]:,} flagged)."
            for i, j, share in shares
            if share >= 0.0005  # below, it would read 0.0 %
            and self.units[i]  # nothing is given as the background of objects
        ]

    def _absent(self) -> list[str]:
        nothing = 0 if self.problem.task == Task.INSTANCE else None
        classes = enumerate(zip(self.problem.classes, self.units, strict=True))
        absent = [f"'{name}'" for at, (name, n) in classes if not n and at != nothing]
        return [f"Never given, so not judged: {', '.join(absent)}."] if absent else []

    def _worst(self, most: int = 5) -> list[str]:
        keys = [row["image"] for row in self.worst_images()[:most]]
        return [f"Look first at: {', '.join(keys)}."] if keys else []


def images_table(rows: Sequence[dict[str, object]]) -> pa.Table:
    """Images with their quality, worst first; equal ones by key; those without labels last."""
    quality = np.array([row["quality"] for row in rows], np.float64)
    order = np.lexsort((np.array([str(row["image"]) for row in rows], str), quality))
    columns = {name: [rows[i][name] for i in order] for name in ("image", "units", "flagged")}
    ranked = _with_null(quality[order])
    return pa.table(
        columns
        | {
            "rank": [*range(1, len(rows) + 1)],
            "quality": ranked,
            "score": [None if q is None else 1 - q for q in ranked],
        },
        schema=_IMAGES,
    )


def read_audit(folder: Path) -> AuditResult:
    """An audit that was written to a folder.

    Raises:
        BadInput: if the folder has no finished audit.
    """
    path = folder / "audit.json"
    if not path.is_file():
        raise BadInput(f"{folder} has no finished audit (no audit.json): run the audit again")
    content = json.loads(path.read_text(encoding="utf-8"))
    return AuditResult(
        problem=Problem(
            Task(content["task"]),
            tuple(content["classes"]),
            channels=content["channels"],
            background=content["background"],
            points=content["points"],
        ),
        units=np.array(content["units"], np.int64),
        ignored=content["ignored"],
        thresholds=np.array(content["thresholds"], np.float64),
        confident_joint=np.array(content["confident_joint"], np.int64),
        joint=np.array(content["joint"], np.float64),
        flagged=np.array(content["flagged"], np.int64),
        images=pq.read_table(folder / "images.parquet"),
        findings=read_findings(folder / "findings.parquet"),
        unit=content["unit"],
        notes=tuple(content["notes"]),
        predicted=None if content["predicted"] is None else np.array(content["predicted"], np.int64),
        outline_px=content["outline_px"],
    )


def _one_minus(parts: Float64[np.ndarray, "k"], wholes: Float64[np.ndarray, "k"]) -> Float64[np.ndarray, "k"]:
    shares = np.full(len(parts), np.nan)
    np.divide(parts, wholes, out=shares, where=wholes > 0)
    return 1 - shares


def _with_null(values: Float64[np.ndarray, "n"]) -> list[float | None]:
    """JSON and Parquet have null for what is undefined."""
    return [None if np.isnan(value) else float(value) for value in values]

"""What cleanlab 2.9 says of label maps, pixel by pixel the same, from a stream and in little memory.

It answers as `segmentation.filter.find_label_issues` with `n_jobs=1` and any `downsample`, and as softmin
of `segmentation.rank.get_label_quality_scores` (Lad & Mueller 2023, arXiv:2307.05080). Its rules, where
they differ from `confident_learning`:

- the threshold of a class is a running mean over batches of images, in the precision of the probabilities,
  and next to 0 for a class that is never given;
- a unit counts as wrong if its most probable class is not the given one and reaches its own threshold;
- that many units with the lowest self-confidence are flagged, whatever their classes, but for those whose
  most probable class is the given one;
- which of several units of equal self-confidence come before the cut is up to numpy's sort, which is not
  stable: the same sort decides here, up to a size (see `lowest`).
"""

import dataclasses
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64, Int64

from truemask.audit.candidates import CandidateStore, Source
from truemask.audit.class_confidence import given_probability
from truemask.audit.cleanlab_units import Units, judged, shrunk
from truemask.audit.confident_joint import Candidates
from truemask.audit.findings import Collected
from truemask.audit.flags import flagged_label_map
from truemask.audit.lowest import Lowest, lowest
from truemask.audit.passes import image_rows
from truemask.audit.result import AuditResult, images_table
from truemask.audit.stream import Block, Stream, blocks
from truemask.types import IGNORE, BadInput, Problem, Task

EVIDENCE = "cleanlab"
_BATCH = 10_000
_FLOOR = 2e-6
_SLACK = 1e-6


@dataclass
class _Counts:
    """What the second pass adds up."""

    passing: Int64[np.ndarray, "k k"]
    given: Int64[np.ndarray, "k"]
    cells: int = 0


def cleanlab_parity(
    stream: Stream,
    problem: Problem,
    *,
    downsample: int = 1,
    temperature: float = 0.1,
    min_area_px: int = 4,
) -> AuditResult:
    """The pixels that cleanlab flags, as findings, and its softmin scores, as the qualities of images.

    The flagged pixels of an image are the `rle` of its finding at level "image"; segments are ours. The
    confident joint counts units by given and most probable class where that reaches its threshold; what lies
    off its diagonal is cleanlab's number of issues. Thresholds are cleanlab's, of classes never given, too.

    Args:
        stream: key, label map and out-of-sample probabilities of each image, all of one size, each pixel
            with a label; is called twice.
        problem: a semantic one.
        downsample: judge cells of so many by so many pixels, by the mean of their class ids, rounded, and
            of their probabilities.
        temperature: of the soft minimum.
        min_area_px: smaller segments are no findings of their own.

    Raises:
        BadInput: for what cleanlab does not take (several sizes, pixels that are IGNORE, a size that
            `downsample` does not divide), and for what no audit takes.
    """
    if problem.task != Task.SEMANTIC:
        raise BadInput(f"the parity mode is for label maps; this is {problem.task}: leave --parity out")
    if downsample < 1:
        raise BadInput(f"--downsample is a number of pixels, 1 or more; got {downsample}")
    thresholds = _Thresholds(problem.num_classes)
    for block in _blocks(stream, problem, downsample):
        thresholds.update(shrunk(block, downsample))
    reaching = thresholds.values() - _SLACK
    k = problem.num_classes
    counts = _Counts(np.zeros((k, k), np.int64), np.zeros(k, np.int64))
    with tempfile.TemporaryDirectory(prefix="truemask-") as scratch:
        store = CandidateStore(Path(scratch) / "candidates")
        confidences = Path(scratch) / "confidences"
        dtype = _second_pass(
            _blocks(stream, problem, downsample),
            (store, confidences),
            counts,
            reaching,
            (downsample, temperature),
        )
        if not counts.cells:
            raise BadInput("nothing to audit: the stream has no images")
        if counts.cells != thresholds.cells:
            raise BadInput(
                f"the stream gave {thresholds.cells} units in the first pass, {counts.cells} in the second: "
                "it must be a function that starts anew, and the same, at each call"
            )
        off_diagonal = counts.passing - np.diag(np.diag(counts.passing))
        cut = lowest(confidences, dtype, int(off_diagonal.sum()))
        pairs, images, findings = np.zeros((k, k), np.int64), list[dict[str, object]](), Collected()
        for source, flags in _flagged(store, confidences, cut, dtype, downsample):
            np.add.at(pairs, (flags.given, flags.proposed), 1)
            images += image_rows(source, flags.index)
            found = flagged_label_map(source, flags, problem, min_area_px=min_area_px)
            findings.extend(dataclasses.replace(one, evidence=EVIDENCE) for one in found)
    joint = off_diagonal / counts.cells
    np.fill_diagonal(joint, thresholds.units / counts.cells - joint.sum(axis=1))
    return AuditResult(
        problem=problem,
        units=counts.given,
        ignored=0,
        thresholds=thresholds.values(),
        confident_joint=counts.passing,
        joint=joint,
        flagged=pairs,
        images=images_table(images),
        findings=findings.ranked(problem.classes),
        unit="pixels",
    )


class _Thresholds:
    """The running mean of each class's self-confidence, batch after batch as cleanlab makes them."""

    def __init__(self, num_classes: int) -> None:
        self.units = np.zeros(num_classes)
        self.cells = 0
        self._means = np.zeros(num_classes)
        self._waiting: list[Units] = []

    def update(self, units: Units) -> None:
        """Take in an image."""
        self.cells += len(units.labels)
        self._waiting.append(units)
        if len(self._waiting) >= max(_BATCH // units.probs.size, 1):
            self._take()

    def values(self) -> Float64[np.ndarray, "k"]:
        """The thresholds by now."""
        if self._waiting:
            self._take()
        return self._means

    def _take(self) -> None:
        labels = np.concatenate([units.labels for units in self._waiting])
        own = np.concatenate([given_probability(units.labels, units.probs) for units in self._waiting])
        self._waiting = []
        counts = np.bincount(labels, minlength=len(self.units))
        by_class = np.split(own[np.argsort(labels, kind="stable")], np.cumsum(counts)[:-1])
        # As a list: where a class is absent, the means of the others are held in double precision.
        means = np.clip([np.mean(one) if len(one) else 2 for one in by_class], _FLOOR, None)
        both = np.clip(self.units + counts, 1, None)
        self._means = np.clip((self.units * self._means + counts * means) / both, _FLOOR, None)
        self.units += counts


def _blocks(stream: Stream, problem: Problem, downsample: int) -> Iterator[Block]:
    """The label maps of a pass, if cleanlab takes them."""
    size = None
    for block in blocks(stream, problem):
        assert block.size is not None
        size = size or block.size
        if block.size != size:
            raise BadInput(
                f"{block} has {block.size[0]} x {block.size[1]} px, the first {size[0]} x {size[1]}: "
                "cleanlab takes images of one size; leave --parity out"
            )
        if (block.labels == IGNORE).any():
            raise BadInput(f"{block} has pixels without a label: cleanlab takes none; leave --parity out")
        if size[0] % downsample or size[1] % downsample:
            raise BadInput(f"{block}: {size[0]} x {size[1]} px do not divide by --downsample {downsample}")
        yield block


def _second_pass(
    maps: Iterator[Block],
    files: tuple[CandidateStore, Path],
    counts: _Counts,
    reaching: Float64[np.ndarray, "k"],
    knobs: tuple[int, float],
) -> np.dtype:
    """Count what passes, and write down what the cut will ask for; returns the type of the probabilities."""
    (store, confidences), (downsample, temperature) = files, knobs
    k = len(reaching)
    dtype = np.dtype(np.float32)
    with confidences.open("wb") as file:
        for block in maps:
            pixels = judged(Units(block.labels, block.probs))
            if np.isnan(block.probs.max()):
                raise BadInput(f"{block}: some probability is NaN, which says nothing of a label")
            small = shrunk(block, downsample)
            cells = pixels if downsample == 1 else judged(small)
            passes = cells.highest >= reaching[cells.top]
            pairs = small.labels[passes].astype(np.int64) * k + cells.top[passes]
            counts.passing += np.bincount(pairs, minlength=k * k).reshape(k, k)
            counts.given += np.bincount(block.labels, minlength=k)
            counts.cells += len(cells.own)
            dtype = cells.own.dtype
            file.write(cells.own.tobytes())
            quality = np.array([softmin(pixels.own, temperature)])
            index = np.flatnonzero(pixels.top != block.labels)
            margin = pixels.highest[index].astype(np.float32) - pixels.own[index].astype(np.float32)
            store.add(
                Source(block.keys, block.size, np.array([len(block.labels)]), quality),
                Candidates(index, block.labels[index], pixels.top[index], margin),
            )
    return dtype


def _flagged(
    store: CandidateStore, confidences: Path, cut: Lowest, dtype: np.dtype, downsample: int
) -> Iterator[tuple[Source, Candidates]]:
    """The flagged pixels of each image."""
    start = 0
    with confidences.open("rb") as file:
        for source, candidates in store:
            height, width = source.size or (0, 0)
            cells = height * width // downsample**2
            own = np.frombuffer(file.read(cells * dtype.itemsize), dtype)
            chosen = cut.chosen(own, start)
            rows, columns = np.divmod(candidates.index, max(width, 1))
            cell = rows // downsample * (width // downsample) + columns // downsample
            yield source, candidates[chosen[cell]]
            start += cells


def softmin(confidences: Float[np.ndarray, "n"], temperature: float = 0.1) -> float:
    """cleanlab's image score: in double precision, in its order of operations, so that no bit differs.

    `class_confidence.soft_minimum` is the same quantity in single precision, for four times the speed.
    """
    own = confidences.astype(np.float64)[None]
    exponents = (1 - own) / max(temperature, 1e-6)
    exponents = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    weights = exponents / exponents.sum(axis=1, keepdims=True)
    return float(np.einsum("ij,ij->i", own, weights)[0])

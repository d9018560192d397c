"""How long an audit will take and what it will need, from a timed sample of its first images."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from truemask.audit.class_confidence import ClassConfidence
from truemask.audit.confident_joint import ConfidentJoint
from truemask.audit.stream import Block, Stream, blocks
from truemask.types import Problem

_SAMPLE_S = 1.0
_SAMPLE_IMAGES = 64
_FEWER = 16
_RECORD_BYTES = 10
_WORKER_BYTES = 250e6
"""What an interpreter with the libraries of an audit takes."""


@dataclass(frozen=True)
class Forecast:
    """What is to be expected of an audit.

    Args:
        images: to be audited.
        units: labels of them, pixels or images, if the others are like the sample.
        seconds: on the clock, for all passes.
        memory_bytes: that all processes hold at once; what was found comes on top.
        disk_bytes: of temporary files.
        sampled: images that this rests on.
    """

    images: int
    units: float
    seconds: float
    memory_bytes: float
    disk_bytes: float
    sampled: int

    def __str__(self) -> str:
        return (
            f"forecast: {self.images:,} images, {_short(self.units)} labels: about "
            f"{_duration(self.seconds)}, {_short(self.memory_bytes)}B of memory, "
            f"{_short(self.disk_bytes)}B of temporary files (by the first {self.sampled})"
        )


def forecast(
    stream: Stream,
    problem: Problem,
    images: int,
    *,
    jobs: int = 1,
    also: Callable[[Stream], object] | None = None,
) -> Forecast | None:
    """Time both passes over the first images of a stream, for a second or so; None where it has no image.

    Args:
        stream: see `confident_learning`; is left before its end.
        problem: its classes.
        images: of the whole data set.
        jobs: processes that will share the work.
        also: what else will be done with the stream; is timed on one in sixteen of the sampled images.

    Raises:
        BadInput: as the audit itself, if one of the first images cannot be audited.
    """
    first = ClassConfidence(problem.num_classes)
    largest, sampled, units, candidates = 0, 0, 0, 0
    seconds, started = 0.0, time.perf_counter()
    for number, block in enumerate(blocks(_first(stream), problem)):
        read_s = time.perf_counter() - started
        if number == 0:  # which may compile the kernels
            _both_passes(first, block)
        before = time.perf_counter()
        candidates += _both_passes(first, block)
        seconds += 2 * read_s + time.perf_counter() - before
        sampled += len(block.keys)
        units += len(block.labels)
        largest = max(largest, block.probs.nbytes + 16 * len(block.labels))
        if seconds > _SAMPLE_S:
            break
        started = time.perf_counter()
    if not sampled:
        return None
    if also is not None:
        few = -(-sampled // _FEWER)
        also(_first(stream, 1))  # which may compile kernels
        started = time.perf_counter()
        also(_first(stream, few))
        seconds += (time.perf_counter() - started) * sampled / few
    share = images / sampled
    # Probabilities of an image are held twice while the next one is read.
    held = _resident_bytes() + 2 * largest
    memory = held if jobs == 1 else held + jobs * (_WORKER_BYTES + 2 * largest)
    return Forecast(
        images, units * share, seconds * share / jobs, memory, candidates * share * _RECORD_BYTES, sampled
    )


def _first(stream: Stream, images: int = _SAMPLE_IMAGES) -> Stream:
    return lambda: islice(stream(), images)


def _both_passes(first: ClassConfidence, block: Block) -> int:
    first.update(block)
    candidates, _ = ConfidentJoint(first.thresholds()).update(block)
    return len(candidates.index)


def _resident_bytes() -> int:
    """Memory of this process; 0 where the system does not tell."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if told.is_file() else 0


def _short(value: float) -> str:
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.0f}"


def _duration(seconds: float) -> str:
    if seconds >= 2 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{max(seconds, 1):.0f} s"

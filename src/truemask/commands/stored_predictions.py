"""Audits by stored predictions: the data set in parts, here, in processes or as Ray tasks."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from truemask.audit import AuditResult, Stream
from truemask.audit.cleanlab_parity import cleanlab_parity
from truemask.audit.confident_learning import SCRATCH, confident_learning_in_parts
from truemask.audit.forecast import forecast
from truemask.audit.semantic import Images, audit_segments, with_segments
from truemask.audit.spread import Spread, one_by_one, processes, ray_tasks
from truemask.bench.sources import Source
from truemask.commands.images_by_key import ImagesOf
from truemask.data.dataset import Dataset
from truemask.data.predictions import StoredPredictions, open_predictions
from truemask.progress import watch
from truemask.types import BadInput, Task

PARITIES = ("cleanlab",)
_PARTS = 32
_PARTS_A_JOB = 4

Labelled = tuple[str, Any, np.ndarray]


@dataclass(frozen=True)
class Work:
    """Who does the work of an audit, and by whose rules.

    Args:
        jobs: processes.
        ray: as Ray tasks instead.
        parity: None, or the tool whose answers are wanted: one of PARITIES.
        downsample: of the parity mode.

    Raises:
        BadInput: if these do not go together.
    """

    jobs: int = 1
    ray: bool = False
    parity: str | None = None
    downsample: int = 1

    def __post_init__(self) -> None:
        if self.parity not in (None, *PARITIES):
            raise BadInput(f"--parity knows {', '.join(PARITIES)}; got {self.parity}")
        if self.parity is not None and (self.jobs > 1 or self.ray):
            raise BadInput("--parity works in one process: leave --jobs and --ray out")
        if self.parity is None and self.downsample != 1:
            raise BadInput("--downsample belongs to --parity: leave it out")
        if self.jobs > 1 and self.ray:
            raise BadInput("--jobs and --ray are two ways to share the work: choose one")

    @property
    def here(self) -> bool:
        """Whether this process does all of it."""
        return self.jobs == 1 and not self.ray

    @property
    def plain(self) -> bool:
        """Whether nothing else was asked for."""
        return self == Work()


HERE = Work()


@dataclass(frozen=True)
class StoredPart:
    """Some of the stored predictions, with the given labels; a stream that can be sent anywhere.

    Args:
        source: of the labels.
        predictions: where they are stored.
        start, stop: of them, by their place among the keys.
    """

    source: Source
    predictions: Path
    start: int
    stop: int

    def __call__(self) -> Iterator[Labelled]:
        """One pass; files are opened once in each process."""
        dataset, stored = _opened(self.source, self.predictions)
        return labelled(dataset, stored, stored.keys[self.start : self.stop])


@dataclass(frozen=True)
class StoredImages:
    """The images that stored predictions are about; a lookup that can be sent anywhere.

    Args:
        source: of the labels.
        predictions: where they are stored.
    """

    source: Source
    predictions: Path

    def __call__(self, key: str) -> UInt8[np.ndarray, "h w c"]:
        """The image of a key."""
        return _images(self.source, self.predictions)(key)


@lru_cache(maxsize=1)
def _images(source: Source, predictions: Path) -> ImagesOf:
    return ImagesOf(_opened(source, predictions)[0])


@lru_cache(maxsize=1)
def _opened(source: Source, predictions: Path) -> tuple[Dataset, StoredPredictions]:
    dataset = source.to_train()
    return dataset, open_predictions(predictions, dataset)


def labelled(dataset: Dataset, stored: StoredPredictions, keys: Sequence[str]) -> Iterator[Labelled]:
    """Key, given labels and what was predicted, for some keys."""
    rows = _rows(dataset)
    for one in stored.of(keys):
        if one.probs is None:
            raise BadInput(f"{stored.where}: found objects say nothing about {dataset.problem.task} labels")
        yield one.key, dataset.labels(rows[one.key]), one.probs


def audit_stored(
    source: Source, dataset: Dataset, stored: StoredPredictions, work: Work, out: Path, *, show: bool
) -> AuditResult:
    """Confident learning, of label maps their segments too, or the parity mode, over stored predictions.

    Args:
        source: that workers open again; None of its rows may differ from those of `dataset`.
        dataset: the given labels.
        stored: predictions of some or all of its images.
        work: who does it.
        out: that temporary files go into where workers must see them.
        show: progress, and the forecast.
    """
    for killed in out.glob(f"{SCRATCH}*"):
        shutil.rmtree(killed, ignore_errors=True)
    whole = partial(labelled, dataset, stored, stored.keys)
    tell_forecast(whole, dataset, len(stored), work=work, show=show)
    if work.parity:
        return in_parity(whole, dataset, len(stored), work, show=show)
    jobs = work.jobs if not work.ray else _PARTS // _PARTS_A_JOB
    many = _PARTS if work.here else _PARTS_A_JOB * jobs
    bounds = np.linspace(0, len(stored), min(many, len(stored)) + 1).astype(int).tolist()
    pairs = [*pairwise(bounds)]
    images: Images = ImagesOf(dataset)
    if work.here:
        parts: list[Stream] = [partial(labelled, dataset, stored, stored.keys[a:b]) for a, b in pairs]
    else:
        where = replace(source, where=str(_absolute(source.where)))
        parts = [StoredPart(where, stored.where.resolve(), a, b) for a, b in pairs]
        images = StoredImages(where, stored.where.resolve())
        out.mkdir(parents=True, exist_ok=True)
    with _workers(work, show=show) as spread:
        result = confident_learning_in_parts(
            parts, dataset.problem, spread=spread, folder=None if work.here else out.resolve()
        )
        if dataset.problem.task != Task.SEMANTIC:
            return result
        return with_segments(result, audit_segments(parts, dataset.problem, spread=spread, images=images))


def in_parity(stream: Stream, dataset: Dataset, images: int, work: Work, *, show: bool) -> AuditResult:
    """cleanlab's answers."""
    passes = iter(("thresholds", "scores"))

    def watched() -> Iterator[Any]:
        return watch(f"parity: {next(passes)}", stream(), images, show=show)

    return cleanlab_parity(watched, dataset.problem, downsample=work.downsample)


def tell_forecast(stream: Stream, dataset: Dataset, images: int, *, work: Work = HERE, show: bool) -> None:
    """Say on standard error what is to be expected."""
    if not show:
        return

    def segments(sample: Stream) -> object:
        return audit_segments([sample], dataset.problem, images=ImagesOf(dataset))

    of_segments = dataset.problem.task == Task.SEMANTIC and not work.parity
    expected = forecast(
        stream, dataset.problem, images, jobs=work.jobs, also=segments if of_segments else None
    )
    if expected is not None:
        print(expected, file=sys.stderr)


def notes_on(stored: StoredPredictions, dataset: Dataset) -> tuple[str, ...]:
    """What a reader of the audit must know about its predictions."""
    notes = list[str]()
    if missing := len(dataset) - len(stored):
        told = set(stored.keys)
        first = next(key for key in dataset.keys if key not in told)
        notes.append(
            f"{stored.where} has no prediction for {missing:,} of {len(dataset):,} images, such as "
            f"{first!r}: they were not audited."
        )
    if stored.hard:
        notes.append(
            f"{stored.where} holds classes, not probabilities: every disagreement with them counts, all "
            "alike: nothing tells the sure from the doubtful ones, and the share of wrong labels includes "
            "what the predictions got wrong. Thresholds are the shares of each class's labels that they "
            "agree with."
        )
    return tuple(notes)


@contextmanager
def _workers(work: Work, *, show: bool) -> Iterator[Spread]:
    """Whoever does the work, with a bar for each step."""

    def watched(spread: Spread) -> Spread:
        return lambda title, step, parts: watch(
            f"audit: {title}", spread(title, step, parts), len(parts), show=show
        )

    if work.ray:
        with ray_tasks() as spread:
            yield watched(spread)
    elif work.jobs > 1:
        with processes(work.jobs) as spread:
            yield watched(spread)
    else:
        yield watched(one_by_one)


def _rows(dataset: Dataset) -> dict[str, int]:
    return {key: row for row, key in enumerate(dataset.keys)}


def _absolute(where: str) -> str | Path:
    """A path that means the same in another folder; a name stays."""
    return Path(where).resolve() if Path(where).exists() else where

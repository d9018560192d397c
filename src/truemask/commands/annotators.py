"""`annotators`: who of several labels how well, judged by each other, or against a truth."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from rich.console import Console
from rich.table import Table

from truemask.audit.evidence.annotators import Annotator, annotator_quality, overlap, rank_correlation
from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.data.formats import annotator_bits
from truemask.data.formats.mask_folder import homes_of, label_folders
from truemask.files import write_json
from truemask.noise.annotator.fusion import Fusion
from truemask.progress import watch
from truemask.types import BadInput, Labels, Task


def annotators_verb(
    where: Path, wanted: str, *, how: Fusion, truth: str | None, out: Path | None, show: bool
) -> list[Annotator]:
    """Judge the annotators whose names match a pattern; print the ranking, and the true one beside it."""
    names = [name for name in label_sets(where) if fnmatchcase(name, wanted) and name != truth]
    if len(names) < 3:
        raise BadInput(
            f"{where}: {len(names)} label sets match {wanted!r}; three or more annotators can judge each "
            f"other; there is: {', '.join(label_sets(where))}"
        )
    sets = {name: _rows(where, name) for name in names}
    problem = next(iter(sets.values()))[0].problem
    keys = sorted({key for _, rows in sets.values() for key in rows})

    def images() -> Iterator[tuple[str, dict[str, UInt8[np.ndarray, "_ _"]]]]:
        for key in watch("annotators", keys, len(keys), show=show):
            maps = {n: as_map(data.labels(rows[key])) for n, (data, rows) in sets.items() if key in rows}
            yield key, maps

    found = annotator_quality(images(), problem, how=how)
    true = {} if truth is None else _true_overlap(sets, _rows(where, truth), show=show)
    _print(found, true)
    if true:
        correlation = rank_correlation([one.agreement for one in found], [true[one.name] for one in found])
        print(f"rank correlation (Spearman) with the overlap with {truth}: {correlation:.2f}")
    if out is not None:
        write_json(out, [vars(one) | ({"true": true[one.name]} if true else {}) for one in found])
    return found


def label_sets(where: Path) -> Sequence[str]:
    """The names of the label sets of a data set: folders beside images/, or annotators' bits.

    Raises:
        BadInput: it is neither.
    """
    if annotator_bits.sniff(where):
        return annotator_bits.label_names(where)
    homes = homes_of(where)
    if not homes:
        raise BadInput(f"{where}: no images/ with a folder of labels for each annotator beside it")
    return sorted({name for home in homes.values() for name in label_folders(home)})


def as_map(labels: Labels) -> UInt8[np.ndarray, "_ _"]:
    """A label map as it is."""
    return np.asarray(labels, np.uint8)


def _rows(where: Path, labels: str) -> tuple[Dataset, dict[str, int]]:
    splits = open_dataset(where, labels=labels, task=Task.SEMANTIC)
    dataset = splits.split(splits.default_train)
    return dataset, {key: row for row, key in enumerate(dataset.keys)}


def _true_overlap(
    sets: dict[str, tuple[Dataset, dict[str, int]]], truth: tuple[Dataset, dict[str, int]], *, show: bool
) -> dict[str, float]:
    """Mean overlap of each annotator with the truth, over the images that both have."""
    clean, true_rows = truth
    found = {}
    for name, (data, rows) in watch("against the truth", sets.items(), len(sets), show=show):
        shared = [key for key in rows if key in true_rows]
        each = [
            overlap(as_map(data.labels(rows[key])), as_map(clean.labels(true_rows[key])), data.problem)
            for key in shared
        ]
        found[name] = float(np.nanmean(each)) if each else float("nan")
    return found


def _print(found: Sequence[Annotator], true: dict[str, float]) -> None:
    table = Table("rank", "annotator", "images", "agreement", "95 %", "ranks", *["true overlap"] * bool(true))
    for one in found:
        cells = [str(one.rank), one.name, str(one.images), f"{one.agreement:.3f}"]
        cells += [f"{one.low:.3f} to {one.high:.3f}", f"{one.best_rank} to {one.worst_rank}"]
        table.add_row(*cells, *([f"{true[one.name]:.3f}"] if true else []))
    Console().print(table)


def fusion_named(how: str) -> Fusion:
    """The way to a consensus, by its name.

    Raises:
        BadInput: there is no such way.
    """
    if how == "majority":
        return "majority"
    if how == "staple":
        return "staple"
    raise BadInput(f"--how is majority or staple; got {how!r}")

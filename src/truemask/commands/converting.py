"""`data convert`: a data set in another format, and what the change of format cost."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from truemask.bench.sources import Source
from truemask.data import FORMATS, write_dataset
from truemask.data.formats.polygons import polygon_loss
from truemask.data.splits import Splits
from truemask.progress import watch
from truemask.types import BadInput, Labels, Task


def convert(source: Source, out: Path, format: str, *, show: bool) -> None:
    """Write the copy whole or not at all, and print what it holds, and what masks lost.

    Raises:
        BadInput: if there is no such format, or it cannot hold these labels.
    """
    if format not in FORMATS:
        raise BadInput(f"--format {format}: no such format; there is: {', '.join(FORMATS)}")
    splits = _chosen(source)
    _check_task(splits, format)
    unchanged = splits.format == format
    # Labels that are already in the format are carried over file by file: nothing to read.
    labels = {} if unchanged else {name: _labels(splits, name, show=show) for name in splits.splits}
    write_dataset(splits, labels, out, format=format)
    counts = ", ".join(f"{name} {len(data)}" for name, data in splits.splits.items())
    print(f"{out}: {splits.name} as {format}, {splits.problem.task}: {counts}")
    if FORMATS[format].polygons and splits.problem.task == Task.INSTANCE and not unchanged:
        loss = polygon_loss(splits)
        print(
            f"{format} holds outlines alone: {loss.objects:,} masks lost {1 - loss.mean_iou:.2%} IoU on "
            f"average, {1 - loss.worst_iou:.2%} at worst" + f" ({loss.worst_key})" * bool(loss.worst_key)
        )


def _chosen(source: Source) -> Splits:
    """The splits meant: all of them, or the one that was named."""
    splits = source.open()
    if source.split is None:
        return splits
    return replace(splits, splits={source.split: splits.split(source.split)})


def _check_task(splits: Splits, format: str) -> None:
    task, held = splits.problem.task, FORMATS[format].tasks
    if task in held:
        return
    fitting = ", ".join(name for name, row in FORMATS.items() if task in row.tasks)
    painted = task == Task.INSTANCE and Task.SEMANTIC in held
    raise BadInput(
        f"--format {format} holds {' or '.join(sorted(held))} labels, {splits.name} has {task} ones; choose "
        f"one of {fitting}" + ", or see the objects as label maps with --task semantic" * painted
    )


def _labels(splits: Splits, name: str, *, show: bool) -> Iterator[Labels]:
    """The labels of a split, while a bar counts them."""
    data = splits.split(name)
    for row in watch(f"convert {name}", range(len(data)), len(data), show=show):
        yield data.labels(row)

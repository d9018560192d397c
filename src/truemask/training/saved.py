"""Predictions as files: what `predict` writes, and `evaluate` and `audit` read."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from truemask import rle
from truemask.data.predictions import Prediction
from truemask.data.predictions.predict_folder import ABOUT, open_predict_folder
from truemask.files import write_json, write_whole
from truemask.types import BadInput, Problem, Task


def write_predictions(predicted: Iterable[Prediction], problem: Problem, folder: Path) -> int:
    """Write one file per image under `folder`, and `predictions.json` last; returns how many.

    `KEY.npz` holds `probs` (float16, "k *space") or `boxes`, `labels`, `scores` and packed `masks`;
    `KEY.png` beside it the most probable class of each pixel, for people.

    Raises:
        BadInput: the folder is not empty.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty; choose another --out")
    keys = []
    for prediction in predicted:
        keys.append(prediction.key)
        file = folder / f"{prediction.key}.npz"
        if prediction.found is not None:
            found = prediction.found
            packed = {
                "boxes": found.boxes,
                "labels": found.labels,
                "scores": found.scores,
                "masks": np.array(rle.pack(found.masks), dtype=object).astype(bytes),
                "size": np.array(found.masks.shape[1:]),
            }
            _write_npz(file, packed)
            continue
        assert prediction.probs is not None
        _write_npz(file, {"probs": prediction.probs.astype(np.float16)})
        if problem.task == Task.SEMANTIC:
            _write_map(file.with_suffix(".png"), prediction.probs.argmax(axis=0).astype(np.uint8))
    write_json(folder / ABOUT, {"problem": asdict(problem), "keys": keys})
    return len(keys)


def read_predictions(folder: Path) -> tuple[Problem, Iterator[Prediction]]:
    """The problem, and predictions in the order they were written; `row` is their place in it.

    Raises:
        BadInput: the folder holds no complete predictions.
    """
    stored = open_predict_folder(folder)
    assert stored.problem is not None
    return stored.problem, map(_in_single_precision, stored)


def _in_single_precision(said: Prediction) -> Prediction:
    return said if said.probs is None else replace(said, probs=said.probs.astype(np.float32))


def _write_npz(file: Path, arrays: dict[str, np.ndarray]) -> None:
    def write(fresh: Path) -> None:
        with fresh.open("wb") as stream:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # the stub lacks **kwds

    write_whole(file, write)


def _write_map(file: Path, labels: np.ndarray) -> None:
    from PIL import Image

    write_whole(file, lambda fresh: Image.fromarray(labels).save(fresh, format="PNG"))

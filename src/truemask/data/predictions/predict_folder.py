"""What `truemask predict` writes: a file an image, and predictions.json last, which names them."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from truemask import rle
from truemask.data.dataset import Dataset
from truemask.data.predictions.prediction import Found
from truemask.data.predictions.stored import Said, StoredPredictions, must_know
from truemask.types import BadInput, problem_from

ABOUT = "predictions.json"


def sniff(path: Path) -> bool:
    """Whether the folder holds complete predictions."""
    return (path / ABOUT).is_file()


def open_predict_folder(folder: Path, dataset: Dataset | None = None) -> StoredPredictions:
    """The predictions of a folder; with a data set, which must have all their keys.

    Raises:
        BadInput: the folder holds no complete predictions.
    """
    file = folder / ABOUT
    if not file.is_file():
        raise BadInput(f"{folder} holds no predictions (no {ABOUT}); make them with: truemask predict")
    about: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if dataset is not None:
        must_know(folder, about["keys"], dataset)
    return StoredPredictions(
        folder, about["keys"], partial(_read, folder), problem=problem_from(about["problem"])
    )


def _read(folder: Path, key: str) -> Said:
    file = folder / f"{key}.npz"
    if not file.is_file():
        raise BadInput(f"{file} is missing, though {ABOUT} names it; predict again")
    with np.load(file) as arrays:
        if "probs" in arrays:
            return np.asarray(arrays["probs"])
        height, width = (int(length) for length in arrays["size"])
        masks = rle.unpack([bytes(code) for code in arrays["masks"]], (height, width))
        return Found(arrays["boxes"], arrays["labels"], arrays["scores"], masks)

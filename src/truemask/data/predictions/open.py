"""Opening predictions by path, whatever they are."""

from pathlib import Path

from truemask.data.dataset import Dataset
from truemask.data.files import describe_folder
from truemask.data.predictions import (
    array_folder,
    coco_results,
    npy_stack,
    png_folder,
    predict_folder,
    zarr_store,
)
from truemask.data.predictions.stored import StoredPredictions
from truemask.types import BadInput

_LOOKS = (
    "what `truemask predict` wrote; a folder of KEY.npz, KEY.npy or KEY.png; a .npy with a row an image; a "
    "zarr store; COCO results in a .json"
)


def open_predictions(path: Path, dataset: Dataset) -> StoredPredictions:
    """The predictions at a path about the images of a data set.

    Raises:
        BadInput: if nothing is there, nothing that is known, or something about other images.
    """
    if predict_folder.sniff(path):
        return predict_folder.open_predict_folder(path, dataset)
    if zarr_store.sniff(path):
        return zarr_store.open_zarr_store(path, dataset)
    if npy_stack.sniff(path):
        return npy_stack.open_npy_stack(path, dataset)
    if coco_results.sniff(path):
        return coco_results.open_coco_results(path, dataset)
    if path.is_dir() and array_folder.suffix_in(path):
        return array_folder.open_array_folder(path, dataset)
    if png_folder.sniff(path):
        return png_folder.open_png_folder(path, dataset)
    saw = f"holds {describe_folder(path)}" if path.is_dir() else "no such file or folder"
    saw = "another kind of file" if path.is_file() else saw
    raise BadInput(f"{path} holds no predictions ({saw}); looked for: {_LOOKS}")

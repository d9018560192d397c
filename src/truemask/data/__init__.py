"""Images and the labels that were given for them: opening, viewing, writing."""

from truemask.data.dataset import Dataset
from truemask.data.describe import Summary, describe, summarise
from truemask.data.formats import FORMATS
from truemask.data.open import open_dataset
from truemask.data.splits import Splits
from truemask.data.views import ArrayDataset, AsSemantic, Cached, Resized, Subset, hold_out
from truemask.data.write import write_dataset

__all__ = [
    "FORMATS",
    "ArrayDataset",
    "AsSemantic",
    "Cached",
    "Dataset",
    "Resized",
    "Splits",
    "Subset",
    "Summary",
    "describe",
    "hold_out",
    "open_dataset",
    "summarise",
    "write_dataset",
]

"""A data set with noise in its training labels, in memory: what the cells of a table learn from."""

from truemask.data.dataset import Dataset
from truemask.data.relabelled import Relabelled
from truemask.noise import Ledger, Manifest, manifest_of, parse


def corrupted(dataset: Dataset, spec: str, seed: int) -> tuple[Dataset, Manifest]:
    """The data set with noisy labels, and the account of what was done; "none" leaves them as they are.

    The labels depend on keys, spec and seed only: the same bytes that `truemask corrupt` writes.
    """
    ledger = Ledger(parse(spec), dataset.problem, seed)
    noisy = [ledger.corrupt(dataset.labels(row), key) for row, key in enumerate(dataset.keys)]
    return Relabelled(dataset, noisy), manifest_of(ledger, data=dataset.name, split=dataset.split)

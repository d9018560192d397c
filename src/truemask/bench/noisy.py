"""A data set with noise in its training labels, in memory: what the cells of a table learn from."""

from truemask.bench.galleries import corrupted_set
from truemask.data.dataset import Dataset
from truemask.data.relabelled import Relabelled
from truemask.noise import Ledger, Manifest, manifest_of, parse, sees_the_set


def corrupted(dataset: Dataset, spec: str, seed: int) -> tuple[Dataset, Manifest]:
    """The data set with noisy labels, and the account of what was done; "none" leaves them as they are.

    The labels depend on keys, spec and seed only (and on the images, where a noise looks at them): the same
    bytes that `truemask corrupt` writes.
    """
    noise = parse(spec)
    if sees_the_set(noise):
        rearranged, account = corrupted_set(dataset, noise, seed)
        return rearranged, manifest_of(account, data=dataset.name, split=dataset.split)
    ledger = Ledger(noise, dataset.problem, seed)
    noisy = [ledger.corrupt(dataset.labels(row), key) for row, key in enumerate(dataset.keys)]
    return Relabelled(dataset, noisy), manifest_of(ledger, data=dataset.name, split=dataset.split)

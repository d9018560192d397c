"""Candidates wait in a file until the whole data set has said where to cut."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from truemask.audit.confident_joint import Candidates

_RECORD = np.dtype([("index", "<u4"), ("given", "u1"), ("proposed", "u1"), ("margin", "<f4")])


@dataclass(frozen=True)
class Source:
    """The block that candidates came from, without its labels and probabilities.

    Args:
        keys: of its images.
        size: height and width of its label map; None where images are units.
        units: labelled units of each image.
        quality: label quality of each image, in [0, 1].
    """

    keys: tuple[str, ...]
    size: tuple[int, int] | None
    units: Int64[np.ndarray, "images"]
    quality: Float64[np.ndarray, "images"]


class CandidateStore:
    """Ten bytes a candidate, in a file that others may read and remove: a pickled store knows which."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._contents: list[tuple[Source, int]] = []
        path.write_bytes(b"")

    def add(self, source: Source, candidates: Candidates) -> None:
        """Put a block's candidates away."""
        records = np.empty(len(candidates.index), _RECORD)
        for name in _RECORD.names or ():
            records[name] = getattr(candidates, name)
        with self._path.open("ab") as file:
            file.write(records.tobytes())
        self._contents.append((source, len(records)))

    def __len__(self) -> int:
        return len(self._contents)

    @property
    def keys(self) -> Iterator[str]:
        """Of all images, whether they have candidates or not."""
        return (key for source, _ in self._contents for key in source.keys)

    def __iter__(self) -> Iterator[tuple[Source, Candidates]]:
        """Everything that was put away, in that order."""
        with self._path.open("rb") as file:
            for source, count in self._contents:
                records = np.frombuffer(file.read(count * _RECORD.itemsize), _RECORD)
                columns = {
                    name: np.ascontiguousarray(records[name]) for name in ("given", "proposed", "margin")
                }
                yield source, Candidates(index=records["index"].astype(np.int64), **columns)

"""The images of a data set: which cannot be read, which are there twice, which are in two splits."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import UInt8, UInt64
from PIL import Image

from truemask.data.image_file import read_image
from truemask.data.lint.finding import Finding
from truemask.types import BadInput

SMALLEST_PX = 64
"""Images with a shorter side are compared byte by byte alone: thumbnails of digits all look alike."""
_SIDE = 16
_LEAST_CONTRAST = 8.0
_MOST_BITS_APART = 12
_MOST_GREY_APART = 4.0
_ROWS_AT_A_TIME = 256


@dataclass(frozen=True)
class Picture:
    """An image to look at.

    Args:
        split: the split that it is in.
        name: of the file, or of the row where there is no file.
        path: the file, if there is one.
        read: its pixels, uint8 "h w c".
    """

    split: str
    name: str
    path: Path | None
    read: Callable[[], np.ndarray]


@dataclass
class Look:
    """What is kept of the images that were looked at: a hash of the bytes, and a thumbnail's outlines."""

    splits: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    thumbs: list[UInt8[np.ndarray, "_ _"] | None] = field(default_factory=list)


def picture_of(split: str, path: Path) -> Picture:
    """A file as a picture, in colour."""
    return Picture(split, str(path), path, lambda: read_image(path, 3))


def look(pictures: Iterable[Picture], seen: Look) -> Iterator[Finding]:
    """Findings about single images; `seen` fills with what comparing them takes."""
    for picture in pictures:
        try:
            pixels = picture.read()
        except BadInput as error:
            yield Finding(picture.name, "", "unreadable", _without(str(error), picture.name))
            continue
        content = pixels.tobytes() if picture.path is None else picture.path.read_bytes()
        seen.digests.append(hashlib.blake2b(content, digest_size=16).digest())
        seen.splits.append(picture.split)
        seen.names.append(picture.name)
        seen.thumbs.append(thumb(pixels))


def compare(seen: Look) -> Iterator[Finding]:
    """Findings about images that are there more than once."""
    first: dict[bytes, int] = {}
    of_split: dict[tuple[bytes, str], int] = {}
    for i, (digest, split, name) in enumerate(zip(seen.digests, seen.splits, seen.names, strict=True)):
        there = first.setdefault(digest, i)
        same = of_split.setdefault((digest, split), i)
        if same != i:
            yield Finding(name, "", "image-twice", f"is the same file as {seen.names[same]}")
        elif seen.splits[there] != split:
            yield Finding(
                name, "", "split-leak", f"in {split}; in {seen.splits[there]} as {seen.names[there]}"
            )
    for i, j in _near(seen):
        if seen.digests[i] != seen.digests[j]:
            yield Finding(
                seen.names[j],
                "",
                "split-near-leak",
                f"in {seen.splits[j]}; looks like {seen.names[i]} in {seen.splits[i]}",
            )


def _near(seen: Look) -> Iterator[tuple[int, int]]:
    """Pairs of images in different splits that look alike; each of the later split once, with its nearest."""
    rows = np.array([i for i, thumb in enumerate(seen.thumbs) if thumb is not None], dtype=np.int64)
    if not len(rows):
        return
    thumbs = np.stack([thumb for thumb in seen.thumbs if thumb is not None])
    hashes = difference_hash(thumbs)
    splits = np.array(seen.splits)[rows]
    names = list(dict.fromkeys(splits.tolist()))
    for later in range(1, len(names)):
        mine = np.flatnonzero(splits == names[later])
        others = np.flatnonzero(np.isin(splits, names[:later]))
        for start in range(0, len(mine), _ROWS_AT_A_TIME):
            block = mine[start : start + _ROWS_AT_A_TIME]
            apart = np.zeros((len(block), len(others)), dtype=np.uint16)
            for word in range(hashes.shape[1]):
                apart += np.bitwise_count(hashes[block, None, word] ^ hashes[None, others, word])
            for i, j in enumerate(np.argmin(apart, axis=1)):
                a, b = thumbs[block[i]].astype(np.int16), thumbs[others[j]].astype(np.int16)
                if apart[i, j] <= _MOST_BITS_APART and np.abs(a - b).mean() <= _MOST_GREY_APART:
                    yield int(rows[others[j]]), int(rows[block[i]])


def difference_hash(thumbs: UInt8[np.ndarray, "n h w"]) -> UInt64[np.ndarray, "n words"]:
    """Whether each pixel of a thumbnail is brighter than its left neighbour, as bits.

    The dHash of N. Krawetz, "Kind of like that", hackerfactor.com, 2013, with 256 bits in place of 64.
    """
    brighter = (thumbs[:, :, 1:] > thumbs[:, :, :-1]).reshape(len(thumbs), -1)
    return np.packbits(brighter, axis=1).view(np.uint64)


def thumb(pixels: np.ndarray) -> UInt8[np.ndarray, "_ _"] | None:
    """The image in 16 x 17 grey pixels; None where it is too small or too flat to be told from others."""
    if pixels.ndim != 3 or min(pixels.shape[:2]) < SMALLEST_PX:
        return None
    image = Image.fromarray(pixels if pixels.shape[2] > 1 else pixels[:, :, 0]).convert("L")
    small = np.asarray(image.resize((_SIDE + 1, _SIDE), Image.Resampling.BOX))
    return small if small.std() >= _LEAST_CONTRAST else None


def _without(text: str, name: str) -> str:
    return text.removeprefix(f"{name}: ")

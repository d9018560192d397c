"""Whether a file is the one that was meant: its size and checksum."""

import hashlib
from pathlib import Path

from truemask.data.download.sources import Archive

_CHUNK = 1 << 20


def why_wrong(path: Path, archive: Archive) -> str | None:
    """What is wrong with a file that should be `archive`; None if it is right as far as one can know."""
    size = path.stat().st_size
    if archive.size is not None and size != archive.size:
        return f"has {size:,} bytes, not {archive.size:,}"
    if archive.checksum is None:
        return None
    kind, _, expected = archive.checksum.partition(":")
    digest = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return None if digest.hexdigest() == expected else f"has the {kind} {digest.hexdigest()}, not {expected}"

"""Which kinds of errors a data set is known to have, because `corrupt` put them in."""

from pathlib import Path

from truemask.audit.semantic import kinds_of
from truemask.bench.sources import Source
from truemask.noise import parse
from truemask.noise.manifest import MANIFEST, read_manifest


def kinds_put_in(source: Source) -> frozenset[str]:
    """Kinds of findings that the noise in a source's manifest should bring about; none without a manifest.

    Raises:
        BadInput: if what is called a manifest is none.
    """
    path = Path(source.where)
    folder = path if path.is_dir() else path.parent
    if not path.exists() or not (folder / MANIFEST).is_file():
        return frozenset()
    manifest = read_manifest(folder)
    return kinds_of(parse(manifest.noise), manifest.background)

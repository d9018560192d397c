"""A name for each finding that lasts: what people decide about it is kept by that name."""

import hashlib
import json

import pyarrow as pa

_COLUMNS = ("level", "image", "kind", "action", "given", "proposed", "objects")
_DIGITS = 12


def finding_ids(findings: pa.Table) -> list[str]:
    """Twelve hexadecimal digits for each finding, from what it is about and what it proposes.

    Ranks, scores and evidence are not part of it: the same finding of a second audit has the same name.
    """
    plain = zip(*(findings[name].to_pylist() for name in _COLUMNS), strict=True)
    codes = zip(findings["rle"].to_pylist(), findings["shapes"].to_pylist(), strict=True)
    return [_name(words, rle, shapes or ()) for words, (rle, shapes) in zip(plain, codes, strict=True)]


def _name(words: tuple[object, ...], rle: bytes | None, shapes: list[bytes] | tuple[()]) -> str:
    whole = hashlib.blake2b(json.dumps(words).encode(), digest_size=_DIGITS // 2)
    for code in (rle or b"", *shapes):
        whole.update(b"\0" + code)
    return whole.hexdigest()

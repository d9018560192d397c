"""Downloading one file over HTTP: goes on where it stopped, and takes its name only when it is whole.

By urllib, and not by pooch, which downloads and checks but begins anew after a break: for COCO's 19 GB
that is the one thing that matters.
"""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from truemask.data.download.checksum import why_wrong
from truemask.data.download.sources import Archive
from truemask.progress import Transfer, transfer_bar
from truemask.types import BadInput

_CHUNK = 1 << 18
_TIMEOUT_S = 30.0
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Before each further try after a break; a try that brought bytes starts the count anew."""
_RANGE_REFUSED = 416
_PARTIAL = 206
_GONE = frozenset({401, 403, 404, 410})
_BREAKS = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


def fetch(
    archive: Archive,
    target: Path,
    *,
    by_hand: str,
    show: bool,
    checked: bool = True,
    pauses_s: Sequence[float] = PAUSES_S,
) -> None:
    """The file at `target`; what came before a break stays in `target.part` and is gone on from.

    Args:
        by_hand: the owners' page, for when the address does not work any more.
        show: a bar with bytes, rate and time left.
        checked: refuse a file whose size or checksum is another than is known.
        pauses_s: seconds before each further try.

    Raises:
        BadInput: if the file is not there, keeps breaking off, or is not the one that was meant.
    """
    if target.exists():
        return
    part = target.with_name(f"{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    with transfer_bar(archive.name, archive.size, show=show) as bar:
        _fill(archive.url, part, archive.size, bar, by_hand, pauses_s)
    wrong = why_wrong(part, archive) if checked else None
    if wrong is not None:
        part.unlink()
        raise BadInput(
            f"{archive.url}: what came {wrong}; say it again, and if that is so again, the owners changed "
            f"the file: see {by_hand}, then add --unchecked"
        )
    _validator(part).unlink(missing_ok=True)
    part.replace(target)


def _fill(
    url: str, part: Path, size: int | None, bar: Transfer, by_hand: str, pauses_s: Sequence[float]
) -> None:
    """Fill `part`, trying again after breaks."""
    left = list(pauses_s)
    while True:
        before = _length(part)
        try:
            if _go_on(url, part, size, bar):
                return
            broke: Exception | None = None
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in _GONE:
                raise BadInput(
                    f"{url}: {_reason(error)}; get it by hand from {by_hand}, then say --from FOLDER"
                ) from error
            broke = error
        except _BREAKS as error:
            broke = error
        if _length(part) > before:
            left = list(pauses_s)
        if not left:
            what = "the connection broke off" if broke is None else _reason(broke)
            raise BadInput(
                f"{url}: {what} after {_length(part):,} bytes; say the same again to go on from there"
            ) from broke
        time.sleep(left.pop(0))


def _go_on(url: str, part: Path, size: int | None, bar: Transfer) -> bool:
    """One request for what is missing; True if `part` is whole then."""
    have = _length(part)
    if size is not None and have == size:
        return True
    validator = _validator(part)
    headers = {"User-Agent": "truemask", "Accept-Encoding": "identity"}
    if have and validator.is_file():
        # The server sends the rest only if its file is still the same, else the whole.
        headers |= {"Range": f"bytes={have}-", "If-Range": validator.read_text(encoding="utf-8")}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != _RANGE_REFUSED:
            raise
        error.close()
        part.unlink()  # longer than the file there: begin anew
        return False
    with answer:
        goes_on = answer.status == _PARTIAL
        whole = _whole_size(answer, have if goes_on else 0)
        tag = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        if tag and not tag.startswith("W/"):
            validator.write_text(tag, encoding="utf-8")
        else:
            validator.unlink(missing_ok=True)
        bar.begin(have if goes_on else 0, whole)
        with part.open("ab" if goes_on else "wb") as stream:
            while chunk := answer.read(_CHUNK):
                stream.write(chunk)
                bar.add(len(chunk))
    return whole is None or _length(part) == whole


def _whole_size(answer: http.client.HTTPResponse, have: int) -> int | None:
    """Bytes of the whole file, as the server says; None if it does not."""
    rest = answer.headers.get("Content-Length")
    return have + int(rest) if rest is not None and rest.isdigit() else None


def _validator(part: Path) -> Path:
    """Where it stands which version of the file the part is of."""
    return part.with_name(f"{part.name}.version")


def _length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answers {error.code} ({error.reason})"
    if isinstance(error, urllib.error.URLError):
        return f"no connection ({error.reason})"
    return f"the connection broke off ({type(error).__name__})"

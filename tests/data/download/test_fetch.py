"""Downloads from a server on the loopback that does everything that servers do."""

import hashlib

import numpy as np
import pytest
from download_server import Behaviour, serving

from truemask.data.download.fetch import fetch
from truemask.data.download.sources import Archive, Packing
from truemask.types import BadInput

CONTENT = np.random.default_rng(0).integers(0, 256, 700_001, dtype=np.uint8).tobytes()
NO_PAUSE = (0.0, 0.0, 0.0)
SIZE, MD5 = len(CONTENT), f"md5:{hashlib.md5(CONTENT).hexdigest()}"


def get(said, target, *, size=SIZE, checksum=MD5, **how):
    archive = Archive(f"{said.address}/x.zip", Packing.ZIP, size, checksum)
    fetch(archive, target, by_hand="https://owner", show=False, pauses_s=NO_PAUSE, **how)


def served(**how):
    return serving(Behaviour({"/x.zip": CONTENT}, **how))


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_nothing_else_is_left(tmp_path):
    with served() as said:
        get(said, tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == CONTENT
    assert left(tmp_path) == ["x.zip"]
    assert said.asked == [None]


def test_a_file_that_is_there_is_not_asked_for(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"there")
    with served() as said:
        get(said, tmp_path / "x.zip")
    assert said.asked == []


def test_a_broken_connection_is_gone_on_from_byte_by_byte(tmp_path):
    with served(cuts=[100_000, 300_000, 1]) as said:
        get(said, tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == CONTENT
    assert said.asked == [None, "bytes=100000-", "bytes=400000-", "bytes=400001-"]
    assert said.sent == len(CONTENT)


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(tmp_path):
    with served(cuts=[500_000, 0, 0, 0]) as said, pytest.raises(BadInput) as caught:
        get(said, tmp_path / "x.zip")
    assert "after 500,000 bytes; say the same again to go on from there" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert left(tmp_path) == ["x.zip.part", "x.zip.part.version"]
    with served() as said:
        get(said, tmp_path / "x.zip")
    assert said.asked == ["bytes=500000-"]
    assert said.sent == len(CONTENT) - 500_000
    assert (tmp_path / "x.zip").read_bytes() == CONTENT
    assert left(tmp_path) == ["x.zip"]


def test_a_server_that_serves_no_parts_begins_anew(tmp_path):
    with served(cuts=[500_000], ranges=False) as said:
        get(said, tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == CONTENT
    assert said.sent == len(CONTENT) + 500_000


def test_a_server_that_names_no_version_is_not_asked_for_a_part(tmp_path):
    with served(cuts=[500_000], tag="") as said:
        get(said, tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == CONTENT
    assert said.asked == [None, None]


def test_a_file_that_changed_meanwhile_is_not_patched_together(tmp_path):
    old = Behaviour({"/x.zip": b"old" * 100_000}, cuts=[1000, 0, 0, 0], tag='"old"')
    with serving(old), pytest.raises(BadInput):
        get(old, tmp_path / "x.zip")
    with served() as said:
        get(said, tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == CONTENT


def test_a_part_that_is_too_long_begins_anew(tmp_path):
    (tmp_path / "x.zip.part").write_bytes(CONTENT + b"more")
    (tmp_path / "x.zip.part.version").write_text('"1"')
    with served() as said:
        get(said, tmp_path / "x.zip")
    assert said.asked == [f"bytes={len(CONTENT) + 4}-", None]
    assert (tmp_path / "x.zip").read_bytes() == CONTENT


def test_a_part_that_is_whole_is_only_checked(tmp_path):
    (tmp_path / "x.zip.part").write_bytes(CONTENT)
    with served() as said:
        get(said, tmp_path / "x.zip")
    assert said.asked == []
    assert left(tmp_path) == ["x.zip"]


@pytest.mark.parametrize(
    ("how", "complaint"),
    [
        ({"checksum": "md5:" + "0" * 32}, "what came has the md5 [0-9a-f]{32}, not 0{32}; say it again"),
        ({"checksum": "sha256:" + "0" * 64}, "what came has the sha256 [0-9a-f]{64}, not 0{64}"),
        ({"size": 5}, "what came has 700,001 bytes, not 5"),
    ],
)
def test_another_file_than_was_meant_is_thrown_away(tmp_path, how, complaint):
    with served() as said, pytest.raises(BadInput, match=complaint) as caught:
        get(said, tmp_path / "x.zip", **how)
    assert "see https://owner, then add --unchecked" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "x.zip").exists()
    assert not (tmp_path / "x.zip.part").exists()


def test_another_file_is_taken_if_one_insists(tmp_path):
    with served() as said:
        get(said, tmp_path / "x.zip", checksum="md5:" + "0" * 32, checked=False)
    assert (tmp_path / "x.zip").read_bytes() == CONTENT


def test_a_file_that_stays_truncated_is_no_file(tmp_path):
    with served(cuts=[600_000, 0, 0, 0, 0]) as said, pytest.raises(BadInput, match="broke off"):
        get(said, tmp_path / "x.zip", size=None, checksum=None)
    assert not (tmp_path / "x.zip").exists()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_file_that_is_gone_is_asked_for_once(tmp_path, status):
    with served(status=status) as said, pytest.raises(BadInput) as caught:
        get(said, tmp_path / "x.zip")
    assert f"the server answers {status} (" in str(caught.value)
    assert "get it by hand from https://owner, then say --from FOLDER" in str(caught.value)
    assert len(said.asked) == 1
    assert left(tmp_path) == []


def test_a_server_in_trouble_is_asked_again(tmp_path):
    with served(status=503) as said, pytest.raises(BadInput, match=r"the server answers 503"):
        get(said, tmp_path / "x.zip")
    assert len(said.asked) == 1 + len(NO_PAUSE)


def test_no_server_is_one_line(tmp_path):
    with served() as said:
        pass
    with pytest.raises(BadInput, match=r"no connection \(.*refused.*\) after 0 bytes") as caught:
        get(said, tmp_path / "x.zip")
    assert "\n" not in str(caught.value)


def test_a_bar_counts_bytes_on_standard_error(tmp_path, capsys):
    with served(cuts=[100_000]) as said:
        archive = Archive(f"{said.address}/x.zip", Packing.ZIP, None, None)
        fetch(archive, tmp_path / "x.zip", by_hand="https://owner", show=True, pauses_s=NO_PAUSE)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "x.zip" in shown.err
    assert "700.0/700.0 kB" in shown.err

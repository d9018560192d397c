"""Published data sets: tiny fakes in the true layout, from a server on the loopback to rows that open."""

import hashlib
import io
import tarfile
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from download_fakes import FAKES, square
from download_server import Behaviour, serving

from truemask.data import open_dataset
from truemask.data.download import DOWNLOADS, Archive, Packing, get
from truemask.data.download.unpack import unpack
from truemask.types import BadInput, Instances, Task

EXPECTED = {
    "voc2012": ("voc", {"train": 1, "val": 1}),
    "sbd": ("sbd", {"train": 1, "val": 1}),
    "coco2017": ("coco", {"train": 1, "val": 1}),
    "cityscapes": ("cityscapes", {"train": 1, "val": 1}),
    "cifar10": ("cifar", {"train": 10, "test": 2}),
    "cifar100": ("cifar", {"train": 2, "test": 2}),
    "mnist": ("idx", {"train": 3, "test": 2}),
    "fashion-mnist": ("idx", {"train": 3, "test": 2}),
    "dsb2018": ("dsb2018", {"train": 2}),
    "camvid": ("camvid", {"all": 2}),
}


def faked(name, files, address):
    """The row of a data set with the fakes' sizes and checksums, at the server's address."""
    row = DOWNLOADS[name]
    archives = tuple(
        replace(
            archive,
            url=f"{address}/{archive.name}",
            size=len(files[archive.name]),
            checksum=f"md5:{hashlib.md5(files[archive.name]).hexdigest()}",
        )
        for archive in row.archives
    )
    return {name: replace(row, archives=archives)}


def behaviour_of(files, **how):
    return Behaviour({f"/{name}": content for name, content in files.items()}, **how)


def get_from(said, monkeypatch, name, files, out, **how):
    monkeypatch.setattr("truemask.data.download.getting.DOWNLOADS", faked(name, files, said.address))
    return get(name, out, show=False, pauses_s=(0.0, 0.0), **how)


def write(files, folder):
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def counts(splits):
    return {split: len(data) for split, data in splits.splits.items()}


@pytest.mark.parametrize("name", [name for name in FAKES if not DOWNLOADS[name].login])
def test_each_comes_unpacks_and_opens(tmp_path, monkeypatch, name):
    files = FAKES[name]()
    with serving(behaviour_of(files, cuts=[100])) as said:
        got = get_from(said, monkeypatch, name, files, tmp_path / name)
    assert (got.format, counts(got)) == EXPECTED[name]
    assert [path.name for path in tmp_path.iterdir()] == [name]
    for data in open_dataset(tmp_path / name).splits.values():
        for row in range(len(data)):
            labels = data.labels(row)
            shape = labels.size if isinstance(labels, Instances) else np.shape(labels) or data.size(row)
            assert data.image(row).shape[:2] == tuple(shape)


def test_every_published_data_set_has_a_fake():
    assert FAKES.keys() == DOWNLOADS.keys() == EXPECTED.keys()


@pytest.mark.parametrize("name", DOWNLOADS)
def test_what_is_pinned_is_said(name):
    for archive in DOWNLOADS[name].archives:
        kind, _, digest = (archive.checksum or "").partition(":")
        assert (kind, len(digest)) in {("md5", 32), ("sha256", 64), ("", 0)}
        assert set(digest) <= set("0123456789abcdef")
        if not kind or archive.size is None:
            assert DOWNLOADS[name].checked, f"{archive.name}: say what it is checked by"


def test_labels_of_a_fake_are_its_labels(tmp_path, monkeypatch):
    files = FAKES["coco2017"]()
    with serving(behaviour_of(files)) as said:
        got = get_from(said, monkeypatch, "coco2017", files, tmp_path / "coco")
    objects = got.split("train").labels(0)
    assert objects.boxes.tolist() == [[2, 3, 9, 8]]
    painted = open_dataset(tmp_path / "coco", task=Task.SEMANTIC).split("val").labels(0)
    np.testing.assert_array_equal(painted, square(1))


def test_a_second_time_nothing_is_downloaded(tmp_path, monkeypatch):
    files = FAKES["coco2017"]()
    with serving(behaviour_of(files)) as said:
        get_from(said, monkeypatch, "coco2017", files, tmp_path / "coco")
        asked = len(said.asked)
        again = get_from(said, monkeypatch, "coco2017", files, tmp_path / "coco")
    assert len(said.asked) == asked == 3
    assert counts(again) == {"train": 1, "val": 1}


def test_what_came_before_a_break_is_kept_and_gone_on_from(tmp_path, monkeypatch):
    files = FAKES["coco2017"]()
    with (
        serving(behaviour_of(files, cuts=[None, 200, 0, 0])) as said,
        pytest.raises(BadInput, match="broke off"),
    ):
        get_from(said, monkeypatch, "coco2017", files, tmp_path / "coco")
    assert not (tmp_path / "coco").exists()
    assert (tmp_path / "coco.downloads" / "annotations_trainval2017.zip").exists()
    with serving(behaviour_of(files)) as said:
        get_from(said, monkeypatch, "coco2017", files, tmp_path / "coco")
    assert said.asked == ["bytes=200-", None]
    assert [path.name for path in tmp_path.iterdir()] == ["coco"]


def test_a_wrong_checksum_leaves_no_data_set(tmp_path, monkeypatch):
    files = FAKES["voc2012"]()
    longer = behaviour_of({name: content + b"x" for name, content in files.items()})
    with serving(longer) as said, pytest.raises(BadInput, match=r"what came has .* bytes, not"):
        get_from(said, monkeypatch, "voc2012", files, tmp_path / "voc")
    assert not (tmp_path / "voc").exists()


def test_files_that_one_has_are_not_downloaded(tmp_path, monkeypatch):
    files = FAKES["coco2017"]()
    have = write({name: files[name] for name in ("train2017.zip", "val2017.zip")}, tmp_path / "have")
    with serving(behaviour_of(files)) as said:
        got = get_from(said, monkeypatch, "coco2017", files, tmp_path / "coco", taken_from=have)
    assert counts(got) == {"train": 1, "val": 1}
    assert len(said.asked) == 1
    assert sorted(path.name for path in have.iterdir()) == ["train2017.zip", "val2017.zip"]


def test_a_file_that_one_has_is_checked(tmp_path, monkeypatch):
    files = FAKES["voc2012"]()
    (name,) = files
    have = write({name: files[name][:-1]}, tmp_path / "have")
    with (
        serving(behaviour_of(files)) as said,
        pytest.raises(BadInput, match=r"have.*\.tar: has .* bytes, not"),
    ):
        get_from(said, monkeypatch, "voc2012", files, tmp_path / "voc", taken_from=have)
    assert said.asked == []


def test_a_copy_that_is_unpacked_already_is_opened_where_it_is(tmp_path, monkeypatch):
    files = FAKES["voc2012"]()
    with serving(behaviour_of(files)) as said:
        get_from(said, monkeypatch, "voc2012", files, tmp_path / "mine")
        asked = len(said.asked)
        got = get_from(said, monkeypatch, "voc2012", files, tmp_path / "out", taken_from=tmp_path / "mine")
    assert counts(got) == {"train": 1, "val": 1}
    assert len(said.asked) == asked
    assert not (tmp_path / "out").exists()


def test_cityscapes_says_how_to_log_in_and_takes_the_files(tmp_path, monkeypatch):
    files = FAKES["cityscapes"]()
    with pytest.raises(
        BadInput, match=r"register at https://www\.cityscapes-dataset\.com/register/"
    ) as caught:
        get("cityscapes", tmp_path / "city", show=False)
    assert "gtFine_trainvaltest.zip, leftImg8bit_trainvaltest.zip cannot be downloaded without you" in str(
        caught.value
    )
    have = write(files, tmp_path / "have")
    with serving(behaviour_of({})) as said:
        got = get_from(said, monkeypatch, "cityscapes", files, tmp_path / "city", taken_from=have)
    assert said.asked == []
    assert got.format == "cityscapes"
    assert {split: counts(got)[split] for split in ("train", "val")} == EXPECTED["cityscapes"][1]


@pytest.mark.parametrize(
    ("name", "taken_from", "complaint"),
    [
        ("imagenet", None, "no data set called 'imagenet' to get; there is: voc2012, "),
        ("voc2012", "nowhere", "--from .*nowhere: no such file or folder"),
        ("voc2012", "empty", r"neither has VOCtrainval_11-May-2012\.tar nor is voc2012 unpacked: "),
    ],
)
def test_what_cannot_be_had_is_one_line(tmp_path, name, taken_from, complaint):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=complaint) as caught:
        get(
            name,
            tmp_path / "out",
            taken_from=None if taken_from is None else tmp_path / taken_from,
            show=False,
        )
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


# Unpacking


def evil_tar():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as bundle:
        bundle.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    return stream.getvalue()


def linking_tar():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as bundle:
        member = tarfile.TarInfo("link")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        bundle.addfile(member)
    return stream.getvalue()


def evil_zip():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as bundle:
        bundle.writestr("../outside", b"")
    return stream.getvalue()


def damaged_zip():
    content = bytearray(FAKES["dsb2018"]()["stage1_train.zip"])
    content[120] ^= 255
    return bytes(content)


@pytest.mark.parametrize(
    ("packing", "content", "complaint"),
    [
        (Packing.TAR, evil_tar(), "cannot be unpacked"),
        (Packing.TAR, linking_tar(), "cannot be unpacked"),
        (Packing.TAR, b"no tar", "cannot be unpacked"),
        (Packing.ZIP, evil_zip(), r"holds '\.\./outside', which leads out of the folder"),
        (Packing.ZIP, damaged_zip(), "cannot be unpacked .*CRC"),
        (Packing.ZIP, FAKES["dsb2018"]()["stage1_train.zip"][:-30], "cannot be unpacked"),
        (Packing.GZIP, FAKES["mnist"]()["train-images-idx3-ubyte.gz"][:-9], "cannot be unpacked"),
        (Packing.GZIP, b"no gzip", "cannot be unpacked"),
    ],
)
def test_a_broken_or_evil_archive_is_one_line(tmp_path, packing, content, complaint):
    file = tmp_path / "x"
    file.write_bytes(content)
    home = tmp_path / "home" / "inside"
    with pytest.raises(BadInput, match=complaint) as caught:
        unpack(file, Archive("http://owner/x", packing, None, None), home, show=False)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "home" / "outside").exists()

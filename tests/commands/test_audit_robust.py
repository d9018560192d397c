"""Whatever data look like in practice: an audit is right about them, or says in one line what is wrong."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from truemask.audit import read_findings
from truemask.data import open_dataset
from truemask.data.image_file import write_image, write_map

CLASSES = ("background", "cat", "dog")


def write_set(home, maps, classes=CLASSES, meta=None):
    """A mask folder with a blank image for each label map."""
    for folder in ("images", "labels"):
        (home / folder).mkdir(parents=True)
    for number, labels in enumerate(maps):
        write_image(home / "images" / f"{number}.png", np.full((*labels.shape, 3), number, np.uint8))
        write_map(home / "labels" / f"{number}.png", labels)
    if meta is not None:
        (home / "meta.json").write_text(json.dumps(meta))
    else:
        (home / "classes.txt").write_text("\n".join(classes))
    return home


def write_said(folder, truths, classes=3, sure=0.9):
    """A sure network's opinion of what the maps should be, as .npz."""
    folder.mkdir()
    for number, truth in enumerate(truths):
        probs = np.full((classes, *truth.shape), (1 - sure) / max(1, classes - 1), np.float32)
        np.put_along_axis(probs, truth[None].astype(np.int64), np.float32(sure), axis=0)
        np.savez(folder / f"{number}.npz", probs=probs)
    return folder


def stripes(size=(24, 30)):
    """Three classes side by side."""
    return np.tile(np.arange(size[1], dtype=np.uint8) * 3 // size[1], (size[0], 1))


def with_patch(truth):
    given = truth.copy()
    given[4:12, 2:8] = 2  # of background
    return given


@pytest.fixture
def audit(truemask):
    """Audits `set` by `said`."""

    def run(*words):
        return truemask("audit", "set", "--predictions", "said", "--out", "found", "--quiet", *words)

    return run


def segments(tmp_path):
    rows = read_findings(tmp_path / "found" / "findings.parquet").to_pylist()
    return [row for row in rows if row["level"] == "segment"]


def told(tmp_path):
    return json.loads((tmp_path / "found" / "audit.json").read_text())


def test_ragged_sizes_and_maps_without_a_label_or_an_object(audit, tmp_path):
    truths = [stripes(), stripes((40, 18)), stripes((31, 33)), np.zeros((9, 7), np.uint8), stripes((5, 6))]
    given = [with_patch(truths[0]), *truths[1:4], np.full((5, 6), 255, np.uint8)]
    write_set(tmp_path / "set", given)
    write_said(tmp_path / "said", truths)
    assert audit().code == 0
    (found,) = segments(tmp_path)
    assert (found["image"], found["given"], found["proposed"], found["area_px"]) == ("0", 2, 0, 48)
    assert told(tmp_path)["ignored"] == 30
    images = {row["image"]: row for row in pq.read_table(tmp_path / "found" / "images.parquet").to_pylist()}
    assert images["4"]["quality"] is None
    assert [images[key]["flagged"] for key in "01234"] == [48, 0, 0, 0, 0]


@pytest.mark.parametrize("background", [True, False], ids=["background", "no background"])
def test_sixteen_bit_masks_with_a_value_to_ignore_beyond_255(audit, tmp_path, background):
    classes = CLASSES if background else ("sky", "cat", "dog")
    truths = [stripes(), stripes((20, 21))]
    given = [one.astype(np.uint16) * 1000 for one in (with_patch(truths[0]), truths[1])]
    given[1][:, :2] = 65535  # -1 in sixteen bits
    write_set(tmp_path / "set", given, meta={"classes": classes, "values": [0, 1000, 2000], "ignore": 65535})
    write_said(tmp_path / "said", truths)
    assert audit().code == 0
    assert told(tmp_path)["ignored"] == 40
    assert sum(told(tmp_path)["units"]) == 24 * 30 + 20 * 19
    (found,) = segments(tmp_path)
    assert (found["given"], found["proposed"], found["area_px"]) == (2, 0, 48)
    assert open_dataset(tmp_path / "set").split("all").labels(1)[0, 0] == 255


def test_labels_of_one_class_of_three(audit, tmp_path):
    maps = [np.zeros((12, 10), np.uint8)] * 2
    write_set(tmp_path / "set", maps)
    write_said(tmp_path / "said", maps)
    assert audit().code == 0
    assert told(tmp_path)["wrong_rate"] == 0
    assert segments(tmp_path) == []


def test_a_set_of_a_single_class_has_nothing_to_be_wrong_about(audit, tmp_path):
    maps = [np.zeros((12, 10), np.uint8)] * 2
    write_set(tmp_path / "set", maps, ("background",))
    write_said(tmp_path / "said", maps, 1)
    refused = audit()
    assert refused.code == 2
    assert "a problem has 2 to 255 classes" in refused.err
    assert refused.err.count("\n") == 1
    assert not (tmp_path / "found").exists()


def spoilt(how):
    """What is wrong at one pixel, which no sample of a few pixels would meet."""

    def spoil(probs):
        probs = probs.copy()
        if how == "all":
            return probs * 7
        probs[:, 13, 17] = {"nan": np.nan, "inf": np.inf, "half": 0.1}[how]
        return probs

    return spoil


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
@pytest.mark.parametrize("how", ["nan", "inf", "half", "all"])
def test_probabilities_that_are_none(audit, tmp_path, how, dtype):
    if (how, dtype) == ("half", "float16"):
        pytest.skip("sums of halves are looked at in a sample of pixels")
    truths = [stripes((60, 80))]
    write_set(tmp_path / "set", truths)
    file = write_said(tmp_path / "said", truths) / "0.npz"
    np.savez(file, probs=spoilt(how)(np.load(file)["probs"]).astype(dtype))
    refused = audit()
    assert refused.code == 2
    assert refused.err.startswith("truemask: image '0': ")
    assert refused.err.count("\n") == 1
    assert not (tmp_path / "found").exists()


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda home: (home / "labels" / "1.png").unlink(), "1"),
        (lambda home: (home / "images" / "1.png").unlink(), "1"),
        (lambda home: (home / "labels" / "1.png").write_bytes(b"no image"), "1.png"),
        (lambda home: write_map(home / "labels" / "1.png", np.full((24, 30), 7, np.uint8)), "class 7 of 3"),
        (lambda home: write_map(home / "labels" / "1.png", np.zeros((3, 4), np.uint8)), "1.png"),
    ],
    ids=["no labels", "no image", "broken labels", "foreign class", "other size"],
)
def test_files_that_are_missing_broken_or_foreign(audit, tmp_path, spoil, line):
    home = write_set(tmp_path / "set", [stripes()] * 3)
    write_said(tmp_path / "said", [stripes()] * 3)
    spoil(home)
    refused = audit()
    assert refused.code == 2
    assert refused.err.startswith("truemask: ")
    assert line in refused.err
    assert refused.err.count("\n") == 1
    assert not (tmp_path / "found").exists()


@pytest.mark.parametrize(("label", "code"), [(255, 0), (-1, 2), (3, 2)])
def test_classes_of_images_without_a_label_or_of_no_class(truemask, tmp_path, label, code):
    given = np.array([0, 1, 2] * 10, np.int16)
    given[4] = label
    (tmp_path / "set").mkdir()
    keys = np.array([f"{i}" for i in range(30)])
    np.savez(tmp_path / "set" / "data.npz", x=np.zeros((30, 4, 4, 3), np.uint8), y=given, keys=keys)
    (tmp_path / "set" / "classes.json").write_text(json.dumps(["a", "b", "c"]))
    (tmp_path / "said").mkdir()
    for number in range(30):
        probs = np.full(3, 0.05, np.float32)
        probs[number % 3] = 0.9
        np.save(tmp_path / "said" / f"{number}.npy", probs)
    heard = truemask("audit", "set", "--predictions", "said", "--out", "found", "--quiet")
    assert heard.code == code
    if code:
        assert f"class {label} of 3" in heard.err
        assert heard.err.count("\n") == 1
    else:
        assert (told(tmp_path)["ignored"], told(tmp_path)["wrong_rate"]) == (1, 0)

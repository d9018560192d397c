"""Nuclei with a file each: what opens, which files change, and what is said of broken ones."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from truemask import rle
from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.formats import FORMATS
from truemask.data.image_file import read_map, write_image, write_map
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

SIZE = (5, 7)
FIRST, SECOND = np.zeros((2, *SIZE), dtype=np.uint8)
FIRST[:2, :3] = 255
SECOND[1:4, 2:6] = 255  # they overlap
IDS = ("00ae65c1c6631ae6", "0121d6759c5adb29")


def make(home):
    """Two images with nuclei, one without, one to test on."""
    for i, name in enumerate((*IDS, "ff")):
        (home / f"stage1_train/{name}/images").mkdir(parents=True)
        (home / f"stage1_train/{name}/masks").mkdir()
        photo = np.full((*SIZE, 4), 50 * (i + 1), dtype=np.uint8)
        Image.fromarray(photo).save(home / f"stage1_train/{name}/images/{name}.png")
    for name in IDS:
        write_map(home / f"stage1_train/{name}/masks/b.png", FIRST)
        write_map(home / f"stage1_train/{name}/masks/a.png", SECOND)
    (home / "stage1_test/t/images").mkdir(parents=True)
    write_image(home / "stage1_test/t/images/t.png", np.zeros((*SIZE, 3), dtype=np.uint8))
    (home / "stage1_train_labels.csv").write_text("ImageId,EncodedPixels\n")
    return home


def masks(objects):
    return rle.unpack(objects.masks, objects.size)


def some(held, **changes):
    packed = rle.pack(np.array(held, dtype=bool))
    count = len(packed)
    made = Instances(
        size=SIZE,
        classes=np.ones(count, dtype=np.uint8),
        masks=packed,
        boxes=rle.boxes(packed, SIZE),
        ids=np.arange(count) + 1,
        crowd=np.zeros(count, dtype=bool),
    )
    return replace(made, **changes)


def relabel(home, out, *labels):
    source = open_dataset(home)
    given = [source.split("train").labels(row) for row in range(3)]
    write_dataset(source, {"train": [*labels, *given[len(labels) :]]}, out)


def test_each_file_is_a_nucleus(tmp_path):
    opened = open_dataset(make(tmp_path / "nuclei"))
    assert (opened.name, opened.format, list(opened.splits)) == ("nuclei", "dsb2018", ["train"])
    assert opened.problem == Problem(Task.INSTANCE, ("background", "nucleus"), 3, background=0)
    data = opened.split("train")
    assert data.keys == [*IDS, "ff"]
    objects = data.labels(0)
    np.testing.assert_array_equal(masks(objects), [SECOND > 0, FIRST > 0])
    np.testing.assert_array_equal(objects.classes, [1, 1])
    np.testing.assert_array_equal(objects.boxes, [[2, 1, 6, 4], [0, 0, 3, 2]])
    assert len(data.labels(2)) == 0
    assert data.image(1).shape == (*SIZE, 3)
    ids = np.concatenate([data.labels(row).ids for row in range(3)])
    assert len(set(ids.tolist())) == 4
    assert ids.max() < 2**53


def test_a_stage_alone_is_the_same_split(tmp_path):
    home = make(tmp_path / "nuclei")
    opened = open_dataset(home / "stage1_train")
    assert (opened.name, list(opened.splits)) == ("nuclei", ["train"])
    whole = open_dataset(home).split("train")
    np.testing.assert_array_equal(opened.split("train").labels(0).ids, whole.labels(0).ids)
    (home / "stage1_train").rename(tmp_path / "mine")
    assert list(open_dataset(tmp_path / "mine").splits) == ["all"]


def test_a_folder_of_images_and_masks_is_none(tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / "set/train" / kind).mkdir(parents=True)
        write_map(tmp_path / "set/train" / kind / "a.png", FIRST)
    assert open_dataset(tmp_path / "set").format == "mask-folder"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_what_is_not_black_is_the_nucleus(tmp_path, mode):
    home = make(tmp_path / "nuclei")
    image = Image.fromarray(FIRST // 255 if mode in ("P", "I;16") else FIRST)
    if mode == "I;16":
        image = Image.fromarray(FIRST.astype(np.uint16) // 255)
    image = image if mode in ("I;16", "P") else image.convert(mode)
    image.save(home / f"stage1_train/{IDS[0]}/masks/a.png")
    np.testing.assert_array_equal(masks(open_dataset(home).split("train").labels(0))[0], FIRST > 0)


def test_untouched_nuclei_keep_their_files(tmp_path):
    home = make(tmp_path / "nuclei")
    relabel(home, tmp_path / "out")
    for path in home.rglob("*.png"):
        assert (tmp_path / "out" / path.relative_to(home)).samefile(path), path
    assert len(open_dataset(tmp_path / "out").split("train").labels(2)) == 0


def test_a_changed_nucleus_changes_its_file_alone(tmp_path):
    home = make(tmp_path / "nuclei")
    given = open_dataset(home).split("train").labels(0)
    grown = FIRST.copy()
    grown[4] = 255
    third = SECOND // 255 * 0
    third[0, 6] = 1
    new = some([grown, third], ids=np.array([given.ids[1], 77]))  # a is gone, b has grown, one is new
    relabel(home, tmp_path / "out", new)
    folder = tmp_path / f"out/stage1_train/{IDS[0]}/masks"
    assert sorted(path.name for path in folder.iterdir()) == [f"{77:016x}.png", "b.png"]
    np.testing.assert_array_equal(read_map(folder / "b.png"), grown)
    np.testing.assert_array_equal(read_map(folder / f"{77:016x}.png"), third * 255)
    again = open_dataset(tmp_path / "out").split("train").labels(0)
    assert again.ids[1] == given.ids[1]
    assert (tmp_path / f"out/stage1_train/{IDS[1]}/masks/a.png").samefile(
        home / f"stage1_train/{IDS[1]}/masks/a.png"
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"classes": np.array([IGNORE], dtype=np.uint8)}, "object 1 is of unknown class"),
        ({"crowd": np.array([True])}, "object 1 is a crowd"),
    ],
)
def test_what_is_no_nucleus_is_refused(tmp_path, changes, complaint):
    home = make(tmp_path / "nuclei")
    with pytest.raises(BadInput, match=complaint):
        relabel(home, tmp_path / "out", some([FIRST], **changes))
    assert not (tmp_path / "out").exists()


def test_wrong_files_are_named(tmp_path):
    home = make(tmp_path / "nuclei")
    write_map(home / f"stage1_train/{IDS[0]}/masks/a.png", np.zeros((2, 2), dtype=np.uint8))
    (home / f"stage1_train/{IDS[1]}/masks/b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    data = open_dataset(home).split("train")
    with pytest.raises(BadInput, match=r"a\.png: the mask has 2 x 2 px, its image has 5 x 7"):
        data.labels(0)
    with pytest.raises(BadInput, match=r"b\.png: cannot be read as an image"):
        data.labels(1)
    write_map(home / f"stage1_train/{IDS[0]}/images/more.png", FIRST)
    with pytest.raises(BadInput, match="images: holds 2 images; it must be one"):
        open_dataset(home)


def test_other_labels_and_tasks_are_refused_and_semantic_is_painted(tmp_path):
    home = make(tmp_path / "nuclei")
    with pytest.raises(BadInput, match="has one set of masks"):
        open_dataset(home, labels="x")
    with pytest.raises(BadInput, match="open it as instance or semantic"):
        open_dataset(home, task=Task.CLASSIFICATION)
    painted = open_dataset(home, task=Task.SEMANTIC).split("train").labels(0)
    np.testing.assert_array_equal(painted, (FIRST | SECOND) > 0)


def test_any_objects_with_a_file_each(tmp_path):
    held = [FIRST > 0, SECOND > 0, FIRST == 0, SECOND == 0, np.zeros(SIZE)]
    objects = some(
        held,
        classes=np.array([2, 1, 1, IGNORE, 2], dtype=np.uint8),
        crowd=np.array([False, False, True, False, False]),
    )
    problem = Problem(Task.INSTANCE, ("background", "cup", "spoon"), background=0)
    images = [np.full((*SIZE, 3), 9, dtype=np.uint8)] * 2
    labels = [objects, some(np.zeros((0, *SIZE)))]
    data = ArrayDataset("m", "val", problem, ["x/y", "z"], images, labels)
    write_dataset(Splits("m", "m", {"val": data}), {}, tmp_path / "out", format="dsb2018")
    opened = open_dataset(tmp_path / "out").split("val")
    assert opened.keys == ["x__y", "z"]
    np.testing.assert_array_equal(masks(opened.labels(0)), [held[0], held[1], held[4]])
    assert len(opened.labels(1)) == 0


def test_nothing_else_sees_it_first(tmp_path):
    home = make(tmp_path / "nuclei")
    assert next(name for name, row in FORMATS.items() if row.sniff(home)) == "dsb2018"

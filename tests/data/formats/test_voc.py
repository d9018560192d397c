"""Pascal VOC: which pixel is of which object and class, what goes back, what is said of broken files."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from truemask import rle
from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.formats import FORMATS
from truemask.data.formats.colours import standard_palette
from truemask.data.formats.id_maps import first_id
from truemask.data.formats.voc_classes import VOC_CLASSES
from truemask.data.image_file import read_map, write_image, write_map
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

SIZE = (4, 6)
CLASSES = np.array([[0, 0, 255, 15, 15, 255], [0, 0, 255, 15, 15, 255], [255] * 6, [12, 12, 12, 255, 15, 15]])
OBJECTS = np.array([[0, 0, 255, 1, 1, 255], [0, 0, 255, 1, 1, 255], [255] * 6, [3, 3, 3, 255, 2, 2]])
LISTS = {"train": "2007_000001\n2007_000002\n", "val": "2007_000003\n"}


def make(home, lists=LISTS, classes=CLASSES, objects=OBJECTS, sets="ImageSets/Segmentation"):
    """Three images in VOC's layout, as its owners publish it."""
    for folder in ("JPEGImages", "SegmentationClass", "SegmentationObject", "Annotations", sets):
        (home / folder).mkdir(parents=True)
    for i in (1, 2, 3):
        key = f"2007_00000{i}"
        photo = np.full((*SIZE, 3), 40 * i, dtype=np.uint8)
        Image.fromarray(photo).save(home / f"JPEGImages/{key}.jpg")
        for folder, values in (("SegmentationClass", classes), ("SegmentationObject", objects)):
            write_map(home / folder / f"{key}.png", values.astype(np.uint8), standard_palette())
        (home / f"Annotations/{key}.xml").write_text("<annotation/>")
    for name, text in {**lists, "trainval": "".join(lists.values())}.items():
        (home / sets / f"{name}.txt").write_text(text)
    return home


def masks(objects):
    return rle.unpack(objects.masks, objects.size)


def picked(given, keep, **changes):
    part = Instances(
        size=given.size,
        classes=given.classes[keep],
        masks=tuple(given.masks[i] for i in keep),
        boxes=given.boxes[keep],
        ids=given.ids[keep],
        crowd=given.crowd[keep],
    )
    return replace(part, **changes)


def opened_objects(home, row=0):
    return open_dataset(home, task=Task.INSTANCE).split("train").labels(row)


def test_label_maps_are_the_ids_with_void_ignored(tmp_path):
    opened = open_dataset(make(tmp_path / "VOC2012"))
    assert (opened.name, opened.format) == ("VOC2012", "voc")
    assert {name: list(data.keys) for name, data in opened.splits.items()} == {
        "train": ["2007_000001", "2007_000002"],
        "val": ["2007_000003"],
    }
    assert opened.problem == Problem(Task.SEMANTIC, VOC_CLASSES, 3, background=0)
    assert (len(VOC_CLASSES), VOC_CLASSES[12], VOC_CLASSES[15]) == (21, "dog", "person")
    data = opened.split("train")
    np.testing.assert_array_equal(data.labels(0), CLASSES)
    assert data.size(0) == SIZE
    assert data.image(0).shape == (*SIZE, 3)
    assert data.file(1).name == "2007_000002.jpg"


@pytest.mark.parametrize("nest", ["VOC2012", "VOCdevkit/VOC2012"])
def test_the_folder_above_opens_too(tmp_path, nest):
    make(tmp_path / "here" / nest)
    assert open_dataset(tmp_path / "here").name == "VOC2012"


def test_of_two_years_one_must_be_named(tmp_path):
    make(tmp_path / "VOCdevkit/VOC2007")
    make(tmp_path / "VOCdevkit/VOC2012")
    with pytest.raises(BadInput, match="holds VOC2007, VOC2012; open one of them"):
        open_dataset(tmp_path)
    assert open_dataset(tmp_path / "VOCdevkit/VOC2007").name == "VOC2007"


def test_objects_have_the_class_of_their_pixels_and_void_is_a_crowd(tmp_path):
    objects = opened_objects(make(tmp_path / "set"))
    np.testing.assert_array_equal(objects.classes, [15, 15, 12, IGNORE])
    np.testing.assert_array_equal(objects.crowd, [False, False, False, True])
    np.testing.assert_array_equal(masks(objects), [value == OBJECTS for value in (1, 2, 3, 255)])
    np.testing.assert_array_equal(objects.ids, first_id("2007_000001") + np.array([1, 2, 3, 255]))
    np.testing.assert_array_equal(objects.boxes[0], [3, 0, 5, 2])


def test_an_object_is_of_the_class_that_most_of_its_pixels_have(tmp_path):
    classes = CLASSES.copy()
    classes[3, :3] = [7, 7, 12]
    classes[3, 4:] = 255
    objects = opened_objects(make(tmp_path / "set", classes=classes))
    np.testing.assert_array_equal(objects.classes, [15, IGNORE, 7, IGNORE])
    assert not objects.crowd[1]


def test_an_object_on_background_alone_is_an_error(tmp_path):
    classes = np.where(OBJECTS == 3, 0, CLASSES)
    home = make(tmp_path / "set", classes=classes)
    with pytest.raises(BadInput, match=r"2007_000001\.png: object 3 has no class, only background"):
        opened_objects(home)


def test_without_lists_all_that_is_labelled_is_one_split(tmp_path):
    home = make(tmp_path / "set", sets="elsewhere")
    assert list(open_dataset(home).split("all").keys) == ["2007_000001", "2007_000002", "2007_000003"]


def test_trainval_alone_is_a_split_and_a_list_without_labels_is_none(tmp_path):
    home = make(tmp_path / "set", lists={"test": "9\n"})
    (home / "ImageSets/Segmentation/trainval.txt").write_text(LISTS["val"])
    assert list(open_dataset(home).splits) == ["trainval"]


def test_another_folder_of_label_maps_is_chosen_by_name(tmp_path):
    home = make(tmp_path / "set")
    (home / "SegmentationClass").rename(home / "SegmentationClassAug")
    make(tmp_path / "other")
    (tmp_path / "other/SegmentationClass").rename(home / "SegmentationClass")
    write_map(home / "SegmentationClassAug/2007_000001.png", np.full(SIZE, 9, dtype=np.uint8))
    opened = open_dataset(home, labels="SegmentationClassAug")
    assert opened.name == "set/SegmentationClassAug"
    assert (opened.split("train").labels(0) == 9).all()
    with pytest.raises(BadInput, match="no folder of label maps called 'gold'"):
        open_dataset(home, labels="gold")


def test_maps_in_colours_by_a_labelmap_of_cvat(tmp_path):
    home = make(tmp_path / "set")
    (home / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\ncat:10,20,30::\nbackground:0,0,0::\n"
    )
    pixels = np.zeros((*SIZE, 3), dtype=np.uint8)
    pixels[1:3, 2:4] = (10, 20, 30)
    write_image(home / "SegmentationClass/2007_000001.png", pixels)
    pixels[1:3, 2:4] = (0, 128, 0)  # the colour of object 2
    write_image(home / "SegmentationObject/2007_000001.png", pixels)
    opened = open_dataset(home)
    assert opened.problem.classes == ("background", "cat")
    square = np.zeros(SIZE, dtype=bool)
    square[1:3, 2:4] = True
    np.testing.assert_array_equal(opened.split("train").labels(0), square)
    objects = opened_objects(home)
    np.testing.assert_array_equal(masks(objects), [square])
    assert (objects.ids - first_id("2007_000001")).tolist() == [2]
    new = [picked(objects, [0], ids=np.array([5]), classes=np.array([1], dtype=np.uint8))]
    write_dataset(first_alone(home), {"train": new}, tmp_path / "out")
    assert not (tmp_path / "out/SegmentationObject/2007_000001.png").samefile(
        home / "SegmentationObject/2007_000001.png"
    )
    assert (tmp_path / "out/SegmentationClass/2007_000001.png").samefile(
        home / "SegmentationClass/2007_000001.png"
    )
    np.testing.assert_array_equal(masks(opened_objects(tmp_path / "out")), [square])


def first_alone(home):
    """The data set with its first image alone."""
    (home / "ImageSets/Segmentation/train.txt").write_text("2007_000001\n")
    (home / "ImageSets/Segmentation/val.txt").unlink()
    return open_dataset(home, task=Task.INSTANCE)


@pytest.mark.parametrize(
    ("gone", "complaint"),
    [
        ("JPEGImages/2007_000002.jpg", "JPEGImages: no image called 2007_000002 there, which is listed"),
        ("SegmentationClass/2007_000002.png", "SegmentationClass: no image called 2007_000002"),
        ("SegmentationObject/2007_000002.png", "SegmentationObject: no image called 2007_000002"),
    ],
)
def test_a_missing_file_is_named(tmp_path, gone, complaint):
    home = make(tmp_path / "set")
    (home / gone).unlink()
    with pytest.raises(BadInput, match=complaint):
        open_dataset(home, task=Task.INSTANCE)


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("ImageSets/Segmentation/val.txt", b"a\na\n", "names 'a' twice"),
        ("ImageSets/Segmentation/val.txt", b"\xff", "cannot be read as text"),
        ("labelmap.txt", b"dog", "names no colour"),
    ],
)
def test_a_wrong_text_file_is_one_line(tmp_path, file, content, complaint):
    home = make(tmp_path / "set")
    (home / file).write_bytes(content)
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(home)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["SegmentationClass", "SegmentationObject", "JPEGImages"])
def test_a_truncated_file_is_named(tmp_path, kind):
    home = make(tmp_path / "set")
    path = next((home / kind).glob("2007_000001.*"))
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(BadInput, match=r"2007_000001\.\w+: cannot be read as an image"):
        open_dataset(home, task=Task.INSTANCE).split("train").labels(0)


def test_a_map_of_another_size_or_of_a_class_unknown_is_an_error(tmp_path):
    home = make(tmp_path / "set")
    write_map(home / "SegmentationClass/2007_000001.png", np.zeros((2, 3), dtype=np.uint8))
    write_map(home / "SegmentationClass/2007_000002.png", np.full(SIZE, 21, dtype=np.uint8))
    data = open_dataset(home).split("train")
    with pytest.raises(BadInput, match=r"the map has 2 x 3 px, its image 2007_000001\.jpg has 4 x 6"):
        data.labels(0)
    with pytest.raises(BadInput, match=r"2007_000002\.png: a mask with class 21 of 21"):
        data.labels(1)


def test_photos_are_not_to_be_classified(tmp_path):
    with pytest.raises(BadInput, match="open it as semantic or instance"):
        open_dataset(make(tmp_path / "set"), task=Task.CLASSIFICATION)


# Writing


def test_untouched_labels_keep_their_files(tmp_path):
    home = make(tmp_path / "set")
    for task in (Task.SEMANTIC, Task.INSTANCE):
        source = open_dataset(home, task=task)
        out = tmp_path / task
        same = [source.split("train").labels(row) for row in range(2)]
        write_dataset(source, {"train": same}, out)
        for path in home.rglob("*.*"):
            assert (out / path.relative_to(home)).samefile(path), path


def test_new_label_maps_change_their_file_alone(tmp_path):
    home = make(tmp_path / "set")
    source = open_dataset(home)
    new = [source.split("train").labels(row).copy() for row in range(2)]
    new[1][0, :3] = [20, IGNORE, 3]
    write_dataset(source, {"train": new}, tmp_path / "out")
    written = open_dataset(tmp_path / "out")
    np.testing.assert_array_equal(written.split("train").labels(1), new[1])
    with Image.open(tmp_path / "out/SegmentationClass/2007_000002.png") as image:
        assert image.mode == "P"
        assert image.getpalette()[: 3 * 3] == [0, 0, 0, 128, 0, 0, 0, 128, 0]
    changed = [p for p in home.rglob("*.*") if not (tmp_path / "out" / p.relative_to(home)).samefile(p)]
    assert [p.relative_to(home).as_posix() for p in changed] == ["SegmentationClass/2007_000002.png"]


def test_new_objects_change_both_maps_and_no_other_pixel(tmp_path):
    classes = CLASSES.copy()
    classes[0, 0] = 4  # a pixel with a class that is of no object stays so
    home = make(tmp_path / "set", classes=classes)
    source = open_dataset(home, task=Task.INSTANCE)
    given = source.split("train").labels(0)
    # the second person vanishes, the dog becomes a cat
    new = picked(given, [0, 2, 3], classes=np.array([15, 8, IGNORE], dtype=np.uint8))
    write_dataset(source, {"train": [new, source.split("train").labels(1)]}, tmp_path / "out")
    expected = np.where(OBJECTS == 2, 0, OBJECTS)
    np.testing.assert_array_equal(read_map(tmp_path / "out/SegmentationObject/2007_000001.png"), expected)
    shown = np.where(OBJECTS == 2, 0, np.where(OBJECTS == 3, 8, classes))
    np.testing.assert_array_equal(read_map(tmp_path / "out/SegmentationClass/2007_000001.png"), shown)
    again = opened_objects(tmp_path / "out")
    np.testing.assert_array_equal(again.ids, new.ids)
    np.testing.assert_array_equal(again.classes, new.classes)
    assert (tmp_path / "out/SegmentationObject/2007_000002.png").samefile(
        home / "SegmentationObject/2007_000002.png"
    )


def test_an_image_in_two_lists_is_written_once_and_its_source_left_alone(tmp_path):
    home = make(tmp_path / "set", lists={"train": "2007_000001\n", "mine": "2007_000001\n"})
    before = (home / "SegmentationClass/2007_000001.png").read_bytes()
    new = np.full(SIZE, 2, dtype=np.uint8)
    write_dataset(open_dataset(home), {"mine": [new]}, tmp_path / "out")
    assert (home / "SegmentationClass/2007_000001.png").read_bytes() == before
    np.testing.assert_array_equal(open_dataset(tmp_path / "out").split("train").labels(0), new)


def some_objects():
    """Two that overlap, a crowd, and one of unknown class."""
    held = np.zeros((4, *SIZE), dtype=bool)
    held[0, :2, :3] = held[1, 1:, 2:4] = held[2, 3, :] = held[3, 0, 5] = True
    packed = rle.pack(held)
    return Instances(
        size=SIZE,
        classes=np.array([1, 2, 1, IGNORE], dtype=np.uint8),
        masks=packed,
        boxes=rle.boxes(packed, SIZE),
        ids=np.array([7, 8, 9, 10]),
        crowd=np.array([False, False, True, False]),
    )


def in_memory(problem, labels, split="val"):
    images = [np.full((*SIZE, problem.channels), 5, dtype=np.uint8)] * len(labels)
    data = ArrayDataset("made", split, problem, [f"k{i}" for i in range(len(labels))], images, labels)
    return Splits("made", "made", {split: data})


def test_any_objects_in_voc_layout(tmp_path):
    problem = Problem(Task.INSTANCE, ("background", "cup", "saucer"), background=0)
    source = in_memory(problem, [some_objects(), picked(some_objects(), [])])
    write_dataset(source, {}, tmp_path / "out", format="voc")
    data = open_dataset(tmp_path / "out", task=Task.INSTANCE).split("val")
    assert data.problem == problem
    objects = data.labels(0)
    np.testing.assert_array_equal(objects.classes, [1, 2, IGNORE, IGNORE])
    np.testing.assert_array_equal(objects.crowd, [False, False, False, True])
    before = masks(some_objects())
    # both have 6 px: the later one covers the other
    np.testing.assert_array_equal(masks(objects)[:2], [before[0] & ~before[1], before[1]])
    np.testing.assert_array_equal(masks(objects)[3], before[2] & ~before[1])
    assert len(data.labels(1)) == 0
    np.testing.assert_array_equal(data.image(0), source.split("val").image(0))


def test_any_label_maps_in_voc_layout(tmp_path):
    labels = np.array([[0, 1, 2, 254, 255, 0]] * 4, dtype=np.uint8)
    names = tuple(f"class {i}" for i in range(255))
    source = in_memory(Problem(Task.SEMANTIC, names, channels=1), [labels])
    write_dataset(source, {}, tmp_path / "out", format="voc")
    opened = open_dataset(tmp_path / "out")
    assert opened.problem == source.problem
    np.testing.assert_array_equal(opened.split("val").labels(0), labels)


def test_own_classes_need_no_labelmap(tmp_path):
    source = in_memory(Problem(Task.SEMANTIC, VOC_CLASSES, background=0), [CLASSES.astype(np.uint8)], "all")
    write_dataset(source, {}, tmp_path / "out", format="voc")
    assert not (tmp_path / "out/labelmap.txt").exists()
    np.testing.assert_array_equal(open_dataset(tmp_path / "out").split("all").labels(0), CLASSES)


def test_more_than_254_objects_do_not_fit(tmp_path):
    held = np.eye(255, 24, dtype=bool).repeat(1, axis=0).reshape(255, *SIZE)
    objects = Instances(
        size=SIZE,
        classes=np.ones(255, dtype=np.uint8),
        masks=rle.pack(held),
        boxes=np.zeros((255, 4), dtype=np.float32),
        ids=np.arange(1, 256),
        crowd=np.zeros(255, dtype=bool),
    )
    source = in_memory(Problem(Task.INSTANCE, ("background", "a"), background=0), [objects])
    with pytest.raises(BadInput, match="255 objects; such a map holds 254 at most"):
        write_dataset(source, {}, tmp_path / "out", format="voc")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["a:b", "void", " x", "", "background"])
def test_names_that_a_labelmap_cannot_hold_are_refused(tmp_path, name):
    source = in_memory(Problem(Task.SEMANTIC, ("road", name)), [np.zeros(SIZE, dtype=np.uint8)])
    with pytest.raises(BadInput, match="rename"):
        write_dataset(source, {}, tmp_path / "out", format="voc")


def test_nothing_else_sees_it_first(tmp_path):
    home = make(tmp_path / "set")
    assert next(name for name, row in FORMATS.items() if row.sniff(home)) == "voc"

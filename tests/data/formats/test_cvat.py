"""CVAT's XML: what its shapes cover, what goes back value by value, what is said of hostile files."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from truemask import rle
from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.image_file import write_image
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

HEIGHT, WIDTH = 12, 20
SIZE = (HEIGHT, WIDTH)
DOOR_MASK = (
    '<mask label="door" source="semi-auto" occluded="1" rle="1, 1, 1, 3" left="3" top="7" width="3" '
    'height="2" z_order="4">\n    </mask>'
)
SHAPES = f"""
    <polygon label="door" source="manual" occluded="1" points="2.00,2.00;6.0,2;6,5;2,5" z_order="2">
      <attribute name="colour">red &amp; blue</attribute>
    </polygon>
    <points label="wheel" source="manual" occluded="0" points="4,4" z_order="0">
    </points>
    <box label="wheel" source="manual" occluded="0" xtl="12" ytl="7" xbr="16" ybr="9" group_id="1">
    </box>
    {DOOR_MASK}
    <!-- seen twice -->
    <polygon label="wheel" source="file" occluded="0" points="0,0;2,0;2,2;0,2" z_order="1" group_id="1"/>
    <ellipse label="door" source="auto" occluded="0" cx="12" cy="4" rx="2" ry="1" z_order="0" group_id="1"/>
    <mask label="door" source="manual" occluded="0" rle="0, 4" left="18" top="10" width="2" height="2">
      <attribute name="iscrowd">true</attribute>
      <attribute name="ignore">1</attribute>
    </mask>
  """
LABELS = """\
      <labels>
        <label><name>wheel</name><color>#fa3253</color><attributes></attributes></label>
        <label><name>door</name><attributes><attribute><name>colour</name></attribute></attributes></label>
        <label><name>knee</name><type>points</type><parent>leg</parent></label>
      </labels>"""


def image(number, name, shapes="", size=SIZE, more=""):
    return f'<image id="{number}" name="{name}" {more}width="{size[1]}" height="{size[0]}">{shapes}</image>'


def document(*images, labels=LABELS):
    return f"""\
<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <job>
      <id>4</id>
      <mode>annotation</mode>
{labels}
    </job>
    <dumped>2024-05-01 10:00:00.000000+00:00</dumped>
  </meta>
  {"".join(images)}
</annotations>
"""


def make(home, text=None, images=("a.png", "sub/b.png")):
    for i, name in enumerate(images):
        (home / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(home / "images" / name, np.full((*SIZE, 3), i, dtype=np.uint8))
    text = document(image(0, "a.png", SHAPES), image(7, "sub/b.png")) if text is None else text
    (home / "annotations.xml").write_text(text)
    return home


def with_shape(home, shape):
    return make(home, document(image(0, "a.png", shape)))


def first(path, **more):
    return open_dataset(path, **more).split("all").labels(0)


def masks(objects):
    return rle.unpack(objects.masks, objects.size)


def rectangle(top, bottom, left, right):
    mask = np.zeros(SIZE, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


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


def plain(text):
    """XML as nested values, without the space between elements."""

    def value(element):
        return (
            str(element.tag),
            dict(element.attrib),
            (element.text or "").strip(),
            list(map(value, element)),
        )

    builder = ElementTree.TreeBuilder(insert_comments=True)
    return value(ElementTree.fromstring(text, ElementTree.XMLParser(target=builder)))


def rewritten(tmp_path, change, expected):
    """Change the objects of a.png; the file must then be what it was but for the shapes as `expected`."""
    source = open_dataset(make(tmp_path / "set"))
    data = source.split("all")
    given = change(data.labels(0))
    write_dataset(source, {"all": [given, data.labels(1)]}, tmp_path / "out")
    after = (tmp_path / "out/annotations.xml").read_text(encoding="utf-8")
    whole = document(image(0, "a.png", expected), image(7, "sub/b.png"))
    # ElementTree names comments by a function, whose text differs from run to run.
    assert re.sub(r"0x\w+", "", str(plain(after))) == re.sub(r"0x\w+", "", str(plain(whole)))
    back = first(tmp_path / "out")
    order, again = np.argsort(given.ids), picked(back, np.argsort(back.ids))
    np.testing.assert_array_equal(again.ids, given.ids[order])
    np.testing.assert_array_equal(again.classes, given.classes[order])
    np.testing.assert_array_equal(again.crowd, given.crowd[order])
    np.testing.assert_array_equal(masks(again), masks(picked(given, order)))


# Opening


def test_shapes_with_an_area_are_objects(tmp_path):
    source = open_dataset(make(tmp_path / "parts"))
    assert (source.name, source.format, list(source.splits)) == ("parts", "cvat", ["all"])
    assert source.problem.classes == ("background", "wheel", "door")
    data = source.split("all")
    assert list(data.keys) == ["a", "sub/b"]
    a = data.labels(0)
    assert a.classes.tolist() == [2, 1, 2, 2, IGNORE]
    assert a.crowd.tolist() == [False, False, False, False, True]
    np.testing.assert_array_equal(masks(a)[0], rectangle(2, 5, 2, 6))
    np.testing.assert_array_equal(masks(a)[1], rectangle(7, 9, 12, 16) | rectangle(0, 2, 0, 2))
    tight = np.zeros(SIZE, dtype=bool)
    tight[7:9, 3:6] = [[False, True, False], [True, True, True]]  # along the rows, off first
    np.testing.assert_array_equal(masks(a)[2], tight)
    ys, xs = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    np.testing.assert_array_equal(masks(a)[3], ((xs - 12) / 2) ** 2 + (ys - 4) ** 2 < 1)
    np.testing.assert_array_equal(masks(a)[4], rectangle(10, 12, 18, 20))
    assert len(data.labels(1)) == 0
    assert data.image(1)[0, 0].tolist() == [1, 1, 1]


def test_a_box_turns_clockwise_around_its_centre(tmp_path):
    box = '<box label="door" xtl="8" ytl="5" xbr="12" ybr="7" rotation="90.0"/>'
    np.testing.assert_array_equal(masks(first(with_shape(tmp_path / "a", box)))[0], rectangle(4, 8, 9, 11))
    slanted = '<ellipse label="door" cx="10" cy="6" rx="5" ry="1" rotation="45"/>'
    (mask,) = masks(first(with_shape(tmp_path / "b", slanted)))
    assert mask[8, 12]
    assert not mask[8, 7]


def test_subsets_are_splits(tmp_path):
    text = document(
        image(0, "a.png", SHAPES, more='subset="Train" '),
        image(1, "a.png", SHAPES, more='subset="Validation" '),
        image(2, "c.png", more='subset="odd" '),
    )
    home = make(tmp_path / "set", text, images=("Train/a.png", "a.png", "c.png"))
    source = open_dataset(home)
    assert {split: list(data.keys) for split, data in source.splits.items()} == {
        "train": ["a"],
        "val": ["a"],
        "odd": ["c"],
    }
    assert source.split("train").file(0) == home / "images/Train/a.png"
    assert source.split("val").file(0) == home / "images/a.png"
    assert not set(source.split("train").labels(0).ids) & set(source.split("val").labels(0).ids)
    write_dataset(source, {"val": [picked(source.split("val").labels(0), [0])]}, tmp_path / "out")
    back = open_dataset(tmp_path / "out")
    assert [len(back.split(split).labels(0)) for split in ("train", "val", "odd")] == [5, 1, 0]


def test_without_declared_labels_those_of_the_shapes_count(tmp_path):
    source = open_dataset(make(tmp_path / "set", document(image(0, "a.png", SHAPES), labels="")))
    assert source.problem.classes == ("background", "door", "wheel")


def test_images_beside_the_file_and_by_their_last_name(tmp_path):
    home = make(tmp_path / "set", document(image(0, "far/away/a.png"), image(1, "x.png")), images=("a.png",))
    write_image(home / "x.png", np.zeros((*SIZE, 3), dtype=np.uint8))
    data = open_dataset(home / "annotations.xml").split("all")
    assert [data.file(row) for row in range(2)] == [home / "images/a.png", home / "x.png"]


def test_seen_as_semantic_and_never_as_classification(tmp_path):
    home = make(tmp_path / "set")
    assert set(np.unique(open_dataset(home, task=Task.SEMANTIC).split("all").labels(0))) == {0, 1, 2, IGNORE}
    with pytest.raises(BadInput, match="open it as instance or semantic"):
        open_dataset(home, task=Task.CLASSIFICATION)
    with pytest.raises(BadInput, match="one set of labels, not 'v2'"):
        open_dataset(home, labels="v2")


# Errors


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        ('<polygon points="0,0;1,0;1,1"/>', r"shape 0 \(polygon\) has no label"),
        ('<polygon label="roof" points="0,0;1,0;1,1"/>', "no label 'roof' is declared"),
        ('<polygon label="door"/>', r"shape 0 \(polygon of door\) is no use: its points are no list"),
        ('<polygon label="door" points="0,0;1,0"/>', "3 points or more, this one 2"),
        ('<polygon label="door" points="0,0;1,0;1,x"/>', "'x' is no number"),
        ('<polygon label="door" points="0,0;1,0;1,nan"/>', "'nan' is no number of pixels"),
        ('<polygon label="door" points="0,0;1,0;1,1e9"/>', "'1e9' is no number of pixels"),
        ('<box label="door" xtl="1" ytl="2" xbr="3"/>', "'' is no number"),
        ('<ellipse label="door" cx="1" cy="2" rx="0" ry="3"/>', "radii above 0"),
        (DOOR_MASK.replace("1, 1, 1, 3", "1, 1, 1, 4"), "its runs have 7 px, its box has 6"),
        (DOOR_MASK.replace("1, 1, 1, 3", "7, -1"), "its runs have 6 px, its box has 6"),
        (DOOR_MASK.replace("1, 1, 1, 3", ""), "'' is no number"),
        (DOOR_MASK.replace("1, 1, 1, 3", "1.5, 4.5"), "'1.5' is no whole number"),
        (DOOR_MASK.replace('width="3"', 'width="999999"'), "a mask of 2 x 999999 px in an image of 12 x 20"),
        (DOOR_MASK.replace('height="2"', 'height="0"'), "a mask of 0 x 3 px"),
        (DOOR_MASK.replace("<mask ", '<mask truemask_id="x" '), "no whole number as truemask_id"),
        (
            DOOR_MASK.replace("<mask ", '<mask truemask_id="5" ') * 2,
            "two objects have the id 5",
        ),
    ],
)
def test_a_wrong_shape_is_named(tmp_path, shape, complaint):
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(with_shape(tmp_path / "set", shape))
    assert "annotations.xml: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (document()[:-20], "not valid XML"),
        ("<annotations >\x00</annotations>", "not valid XML"),
        (document(), "lists no image"),
        (document("<track/>", image(0, "a.png")), "holds tracks of a video"),
        ("<x><annotations ></annotations></x>", "holds x, not the annotations of CVAT"),
        (document('<image name="a.png" width="x" height="3"/>'), "height 3 and width 'x' are no whole num"),
        (document('<image name="a.png" width="99999" height="99999"/>'), "more than an image has"),
        (document('<image width="3" height="3"/>'), "image 0 needs a file inside the data set as name; got"),
        (document(image(0, "../a.png")), "needs a file inside the data set"),
        (document(image(0, "/a.png")), "needs a file inside the data set"),
        (document(image(0, "a.png"), image(1, "a.jpg")), "two images are called a"),
        (document(image(0, "gone.png")), r"image gone\.png is not in images"),
        (document(image(0, "a.png"), labels=""), "declares no label"),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + document(image(0, "a.png"))[39:], "declares a DOCTYPE"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path, text, complaint):
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(make(tmp_path / "set", text))
    assert "annotations.xml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_entities_are_refused_in_other_codings_too(tmp_path):
    home = make(tmp_path / "set")
    text = '<!DOCTYPE annotations [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + document(image(0, "&a;"))[39:]
    ebcdic = b'<?xml version="1.0" encoding="cp037"?>' + b"<annotations >" + text.encode("cp037")
    (home / "annotations.xml").write_bytes(ebcdic)
    with pytest.raises(BadInput, match="no text in UTF-8"):
        open_dataset(home)
    (home / "annotations.xml").write_bytes(b"<annotations >".ljust(20) + text.encode("utf-16"))
    with pytest.raises(BadInput, match="no text in UTF-8"):
        open_dataset(home)


def test_an_image_of_another_size_is_an_error(tmp_path):
    home = make(tmp_path / "set", document(image(0, "a.png", size=(12, 21))))
    with pytest.raises(BadInput, match=r"has 12 x 20 px, annotations\.xml says 12 x 21"):
        open_dataset(home).split("all").image(0)


# Writing


def test_an_untouched_set_is_linked_file_by_file(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    data = source.split("all")
    write_dataset(source, {"all": [data.labels(0), data.labels(1)]}, tmp_path / "out")
    for name in ("annotations.xml", "images/a.png", "images/sub/b.png"):
        assert (tmp_path / "out" / name).samefile(tmp_path / "set" / name)


def test_a_new_class_changes_the_labels_of_its_shapes_alone(tmp_path):
    expected = SHAPES.replace('"door"', '"wheel"', 1)
    expected = expected.replace('<attribute name="ignore">1', '<attribute name="ignore">false')
    rewritten(tmp_path, lambda a: replace(a, classes=np.array([1, 1, 2, 2, 2], dtype=np.uint8)), expected)


def test_a_class_becomes_unknown(tmp_path):
    unknown = DOOR_MASK.replace("\n    <", '<attribute name="ignore">true</attribute><')
    rewritten(
        tmp_path,
        lambda a: replace(a, classes=np.array([2, 1, IGNORE, 2, IGNORE], dtype=np.uint8)),
        SHAPES.replace(DOOR_MASK, unknown),
    )


def test_a_new_class_joins_no_other_object(tmp_path):
    rewritten(
        tmp_path,
        lambda a: replace(a, classes=np.array([2, 1, 2, 1, IGNORE], dtype=np.uint8)),
        SHAPES.replace('<ellipse label="door"', '<ellipse label="wheel"').replace(
            'ry="1" z_order="0" group_id="1"', 'ry="1" z_order="0" group_id="2"'
        ),
    )


def test_a_new_mask_is_one_mask_that_keeps_its_other_fields(tmp_path):
    new = rectangle(3, 5, 4, 7)
    new[3, 5] = False
    ids = first(make(tmp_path / "again")).ids
    box = '<box label="wheel" source="manual" occluded="0" xtl="12" ytl="7" xbr="16" ybr="9" group_id="1"'
    other = (
        '<polygon label="wheel" source="file" occluded="0" points="0,0;2,0;2,2;0,2" z_order="1" '
        'group_id="1"/>'
    )
    mask = (
        '<mask label="wheel" source="manual" occluded="0" group_id="1" rle="0, 1, 1, 4" left="4" '
        f'top="3" width="3" height="2" truemask_id="{ids[1]}"'
    )
    expected = SHAPES.replace(other, "").replace(box, mask).replace("</box>", "</mask>")
    assert expected.count("truemask_id") == 1
    rewritten(
        tmp_path, lambda a: replace(a, masks=(a.masks[0], rle.pack(new[None])[0], *a.masks[2:])), expected
    )


def test_what_is_gone_vanishes_and_new_objects_come_last(tmp_path):
    shape = (
        '<mask label="door" source="manual" occluded="0" rle="1, 1, 1, 3" left="3" top="7" width="3" '
        'height="2" z_order="0" truemask_id="-5"/>'
    )
    expected = SHAPES.replace(SHAPES[SHAPES.index("<polygon") : SHAPES.index("<points")], "") + shape

    def changed(a):
        part = picked(a, [1, 2, 3, 4, 2])
        return replace(part, ids=np.append(part.ids[:4], -5))

    rewritten(tmp_path, changed, expected)
    text = (tmp_path / "out/annotations.xml").read_text()
    assert '\n    <mask label="door" source="manual" occluded="0" rle="1, 1' in text


def test_crowd_goes_out_and_comes_back(tmp_path):
    crowd = DOOR_MASK.replace("\n    <", '<attribute name="iscrowd">true</attribute><')
    rewritten(
        tmp_path,
        lambda a: replace(a, crowd=np.array([False, False, True, False, False])),
        SHAPES.replace(DOOR_MASK, crowd).replace(
            '"iscrowd">true</attribute>\n', '"iscrowd">false</attribute>\n'
        ),
    )


def test_of_two_alike_the_one_that_stays_keeps_its_id(tmp_path):
    source = open_dataset(with_shape(tmp_path / "set", DOOR_MASK * 2))
    both = source.split("all").labels(0)
    write_dataset(source, {"all": [picked(both, [1])]}, tmp_path / "out")
    assert first(tmp_path / "out").ids.tolist() == [both.ids[1]]


def test_a_class_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(BadInput, match="classes of objects are 1 to 2"):
        rewritten(tmp_path, lambda a: replace(a, classes=np.array([9, 1, 2, 2, 2], dtype=np.uint8)), SHAPES)
    assert not (tmp_path / "out").exists()


def made(names=("background", 'b <&> "ü"', "a"), split="all", key="x.y"):
    rng = np.random.default_rng(0)
    codes = rle.pack(np.concatenate([rng.random((3, *SIZE)) < 0.4, np.zeros((1, *SIZE), dtype=bool)]))
    objects = Instances(
        size=SIZE,
        classes=np.array([1, 2, IGNORE, 2], dtype=np.uint8),
        masks=codes,
        boxes=rle.boxes(codes, SIZE),
        ids=np.array([3, -4, 2**53, 0]),
        crowd=np.array([False, True, True, False]),
    )
    problem = Problem(Task.INSTANCE, names, background=0)
    pixels = rng.integers(0, 256, (1, *SIZE, 3), dtype=np.uint8)
    data = ArrayDataset("made", split, problem, [key], pixels, [objects])
    return Splits("made", "embedded", {split: data}), objects


@pytest.mark.parametrize("split", ["all", "val", "extra"])
def test_anything_as_cvat_comes_back_equal(tmp_path, split):
    source, objects = made(split=split)
    write_dataset(source, {}, tmp_path / "out", format="cvat")
    back = open_dataset(tmp_path / "out")
    assert (back.format, back.problem, list(back.splits)) == ("cvat", source.problem, [split])
    again = back.split(split).labels(0)
    assert (again.masks, list(back.split(split).keys)) == (objects.masks, ["x.y"])
    for column in ("classes", "ids", "crowd", "boxes"):
        np.testing.assert_array_equal(getattr(again, column), getattr(objects, column))


def test_names_that_xml_cannot_hold_are_refused(tmp_path):
    for names in (("background", "\x01"), ("background", "a\r"), ("background", "\ud800")):
        with pytest.raises(BadInput, match="has a letter that XML cannot hold"):
            write_dataset(made(names)[0], {}, tmp_path / "out", format="cvat")
    for name in ("", "b"):
        with pytest.raises(BadInput, match="cannot stand among CVAT's labels"):
            write_dataset(made(("background", "b", name))[0], {}, tmp_path / "out", format="cvat")
    with pytest.raises(BadInput, match="has a letter that XML cannot hold"):
        write_dataset(made(key="a\x02")[0], {}, tmp_path / "out", format="cvat")

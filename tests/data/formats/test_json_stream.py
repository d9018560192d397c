"""JSON entry by entry: nothing of the file is lost, and what json refuses is refused at the same place."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truemask.data.formats import json_stream
from truemask.data.formats.json_stream import Kind, encoding_of, pieces
from truemask.types import BadInput

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=5)


@pytest.fixture(autouse=True, scope="module")
def _narrow_window():
    """A window of a few bytes, so that everything lies across its end at some time."""
    usual, json_stream._CHUNK = json_stream._CHUNK, 5
    yield
    json_stream._CHUNK = usual


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("stream") / "x.json"


def meaning(file):
    """What the pieces say, put together again."""
    said, lists = {}, {}
    for kind, key, value, _lead, _text in pieces(file, "holds an object"):
        if kind == Kind.OPEN:
            lists[key] = said[key] = []
        elif kind == Kind.ENTRY:
            lists[key].append(value)
        elif kind == Kind.VALUE:
            said[key] = value
    return said


def refusal(text):
    """How json refuses a text; None if it reads it."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error
    return None


@given(OBJECTS, st.sampled_from([None, 0, 3, "\t"]), st.booleans(), st.sampled_from(["utf-8", "utf-16"]))
@settings(max_examples=150, deadline=None)
def test_the_pieces_are_the_file_and_mean_what_json_reads(file, said, indent, ascii_only, encoding):
    text = json.dumps(said, indent=indent, ensure_ascii=ascii_only)
    file.write_bytes(text.encode(encoding, "surrogatepass"))
    parts = list(pieces(file, "holds an object"))
    assert "".join(part.lead + part.text for part in parts) == text
    assert meaning(file) == said


@given(OBJECTS, st.data())
@settings(max_examples=150, deadline=None)
def test_what_json_refuses_is_refused_with_the_same_line_and_column(file, said, data):
    text = json.dumps({"list": [said], **said}, indent=1, ensure_ascii=False)
    cut = data.draw(st.integers(1, len(text) - 1))
    broken = text[:cut] + data.draw(st.sampled_from(["", "]", "}", ",", "x", '"', "\n"])) + text[cut + 1 :]
    file.write_bytes(broken.encode("utf-8", "surrogatepass"))
    wrong = refusal(broken)
    if wrong is None:
        assert meaning(file).keys() == json.loads(broken).keys()
        return
    with pytest.raises(BadInput, match="not valid JSON") as caught:
        list(pieces(file, "holds an object"))
    if "delimiter" not in wrong.msg:  # json names the delimiter by kind, we by its character
        assert f"at line {wrong.lineno}, column {wrong.colno})" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "Expecting value at line 1, column 1"),
        (b"[1, 2]", "x.json: holds an object"),
        (b'"text"', "x.json: holds an object"),
        (b'{"a": [1, 2], "b": 3} true', r"Extra data at line 1, column 23"),
        (b'{"a": [1 2]}', "Expecting ']' at line 1, column 10"),
        (b'{"a": "\xff"}', "it is no text"),
        (b'{"a": ' + b"[" * 100_000, "not valid JSON .*recursion"),
        (b'{"a": [' + b"9" * 5000 + b"]}", "not valid JSON .*digits"),
    ],
)
def test_what_is_no_object_in_json_is_one_line(file, text, complaint):
    file.write_bytes(text)
    with pytest.raises(BadInput, match=complaint) as caught:
        list(pieces(file, "holds an object"))
    assert "\n" not in str(caught.value)


def test_a_number_that_lies_across_windows_is_one_number(file):
    file.write_text('{"a": [1234567890123, -0.25e-3], "b": 98765432101234567}')
    assert meaning(file) == {"a": [1234567890123, -0.25e-3], "b": 98765432101234567}


def test_a_file_that_is_not_there_is_one_line(file):
    with pytest.raises(BadInput, match=r"none\.json: cannot be read \(No such file or directory\)"):
        list(pieces(file.with_name("none.json"), "holds an object"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_the_coding_of_the_text_is_seen(file, encoding):
    file.write_bytes('{"a": "ü"}'.encode(encoding))
    assert encoding_of(file) == encoding
    assert meaning(file) == {"a": "ü"}

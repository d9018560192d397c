import base64
import html
import re

import cv2
import numpy as np
import pytest

from truemask.report.blocks import (
    Block,
    Charts,
    Commands,
    Heat,
    Measure,
    NumberTable,
    Page,
    Picture,
    PictureGrid,
    PictureRow,
    Prose,
    Questions,
    Row,
    Section,
    Step,
    Tile,
)
from truemask.report.curves import Curve, Panel
from truemask.report.demo_page import DemoPage, Part, write_demo_page
from truemask.report.html import data_uri, render_page


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


@pytest.fixture
def part(pixels) -> Part:
    return Part(
        title="Organelles & co",
        kicker="semantic",
        story=["Pixels were <flipped>."],
        pictures=PictureGrid(
            ("image", "truth"),
            [PictureRow("train-1", (Picture(pixels, "Dice 0.8"), None)), PictureRow("train-2", (None, None))],
            {"added": (1, 2, 3)},
            "a note",
        ),
        results=NumberTable(
            (
                Measure("dice", "overlap", bar=True),
                Measure("best", "at the best threshold", upper_bound=True),
            ),
            (Row("ce", {"dice": 0.5}, "baseline", "plain"), Row("elr", {"dice": float("nan"), "best": 0.75})),
        ),
        verdict=["It cost little."],
        curves=Charts((Panel("loss", (Curve("ce", (1, 2), (0.5, 0.25), "baseline"),)),)),
        steps=[Step("Make it.", 'truemask data make organelles "my data"')],
        audit=NumberTable(
            (Measure("precision", "share that is wrong"),), (Row("audit", {"precision": 0.9}),)
        ),
        audit_says=["First.", "Second."],
    )


@pytest.fixture
def page(part, tmp_path) -> str:
    path = tmp_path / "report.html"
    write_demo_page(DemoPage("A lead.", [Tile("0.88", "the ceiling", "ceiling")], [part], ["seed 0"]), path)
    return path.read_text(encoding="utf-8")


def of_block(content: object) -> str:
    return render_page(Page("t", "l", (), [Section("s", "", [Block(content)])]))


def visible(page: str) -> str:
    body = page[page.index("<body>") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_a_picture_comes_back_from_its_address_pixel_by_pixel(pixels):
    head, _, data = data_uri(pixels).partition(",")
    assert head == "data:image/png;base64"
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(decoded[:, :, ::-1], pixels)


def test_a_page_needs_nothing_beside_it(page):
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page) + re.findall(r"url\(([^)]*)\)", page)
    assert all(address.startswith(("data:", "#")) for address in loaded)
    assert "<script" not in page
    assert "@import" not in page


def test_a_page_turns_dark_and_fits_a_phone(page):
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page
    assert "max-width: 760px" in page


def test_text_is_escaped(page):
    assert "Pixels were &lt;flipped&gt;." in page
    assert "Organelles &amp; co" in page
    assert "<flipped>" not in page


def test_a_part_is_told_from_labels_to_commands(page):
    said = visible(page)
    order = (
        "A lead.",
        "0.88 the ceiling",
        "semantic Organelles & co",
        "Pixels were <flipped>.",
        "train-1",
        "On clean test labels It cost little.",
        "While they learned",
        "What the audit of the given labels found First. Second.",
        'Do it again, step by step Make it. truemask data make organelles "my data"',
        "seed 0",
    )
    places = [said.index(words) for words in order]
    assert places == sorted(places)


def test_a_part_without_audit_does_not_speak_of_one(part, tmp_path):
    bare = Part(**{**vars(part), "audit": None, "audit_says": ()})
    write_demo_page(DemoPage("l", (), [bare]), tmp_path / "r.html")
    assert "audit" not in visible((tmp_path / "r.html").read_text(encoding="utf-8"))


def test_a_gap_in_a_grid_is_no_picture(page):
    assert page.count("<img") == 1
    assert page.count("<figure>") == 4
    assert 'alt="train-1 image Dice 0.8"' in page
    assert "background: rgb(1, 2, 3)" in page


def test_each_number_stands_with_what_it_means(page):
    said = visible(page)
    assert "dice overlap best at the best threshold" in said
    assert re.search(r'<th class="bound">best</th>', page)
    assert re.search(r'<dt class="bound">best</dt>', page)


def test_undefined_and_missing_numbers_are_dashes_without_bars(page):
    rows = re.findall(r"<tr class=.*?</tr>", page, flags=re.DOTALL)
    numbers = [[visible("<body>" + cell) for cell in re.findall(r"<td class.*?</td>", row)] for row in rows]
    assert numbers[:2] == [["0.500", "-"], ["-", "0.750"]]
    assert re.findall(r"--share: ([\d.]+)%", page) == ["50.0"]


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        (Measure("m", ""), 0.12345, "0.123"),
        (Measure("m", "", digits=1, unit="%"), 0.4512, "45.1%"),
        (Measure("m", "", digits=0, unit="s"), 41.4, "41 s"),
        (Measure("m", "", digits=0), 1234567.0, "1,234,567"),
        (Measure("m", ""), None, "-"),
        (Measure("m", "", unit="%"), float("nan"), "-"),
    ],
)
def test_a_number_as_text(measure, value, text):
    assert measure.text(value) == text


def test_a_heat_map_shows_shares_nothings_and_unknowns():
    shares = np.array([[0.75, 0.25, 0.0], [0.0, 1.0, 0.0], [np.nan] * 3])
    page = of_block(Heat(("cat", "dog", "cow"), shares, "given", "presumed true", "how to read"))
    cells = re.findall(r'<td class="([^"]*)"(?: style="--strength: ([\d.]+)")?>([^<]*)</td>', page)
    assert cells == [
        ("same", "0.866", "75.0%"),
        ("", "0.500", "25.0%"),
        ("", "0.000", "·"),
        ("", "0.000", "·"),
        ("same", "1.000", "100.0%"),
        ("", "0.000", "·"),
        *[("same", "", "-")] * 3,
    ]
    assert "given cat dog cow" in visible(page)


def test_blocks_are_named_as_their_macros():
    contents = (Prose(["x"]), Commands(()), Charts(()), NumberTable((), ()), PictureGrid((), ()))
    assert all("<section>" in of_block(content) for content in contents)


def test_a_page_asks_where_something_is_to_be_decided_and_runs_no_script_elsewhere(pixels):
    grid = PictureGrid(("image",), [PictureRow(name, [Picture(pixels)]) for name in ("one & only", "two")])
    asking = Page("A page", "", (), [Section("Ask", "", [Block(Questions(["0a", "1b"], grid))])])
    page = render_page(asking)
    assert re.findall(r'data-finding="(\w+)"', page) == ["0a", "1b"]
    assert page.count("<script>") == 1
    assert page.count("data:image/jpeg") == 2
    assert "one &amp; only" in page
    showing = Page("A page", "", (), [Section("Show", "", [Block(grid)])])
    assert "<script" not in render_page(showing)


def test_other_questions_are_kept_under_another_name(pixels):
    grid = PictureGrid(("image",), [PictureRow("one", [Picture(pixels)])])
    assert Questions(["0a"], grid).together == Questions(["0a"], PictureGrid((), [])).together
    assert Questions(["0a"], grid).together != Questions(["0b"], grid).together

import json

import numpy as np
import pytest
from PIL import Image

from truemask.data.image_file import write_image, write_map
from truemask.report.structure_words import mixture_words


def write_set(home, maps):
    for folder in ("images", "labels"):
        (home / folder).mkdir(parents=True)
    for name, labels in maps.items():
        write_image(home / "images" / f"{name}.png", np.full((*labels.shape, 1), 90, np.uint8))
        write_map(home / "labels" / f"{name}.png", labels)
    (home / "classes.txt").write_text("background\ncell")
    return home


def squares(grown=0, rate=0.0):
    maps, rng = {}, np.random.default_rng(0)
    for name in "abcd":
        labels = np.zeros((64, 64), np.uint8)
        labels[20 - grown : 44 + grown, 16 - grown : 40 + grown] = 1
        flipped = rng.random(labels.shape) < rate
        maps[name] = np.where(flipped, 1 - labels, labels).astype(np.uint8)
    return maps


def test_page_numbers_and_words(truemask, tmp_path):
    given = write_set(tmp_path / "given", squares(grown=3))
    true = write_set(tmp_path / "true", squares())
    said = truemask("structure", given, "--truth", true, "--quiet")
    assert said.code == 0
    assert "cell: drawn too large; outlines run 3.1 px outside." in said.out
    assert "Mistakes come in patches or follow outlines" in said.out
    out = tmp_path / "truemask-structure"
    numbers = json.loads((out / "structure.json").read_text())
    assert numbers["images"] == 4
    assert numbers["classes"]["cell"]["area"] == pytest.approx(30**2 / 64**2)
    assert numbers["truth"]["classes"]["cell"]["area"] == pytest.approx(24**2 / 64**2)
    assert numbers["truth"]["wrong_share"] == pytest.approx((30**2 - 24**2) / 64**2)
    assert numbers["truth"]["transition"][1] == [0, 1]
    assert numbers["truth"]["bias_px"]["cell"] == pytest.approx(3, abs=0.2)
    page = (out / "structure.html").read_text()
    assert "Where outlines run" in page
    assert "outlines run 3.1 px outside" in page


def test_without_truth_speckle_is_all_that_is_known_of_mistakes(truemask, tmp_path):
    said = truemask("structure", write_set(tmp_path / "given", squares(rate=0.2)), "--out", "page", "--quiet")
    assert said.code == 0
    numbers = json.loads((tmp_path / "page" / "structure.json").read_text())
    assert numbers["speckle_rate"] == pytest.approx(0.2, abs=0.03)
    assert "truth" not in numbers
    assert "Mistakes" not in said.out
    assert "of the labels had been changed at random" in said.out


def test_flips_are_scattered_and_a_label_is_worth_less(truemask, tmp_path):
    true = write_set(tmp_path / "true", squares())
    given = write_set(tmp_path / "given", squares(rate=0.2))
    said = truemask("structure", given, "--truth", true, "--quiet")
    assert "Mistakes are scattered pixel by pixel" in said.out
    numbers = json.loads((tmp_path / "truemask-structure" / "structure.json").read_text())["truth"]
    assert numbers["label_worth"] == pytest.approx(0.6**2, abs=0.03)
    assert numbers["rank"] == 2
    assert numbers["mixture_rms_z"] == pytest.approx(1, abs=0.3)
    assert "Not all mistakes" in mixture_words(2)


def test_objects_are_measured_as_they_show(truemask, coco):
    said = truemask("structure", coco, "--quiet")
    assert said.code == 0
    numbers = json.loads((coco.parent / "truemask-structure" / "structure.json").read_text())
    assert numbers["classes"]["bolt"]["pieces"] == 1


def test_what_cannot_be_measured_is_one_line_and_writes_nothing(truemask, tmp_path, maps):
    said = truemask("structure", "digits", "--quiet")
    assert said.code == 2
    assert "digits: its labels are of whole images" in said.err
    given = write_set(tmp_path / "given", squares())
    said = truemask("structure", given, "--truth", maps, "--quiet")
    assert said.code == 2
    assert "only labels of one problem can be compared" in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "truemask-structure").exists()


def test_the_figure_of_the_paper(truemask, tmp_path):
    assert truemask("theory", "figure", "--out", "six.png").code == 0
    with Image.open(tmp_path / "six.png") as picture:
        assert picture.height > 500
    said = truemask("theory", "figure", "--out", "six.jpg")
    assert said.code == 2
    assert "a figure is written as .png, .svg, .pdf" in said.err


def test_budgets_need_results(truemask, tmp_path, monkeypatch):
    (tmp_path / "tables").mkdir()
    said = truemask("theory", "budget")
    assert said.code == 2
    assert said.err.count("\n") == 1

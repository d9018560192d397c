"""`corrupt`: a noisy copy in the source's own format, and the account of it."""

import json

import numpy as np
import pytest

from truemask.data import open_dataset
from truemask.data.image_file import read_map
from truemask.noise import apply_changes, read_changes, read_manifest


def read_labels(home, names=("0", "1", "2")):
    return np.stack([read_map(home / "labels" / f"{name}.png") for name in names])


def test_a_mask_folder_changes_in_its_labels_alone_and_says_how_much(truemask, maps, tmp_path):
    said = truemask("corrupt", "maps", "symmetric:0.3", "noisy", "--seed", 7, "--quiet")
    clean, noisy = read_labels(maps), read_labels(tmp_path / "noisy")
    known = clean != 255
    changed = float((clean != noisy)[known].mean())
    assert abs(changed - 0.3) < 0.03
    assert (noisy[~known] == 255).all()
    assert said.code == 0
    assert said.err == ""
    assert said.out == (
        f"noisy: symmetric:0.3 on 3 images of maps (all), seed 7: {changed:.1%} of {known.sum():,} labels "
        "changed; manifest.json and changes.parquet say which\n"
    )
    for name in ("images/0.png", "images/2.png", "classes.txt"):
        assert (tmp_path / "noisy" / name).read_bytes() == (maps / name).read_bytes()


def test_the_manifest_tells_what_was_done(truemask, maps, tmp_path):
    truemask("corrupt", "maps", "asymmetric:0.5,map=1>2", "noisy", "--quiet")
    manifest = read_manifest(tmp_path / "noisy")
    clean, noisy = read_labels(maps), read_labels(tmp_path / "noisy")
    asked = (manifest.noise, manifest.seed, manifest.data, manifest.split)
    assert asked == ("asymmetric:0.5,map=1>2", 0, "maps", "all")
    assert manifest.realised_rate == pytest.approx((clean != noisy).sum() / (clean != 255).sum())
    assert ((clean != noisy) == ((clean == 1) & (noisy == 2))).all()
    done = list(read_changes(tmp_path / "noisy"))
    assert [one.image for one in done] == ["0", "1", "2"]
    for one, before, after in zip(done, clean, noisy, strict=True):
        np.testing.assert_array_equal(apply_changes(before, one), after)


def test_a_coco_file_changes_in_its_categories_alone(truemask, coco, tmp_path):
    said = truemask("corrupt", "coco", "symmetric:1", "noisy", "--quiet")
    assert "100.0% of 6 labels changed" in said.out
    before = json.loads((coco / "annotations.json").read_text())
    after = json.loads((tmp_path / "noisy" / "annotations.json").read_text())
    assert after["images"] == before["images"]
    assert after["categories"] == before["categories"]
    other = {3: 7, 7: 3}
    expected = [{**one, "category_id": other[one["category_id"]]} for one in before["annotations"]]
    assert after["annotations"] == expected


def test_only_the_training_split_is_touched_unless_another_is_named(truemask, tmp_path):
    truemask("data", "make", "organelles:train=2,val=1,test=2,size=48", "clean")
    truemask("corrupt", "clean", "flip:0.5", "noisy-train", "--quiet")
    truemask("corrupt", "clean", "flip:0.5", "noisy-test", "--split", "test", "--quiet")
    for folder, touched in (("noisy-train", "train"), ("noisy-test", "test")):
        for split in ("train", "val", "test"):
            (file,) = (tmp_path / "clean" / split / "labels").glob("*0.png")
            same = (tmp_path / folder / split / "labels" / file.name).read_bytes() == file.read_bytes()
            assert same == (split != touched)


def test_same_seed_same_labels_other_seed_others(truemask, maps, tmp_path):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        truemask("corrupt", "maps", "symmetric:0.5", out, "--seed", seed, "--quiet")
    a, b, c = (read_labels(tmp_path / name) for name in "abc")
    assert (a == b).all()
    assert (a != c).mean() > 0.2


def test_an_embedded_set_is_written_with_its_noise(truemask):
    said = truemask("corrupt", "scenes:train=2,val=1,test=1,size=64", "miss:1", "noisy", "--quiet")
    assert "miss:1 on 2 images of scenes (train)" in said.out
    noisy = open_dataset("noisy")
    assert [len(noisy.split("train").labels(row)) for row in range(2)] == [0, 0]
    assert len(noisy.split("test").labels(0)) > 0


def test_noises_follow_each_other_in_the_order_of_the_spec(truemask, maps, tmp_path):
    truemask("corrupt", "maps", "dilate:1", "dilated", "--quiet")
    truemask("corrupt", "maps", "dilate:1+symmetric:0.2", "both", "--quiet")
    dilated, both = read_labels(tmp_path / "dilated"), read_labels(tmp_path / "both")
    assert 0.15 < (dilated != both).mean() < 0.25
    steps = read_manifest(tmp_path / "both").steps
    assert [step.noise for step in steps] == ["dilate:1", "symmetric:0.2"]

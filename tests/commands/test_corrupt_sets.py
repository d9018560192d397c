"""`corrupt` with noise that sees a whole set: images are replaced, rows added, in the set's own format."""

import numpy as np
import pytest

from truemask.bench.noisy import corrupted
from truemask.data import open_dataset
from truemask.data.image_file import write_image
from truemask.noise import read_changes, read_manifest


@pytest.fixture
def folder(tmp_path):
    """40 images of two classes, 6 x 6 px, one colour each."""
    home = tmp_path / "pets"
    for name, level in (("cat", 40), ("dog", 180)):
        for row in range(20):
            path = home / "train" / name / f"{name}{row:02d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_image(path, np.full((6, 6, 1), level + row, np.uint8))
    (home / "test" / "cat").mkdir(parents=True)
    write_image(home / "test" / "cat" / "t.png", np.zeros((6, 6, 1), np.uint8))
    (home / "test" / "dog").mkdir()
    write_image(home / "test" / "dog" / "u.png", np.zeros((6, 6, 1), np.uint8))
    return home


def test_a_class_folder_gets_foreign_images_under_its_own_names(truemask, folder, tmp_path):
    said = truemask("corrupt", "pets", "open-set:0.3,from=digits,exact=true", "noisy", "--seed", 1, "--quiet")
    assert said.code == 0
    assert "on 40 images of pets (train), seed 1: 30.0% of 40 labels changed" in said.out
    before, after = open_dataset(folder).split("train"), open_dataset(tmp_path / "noisy").split("train")
    assert after.keys == before.keys
    assert [after.labels(row) for row in range(40)] == [before.labels(row) for row in range(40)]
    digits = open_dataset("digits").split("train")
    done = {one.image: one.donor for one in read_changes(tmp_path / "noisy")}
    assert len(done) == 12
    for row, key in enumerate(before.keys):
        assert after.image(row).shape == (6, 6, 1)
        if key in done:
            assert done[key].removeprefix("digits#") in set(digits.keys)
            assert (after.image(row) != before.image(row)).any()
        else:
            assert before.file(row).read_bytes() == after.file(row).read_bytes()
    assert (tmp_path / "noisy" / "test" / "cat" / "t.png").is_file()


def test_a_diluted_class_folder_has_linked_copies(truemask, folder, tmp_path):
    truemask("corrupt", "pets", "dilution:2", "noisy", "--quiet")
    after = open_dataset(tmp_path / "noisy").split("train")
    assert len(after) == 120
    manifest = read_manifest(tmp_path / "noisy")
    assert (manifest.images, manifest.units, manifest.changed) == (120, 120, 80)
    labels = {key: after.labels(row) for row, key in enumerate(after.keys)}
    done = {one.image: (one.copy_of, int(one.target[0])) for one in read_changes(tmp_path / "noisy")}
    assert len(done) == 80
    for key, (origin, label) in done.items():
        assert labels[key] == label
        row, own = after.keys.index(key), after.keys.index(origin)
        assert after.file(row).read_bytes() == after.file(own).read_bytes()


def test_an_embedded_set_becomes_arrays_and_bench_sees_the_same(truemask, tmp_path):
    spec = "open-set:0.2,from=organelles:train=4;size=48+dilution:1+symmetric:0.3"
    truemask("corrupt", "digits", spec, "noisy", "--seed", 4, "--quiet")
    written = open_dataset(tmp_path / "noisy").split("train")
    made, manifest = corrupted(open_dataset("digits").split("train"), spec, 4)
    assert list(written.keys) == list(made.keys)
    for row in range(0, len(made), 97):
        assert written.labels(row) == made.labels(row)
        assert (written.image(row) == made.image(row)).all()
    assert read_manifest(tmp_path / "noisy") == manifest
    assert len(open_dataset(tmp_path / "noisy").split("test")) == len(open_dataset("digits").split("test"))


def test_points_learn_from_points_alone(truemask):
    said = truemask("corrupt", "moons:train=50,val=1,test=1", "biased:0.2", "noisy", "--quiet")
    assert "20.0% of 50 labels changed" in said.out
    wrong = truemask("corrupt", "moons", "open-set:0.2,from=digits", "other", "--quiet")
    assert wrong.code == 2
    assert wrong.err.strip().endswith("from=digits: has images, moons has points of 2")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("open-set:0.2", "open-set needs from, such as open-set:0.4,from=digits"),
        ("open-set:0.2,from=nowhere", "nowhere: no such file or folder"),
        ("open-set:0.2,from=a#b", "from is the path or name of a data set, without #; got 'a#b'"),
        ("open-set:0.2,from=digits", "all of its images are of the set's own classes"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_nothing_is_written(truemask, tmp_path, spec, said):
    result = truemask("corrupt", "digits", spec, "noisy", "--quiet")
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert result.err.count("\n") == 1
    assert not (tmp_path / "noisy").exists()


def test_noise_on_whole_sets_is_not_for_maps(truemask):
    result = truemask("corrupt", "organelles:train=2,val=1,test=1,size=48", "dilution:1", "noisy", "--quiet")
    assert result.code == 2
    assert "dilution does not apply to semantic labels, only to classification ones" in result.err

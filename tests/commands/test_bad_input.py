"""What bad input gets: one line that names it, exit code 2, and nothing written."""

import hashlib
from pathlib import Path

import pytest

from truemask.data.image_file import read_map, write_map

ORGANELLES = "organelles:train=4,val=1,test=2,size=48"
TOML = """
title    = "Toy"
question = "Does it work?"
dataset  = "digits"
noise    = ["none"]
methods  = ["ce"]
seeds    = [0]
metric   = "accuracy"
"""


def cut(file):
    """As if a download had broken off."""
    file.write_bytes(file.read_bytes()[:80])


def write_foreign_class(home, name, class_id):
    file = home / "labels" / f"{name}.png"
    labels = read_map(file)
    labels[3, 5] = class_id
    write_map(file, labels)


def write_tables(home):
    for name, (known, wrong) in {
        "method": ('"ce"', '"cee"'),
        "noise": ('"none"', '"symetric:0.4"'),
        "key": ("seeds ", "seed "),
    }.items():
        (home / f"{name}.toml").write_text(TOML.replace(known, wrong))
    (home / "plan.toml").write_text(f"{TOML}\n[plan]\nepoks = 3\n")


@pytest.fixture(scope="module")
def world(tmp_path_factory, write_maps, write_coco):
    """Everything that the cases speak of; they share it, as none of them may change anything."""
    home = tmp_path_factory.mktemp("world")
    write_maps(home / "maps")
    write_foreign_class(write_maps(home / "foreign", classes=11), "1", 37)
    cut(write_maps(home / "cut-map") / "labels" / "1.png")
    cut(write_maps(home / "cut-image") / "images" / "1.png")
    write_coco(home / "coco")
    (write_coco(home / "gap") / "images" / "2.png").unlink()
    (home / "empty").mkdir()
    (home / "full").mkdir()
    (home / "full" / "thesis.txt").write_text("years of work")
    (home / "file").write_text("some bytes")
    write_tables(home)
    return home


@pytest.fixture(scope="module")
def trained(world):
    """A run on organelles, one on maps, and the predictions of the first."""
    from truemask.bench.sources import Source
    from truemask.commands.runs import predict_verb, train_verb

    def learn(source, name):
        options = {"test": None, "trusted": None, "devices": 1, "resume": False, "show": False}
        train_verb(Source(source), "ce", {}, {"epochs": 1}, world / name, **options)

    learn(ORGANELLES, "run")
    learn(str(world / "maps"), "maps-run")
    predict_verb(world / "run", Source(ORGANELLES), world / "said", show=False)
    return world


def contents(home: Path) -> dict[str, str]:
    """Every folder, and every file with a hash of its bytes."""
    return {
        str(path.relative_to(home)): hashlib.blake2b(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in home.rglob("*")
    }


@pytest.fixture
def refused(truemask, monkeypatch):
    """Runs a command that must be refused; gives the line that it says, without the program's name."""

    def run(home, *words):
        monkeypatch.chdir(home)
        before = contents(home)
        said = truemask(*words)
        assert said.code == 2, said
        assert contents(home) == before
        assert said.err.startswith("truemask: ")
        assert said.err.count("\n") == 1
        return said.err.removeprefix("truemask: ").rstrip("\n")

    return run


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("foreign", "foreign/labels/1.png: a mask with class 37 of 11"),
        ("cut-map", "cut-map/labels/1.png: cannot be read as an image"),
        ("gap", "gap/annotations.json: image 2.png (id 2) is not in gap/images"),
        ("empty", "empty: no data set seen there: it holds nothing"),
        ("nowhere", "nowhere: no such file or folder, and no embedded data set"),
        ("file", "file: no data set seen there"),
        ("organelles:tran=3", "organelles has no option 'tran=3'; there is: train=200"),
        ("organelles:size=3", "organelles draws images of 48 to 4096 px, got size=3"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        ("corrupt", "{}", "symmetric:0.2", "out", "--quiet"),
        ("train", "{}", "--epochs", "1", "--out", "out", "--quiet"),
        ("audit", "{}", "--epochs", "1", "--out", "out", "--quiet"),
        ("data", "show", "{}", "--out", "out/sheet.png"),
    ],
    ids=lambda words: words[0],
)
def test_a_broken_source_is_named_by_every_command(world, refused, command, source, line):
    assert refused(world, *(word.format(source) for word in command)).startswith(line)


@pytest.mark.parametrize("command", ["train", "audit"])
def test_a_broken_image_is_named_before_anything_is_learned(world, refused, command):
    line = refused(world, command, "cut-image", "--epochs", 1, "--out", "out", "--quiet")
    assert line.startswith("cut-image/images/1.png: cannot be read as an image")


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ("symetric:0.2", "no noise called 'symetric'; there is: affine, annotator, asymmetric, "),
        ("symmetric:1.5", "symmetric: rate is a share from 0 to 1; got 1.5"),
        ("symmetric", "symmetric needs rate, such as symmetric:0.4"),
        ("symmetric:0.2,speed=3", "symmetric has no knob 'speed'; it has: rate"),
        ("asymmetric:0.2,map=1>9", "the class map 1>9: no class called '9'; there is: background, kind1"),
    ],
)
def test_a_spec_that_means_nothing(world, refused, spec, line):
    assert refused(world, "corrupt", "maps", spec, "out", "--quiet").startswith(line)


def test_a_noise_for_another_task_is_refused_with_those_that_fit(world, refused):
    line = refused(world, "corrupt", "coco", "flip:0.2", "out", "--quiet")
    assert line.startswith(
        "flip does not apply to instance labels, only to semantic ones; there is: affine, asymmetric, "
    )


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--method", "sse"],
            "no method called 'sse'; there is: ac, active_passive, adaptive_threshold, backward, ",
        ),
        (["--method", "gce", "--with", "p=1"], "gce has no knob 'p'; it has: q=0.7"),
        (["--method", "gce", "--with", "q=7"], "gce needs 0 < q <= 1, got q=7.0"),
        (["--method", "gce", "--with", "q=high"], "gce: q takes float (default 0.7), got 'high'"),
        (["--with", "q"], "--with takes name=value, such as --with lr=0.001; got 'q'"),
        (["--set", "speed=1"], "a plan has no setting 'speed'; there is: augment, batch_size, "),
        (["--set", "lr=high"], "plan: lr is a float; got 'high'"),
        (["--set", "lr=0"], "plan: lr must be above 0, got 0.0"),
        (["--crop-px", "3"], "plan: crop_px must be at least 16, got 3"),
        (["--network", "resnet"], "no network called 'resnet'; there is: unet_small, "),
        (["--network", "mlp"], "network mlp is not for semantic problems"),
        (["--split", "dev"], "organelles has no split called 'dev'; there is: train, val, test"),
        (["--holdout", "1.5"], "--holdout is a share of the images between 0 and 1; got 1.5"),
        (["--test", "digits"], "organelles knows semantic classes background, organelle; digits has"),
        (["--trusted", "maps"], "organelles knows semantic classes background, organelle; maps has"),
    ],
    ids=" ".join,
)
def test_an_option_that_train_cannot_use(world, refused, options, line):
    words = ["train", ORGANELLES, "--epochs", 1, "--out", "out", "--quiet", *options]
    assert refused(world, *words).startswith(line)


def test_a_method_for_other_tasks_is_refused_with_its_own(world, refused):
    line = refused(world, "train", "coco", "--method", "co_teaching", "--out", "out", "--quiet")
    assert line == "co_teaching works on classification, semantic; coco/annotations is instance"


@pytest.mark.parametrize(
    "words",
    [
        ("corrupt", "maps", "symmetric:0.2", "full", "--quiet"),
        ("data", "make", ORGANELLES, "full"),
        ("train", ORGANELLES, "--out", "full", "--quiet"),
        ("audit", ORGANELLES, "--out", "full", "--quiet"),
        ("predict", "run", ORGANELLES, "--out", "full", "--quiet"),
    ],
    ids=lambda words: words[0],
)
def test_a_folder_with_something_in_it_is_left_alone(trained, refused, words):
    line = refused(trained, *words)
    assert line.startswith("full ")
    assert "empty" in line


def test_a_file_where_a_folder_should_be_made(world, refused):
    assert refused(world, "train", ORGANELLES, "--epochs", 1, "--out", "file", "--quiet").startswith("file: ")
    assert refused(world, "corrupt", "maps", "flip:0.1", "file", "--quiet").startswith("file ")


def test_a_folder_where_a_file_should_be_made(trained, refused):
    line = refused(trained, "evaluate", "run", ORGANELLES, "--out", "empty", "--quiet")
    assert line.startswith("empty: ")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("run", "digits"), "run knows semantic classes background, organelle; digits has classification "),
        (("run", "maps"), "run knows semantic classes background, organelle; maps has semantic classes"),
        (("said", "maps"), "said knows semantic classes background, organelle; maps has semantic classes"),
        (
            ("said", ORGANELLES, "--split", "train"),
            "said speaks of 'test-00000', which organelles (train) does",
        ),
        (
            ("said", "organelles:test=3,size=48"),
            "said has no prediction for 1 of 3 images of organelles (test)",
        ),
        (
            ("said", "organelles:test=2,size=64"),
            "said/test-00000.npz: a prediction of 48 x 48 px; the image in",
        ),
        (("empty", ORGANELLES), "empty holds no predictions (no predictions.json)"),
        (("nowhere", ORGANELLES), "nowhere holds no predictions"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_predictions_are_scored_against_what_they_are_about(trained, refused, words, line):
    assert refused(trained, "evaluate", *words, "--out", "out.json", "--quiet").startswith(line)


def test_predictions_come_from_a_run_that_is_done_and_fits(trained, refused):
    assert refused(trained, "predict", "maps", ORGANELLES, "--out", "out").startswith(
        "maps holds no finished run"
    )
    line = refused(trained, "predict", "run", "maps", "--out", "out", "--quiet")
    assert line == "run was trained for semantic on 1 channels; maps is semantic with 3"


def test_predictions_that_meet_a_broken_image_are_not_left_half_made(trained, refused):
    line = refused(trained, "predict", "maps-run", "cut-image", "--out", "out", "--quiet")
    assert line.startswith("cut-image/images/1.png: cannot be read as an image")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--folds", "9"], "out-of-fold prediction needs 2 to 4 folds for 4 images, got 9"),
        (["--method", "sse"], "no method called 'sse'"),
        (["--truth", "digits"], "organelles knows semantic classes background, organelle; digits has"),
        (["--truth", "organelles:train=0,val=1,size=48"], "--truth: organelles (val) has no image that"),
        (["--predictions", "empty"], "empty holds no predictions"),
        (
            ["--predictions", "said"],
            "said: a prediction is about 'test-00000', which organelles does not have",
        ),
    ],
    ids=" ".join,
)
def test_an_option_that_audit_cannot_use(trained, refused, options, line):
    words = ["audit", ORGANELLES, "--epochs", 1, "--out", "out", "--quiet", *options]
    assert refused(trained, *words).startswith(line)


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("method.toml", "table method: no method called 'cee'"),
        ("noise.toml", "noise.toml: noise.0: no noise called 'symetric'"),
        ("key.toml", "key.toml: there is no key 'seed'; did you mean 'seeds'?"),
        ("plan.toml", "table plan: a plan has no setting 'epoks'"),
        ("nowhere", "nowhere: no such table; give a TOML file, or a name in tables/"),
    ],
)
def test_a_table_that_asks_for_what_there_is_not(world, refused, table, line):
    assert refused(world, "bench", "run", table, "--results", "results").startswith(line)


def test_a_disk_that_refuses_is_said_in_a_line(world, truemask, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "out/labels/0.png")

    monkeypatch.setattr("truemask.commands.corrupt.write_dataset", full)
    monkeypatch.chdir(world)
    said = truemask("corrupt", "maps", "flip:0.1", "out", "--quiet")
    assert (said.code, said.err) == (2, "truemask: out/labels/0.png: No space left on device\n")


def test_after_the_cause_is_gone_the_same_command_works(truemask, write_maps, tmp_path):
    home = write_maps(tmp_path / "mended")
    whole = (home / "labels" / "1.png").read_bytes()
    cut(home / "labels" / "1.png")
    words = ["train", "mended", "--epochs", 1, "--crop-px", 16, "--out", "out", "--quiet"]
    assert truemask(*words).code == 2
    (home / "labels" / "1.png").write_bytes(whole)
    assert truemask(*words).code == 0

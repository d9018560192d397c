"""`truemask losses` on runs of seconds."""

import pytest
from PIL import Image

from truemask.bench.sources import Source
from truemask.commands.label_losses import label_losses, losses_verb
from truemask.data import open_dataset, write_dataset
from truemask.noise import corrupt, parse
from truemask.training import Plan, Recipe, load_run, train
from truemask.types import BadInput

CASES = {
    "scenes:train=6,val=1,test=1,size=96": ("symmetric:0.5", Plan(network="mask_rcnn_light:width=8,fpn=16")),
    "organelles:train=4,val=1,test=1,size=64": ("flip:0.2", Plan(network="unet_small:base=4,depth=2")),
}


@pytest.fixture(params=CASES, ids=["objects", "pixels"])
def noisy(request, tmp_path):
    """A clean set's name, a noisy copy's folder, and a run that saw it once."""
    spec, plan = CASES[request.param]
    splits = open_dataset(request.param)
    clean = splits.split("train")
    labels = [
        corrupt(clean.labels(row), parse(spec), problem=clean.problem, seed=0, key=key)
        for row, key in enumerate(clean.keys)
    ]
    write_dataset(splits, {"train": labels}, tmp_path / "noisy")
    given = open_dataset(tmp_path / "noisy").split("train")
    recipe = Recipe(dataset=given, method="ce", plan=plan.changed({"epochs": 1, "batch_size": 2}))
    train(recipe, tmp_path / "run", show=False, tensorboard=False)
    return request.param, tmp_path / "noisy", tmp_path / "run"


def test_every_label_is_counted_right_or_wrong(noisy, tmp_path, capsys):
    clean, given, run = noisy
    figure = tmp_path / "figure.png"
    losses_verb(run, Source(str(given)), Source(clean), figure, gamma=1.0, show=False)
    assert "wrong_above_gamma" in capsys.readouterr().out
    with Image.open(figure) as image:
        assert image.width > 500
    truth = open_dataset(clean).split("train")
    found = label_losses(load_run(run), open_dataset(given).split("train"), truth, gamma=1.0).compute()
    same = label_losses(load_run(run), truth, truth, gamma=1.0).compute()
    assert same["labels_wrong"] == 0
    assert found["labels_right"] + found["labels_wrong"] == same["labels_right"]
    share = found["labels_wrong"] / same["labels_right"]
    assert 0.1 < share < 0.8


def test_a_figure_of_no_known_format_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"figure is written as \.png, \.svg, \.pdf"):
        losses_verb(tmp_path, Source("scenes"), Source("scenes"), tmp_path / "a.txt", gamma=6.0, show=False)

"""`truemask noise hedging` with teachers of seconds."""

import json

import numpy as np
import pytest
from PIL import Image

from truemask.bench.sources import Source
from truemask.commands.hedging import hedging_verb, mixtures
from truemask.data import open_dataset
from truemask.types import BadInput

FAST = {"network": "mlp:hidden=16,depth=1", "epochs": 2, "lr": 0.01}
DIGITS = "digits@train=200"


def test_risks_of_labels_and_teacher_are_those_of_the_rows_that_it_did_not_learn(tmp_path, capsys):
    figure = tmp_path / "hedging.png"
    found = hedging_verb(Source(DIGITS), ["symmetric:0.4", "none"], [0.3], FAST, figure, seeds=2, show=False)
    with Image.open(figure) as image:
        assert image.height > 500
    assert "symmetric:0.4" in capsys.readouterr().out
    rows = json.loads((tmp_path / "hedging.json").read_text())["mixtures"]
    assert [(row["noise"], row["trusted"], row["seed"]) for row in rows] == [
        (noise, 0.3, seed) for seed in (0, 1) for noise in ("symmetric:0.4", "none")
    ]
    for one in found:
        values = one.risks.compute()
        assert one.risks.units == 140
        if one.noise == "none":
            assert (values["label_risk"], values["weight_best"]) == (0.0, 1.0)
        else:
            # Twice the share of wrong labels: 0.4, within five standard deviations of 140 draws.
            assert abs(values["label_risk"] / 2 - 0.4) < 5 * np.sqrt(0.24 / 140)
            assert values["risk_best"] < min(values["label_risk"], values["teacher_risk"])
    assert found[0].risks.risks()[0] == found[1].risks.risks()[0], "one teacher serves every noise"


def test_pixels_are_units_too():
    clean = open_dataset("organelles:train=4,val=1,test=1,size=48").split("train")
    (one,) = mixtures(
        clean, ["flip:0.2"], [0.5], {"network": "unet_small:base=4,depth=2", "epochs": 1}, seeds=1
    )
    assert one.risks.units == 2 * 48 * 48
    assert one.risks.compute()["label_risk"] == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize(
    ("source", "share", "out", "says"),
    [
        (DIGITS, 0.5, "a.txt", r"figure is written as \.png, \.svg, \.pdf"),
        (DIGITS, 1.0, "a.png", "--trusted is a share .* got 1.0"),
        ("scenes:train=2,val=1,test=1", 0.5, "a.png", "not of objects"),
    ],
)
def test_what_cannot_be_measured_is_told_and_nothing_is_written(source, share, out, says, tmp_path):
    with pytest.raises(BadInput, match=says):
        hedging_verb(Source(source), ["none"], [share], FAST, tmp_path / out, seeds=1, show=False)
    assert not list(tmp_path.iterdir())

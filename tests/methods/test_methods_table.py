"""The table of methods, and how one is made from a name and text."""

import dataclasses
from dataclasses import dataclass

import pytest

from truemask.methods import METHODS, knobs_of, make_method
from truemask.methods.co_teaching import CoTeaching
from truemask.methods.elr import ELR
from truemask.methods.knobs import read_knobs
from truemask.methods.lncis import LNCIS
from truemask.methods.method import Method
from truemask.types import BadInput, Task


@dataclass(frozen=True, kw_only=True)
class Knobby(Method):
    """A method with a knob of every type.

    Args:
        count: whole,
            said on two lines.
        share: real.
        on: or off.
        name: any text.
        limit: a number or none.
    """

    count: int = 1
    share: float = 0.5
    on: bool = False
    name: str = "x"
    limit: int | None = None


@pytest.mark.parametrize("name", METHODS)
def test_every_method_is_a_frozen_dataclass_and_no_method_subclasses_another(name):
    method = METHODS[name]
    assert method.__bases__ == (Method,)
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_method(name).anything = 1


@pytest.mark.parametrize("name", METHODS)
def test_every_knob_is_explained_in_the_docstring(name):
    assert all(knob.says.endswith(".") for knob in knobs_of(name))
    assert len(knobs_of(name)) == len(dataclasses.fields(METHODS[name]))


@pytest.mark.parametrize("name", METHODS)
def test_defaults_given_as_text_make_the_default_method(name):
    as_text = {knob.name: str(knob.default) for knob in knobs_of(name)}
    assert make_method(name, as_text) == make_method(name)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("epochs", [1, 2, 3, 10, 12])
def test_stages_share_out_all_epochs(name, epochs):
    assert sum(stage.epochs for stage in make_method(name).stages(epochs)) == epochs


def test_tasks_are_declared():
    assert LNCIS.tasks == {Task.SEMANTIC, Task.INSTANCE}
    assert CoTeaching.tasks == {Task.SEMANTIC, Task.CLASSIFICATION}
    everywhere = {name for name, method in METHODS.items() if method.tasks == frozenset(Task)}
    dense = {name for name, method in METHODS.items() if method.tasks == {Task.SEMANTIC, Task.CLASSIFICATION}}
    assert dense == {
        "co_teaching",
        "distillation",
        "dropout_reg",
        "label_refinery",
        "noise_layer_trusted",
        "pretrain_autoencoder",
        "reconstruction",
        "t_loss",
    }
    maps = {name for name, method in METHODS.items() if method.tasks == {Task.SEMANTIC}}
    without_labels = {
        "ac",
        "adaptive_threshold",
        "dfc",
        "igtt",
        "igtt_published",
        "igtt_released",
        "kmeans",
        "otsu",
    }
    assert maps == {"dice", "soft_iou", "dmi_iou", "igtt_classes"} | without_labels
    assert everywhere == METHODS.keys() - dense - maps - {"lncis"}


def test_text_and_numbers_are_read_by_the_knobs_type():
    assert make_method("elr", {"weight": "7", "momentum": 0.9, "stride": "4"}) == ELR(
        weight=7.0, momentum=0.9, stride=4
    )
    assert isinstance(make_method("elr", {"weight": 7}).weight, float)
    assert isinstance(make_method("elr", {"stride": 4.0}).stride, int)
    assert make_method("lncis", {"gamma": "inf"}).gamma == float("inf")


def test_every_type_of_knob_is_read():
    text = {"count": "2", "share": "1e-3", "on": "True", "name": "none", "limit": "none"}
    assert Knobby(**read_knobs("knobby", Knobby, text)) == Knobby(count=2, share=1e-3, on=True, name="none")
    assert read_knobs("knobby", Knobby, {"limit": "3", "on": False}) == {"limit": 3, "on": False}
    assert read_knobs("knobby", Knobby, {"limit": None}) == {"limit": None}


@pytest.mark.parametrize(
    ("name", "knobs", "said"),
    [
        ("elrr", {}, r"no method called 'elrr'; there is: ac, active_passive, .*truncated_gce"),
        ("elr", {"wieght": "1"}, r"elr has no knob 'wieght'; it has: weight=3, momentum=0.7, stride=1"),
        ("ce", {"q": "1"}, r"ce has no knobs"),
        ("elr", {"stride": "1.5"}, r"elr: stride takes int \(default 1\), got '1.5'"),
        ("elr", {"stride": True}, r"stride takes int"),
        ("gce", {"q": "much"}, r"gce: q takes float \(default 0.7\), got 'much'"),
        ("gce", {"q": False}, r"q takes float"),
        ("gce", {"q": "2"}, r"0 < q <= 1, got q=2.0"),
        ("sce", {"log_zero": "4"}, r"log_zero below 0"),
        ("bootstrap_soft", {"beta": "0"}, r"0 < beta <= 1"),
        ("bootstrap_hard", {"beta": "1.2"}, r"0 < beta <= 1"),
        ("bootstrap_hard", {"warm_up": "1"}, r"0 <= warm_up < 1"),
        ("elr", {"weight": "-1"}, r"weight >= 0"),
        ("elr", {"momentum": "1"}, r"0 <= momentum < 1"),
        ("elr", {"stride": "0"}, r"stride of 1 pixel or more"),
        ("truncated_gce", {"threshold": "1"}, r"0 <= threshold < 1"),
        ("truncated_gce", {"warm_up": "-0.1"}, r"0 <= warm_up < 1"),
        ("truncated_gce", {"every_epochs": "0"}, r"every 1 or more epochs"),
        ("co_teaching", {"forget_rate": "1"}, r"0 <= forget_rate < 1"),
        ("co_teaching", {"ramp_epochs": "-1"}, r"ramp_epochs >= 0"),
        ("mae", {"warm_up": "1"}, r"mae needs 0 <= warm_up < 1"),
        ("rce", {"warm_up": "1"}, r"rce needs 0 <= warm_up < 1"),
        ("active_passive", {"warm_up": "1"}, r"active_passive needs 0 <= warm_up < 1"),
        ("dmi", {"pool": "all"}, r"dmi pools over running, batch, image; got pool=all"),
        ("dmi", {"momentum": "1"}, r"0 <= momentum < 1"),
        ("dmi", {"warm_up": "1"}, r"0 <= warm_up < 1"),
        ("dmi", {"lr_scale": "0"}, r"finite lr_scale above 0"),
        ("dmi", {"floor": "0"}, r"finite floor above 0"),
        ("label_smoothing", {"radius_px": "-1"}, r"radius of 0 px or more"),
        ("t_loss", {"log_nu": "inf"}, r"finite log_nu"),
        ("t_loss", {"nu_lr_scale": "-1"}, r"nu_lr_scale >= 0"),
        ("t_loss", {"precision": "0"}, r"precision above 0"),
        ("lncis", {"gamma": "0"}, r"gamma > 0"),
        ("lncis", {"warm_up": "nan"}, r"0 <= warm_up < 1"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(name, knobs, said):
    with pytest.raises(BadInput, match=said):
        make_method(name, knobs)


def test_a_knob_of_two_types_and_a_bool_say_what_they_take():
    with pytest.raises(BadInput, match=r"limit takes none or int \(default none\), got 'few'"):
        read_knobs("knobby", Knobby, {"limit": "few"})
    with pytest.raises(BadInput, match=r"on takes bool \(default false\), got 'maybe'"):
        read_knobs("knobby", Knobby, {"on": "maybe"})

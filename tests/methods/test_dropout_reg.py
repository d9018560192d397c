import pytest
import torch

from truemask.batch import Batch
from truemask.data import open_dataset
from truemask.losses import cross_entropy
from truemask.methods.dropout_reg import DropoutReg
from truemask.training.devices import make_fabric
from truemask.training.loop import Loop
from truemask.training.plan import Plan
from truemask.types import BadInput


def loop(tmp_path, method, network):
    plan = Plan(network=network, epochs=1, precision="fp32", augment="none")
    return Loop(make_fabric("fp32"), open_dataset("digits").split("train"), method, plan, tmp_path)


def test_the_network_gets_the_methods_dropout_and_keeps_its_other_knobs(tmp_path):
    engine = loop(tmp_path, DropoutReg(rate=0.3), "small_cnn:base=4,dropout=0.1")
    network = engine.networks["main"]
    assert network.dropout == 0.3
    assert network.classify.in_features == 16
    images = torch.randn(64, 1, 8, 8)
    assert not torch.equal(network.train()(images), network(images))
    assert torch.equal(network.eval()(images), network(images))


def test_its_loss_is_cross_entropy():
    logits, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    batch = Batch(images=torch.zeros(4, 2), labels=labels, rows=torch.arange(4))
    torch.testing.assert_close(DropoutReg().unit_loss(logits, labels, batch), cross_entropy(logits, labels))


def test_a_network_without_dropout_is_refused(tmp_path):
    maps = open_dataset("organelles:train=2,val=1,test=1,size=64").split("train")
    with pytest.raises(BadInput, match="deeplabv3plus has no knob 'dropout'"):
        Loop(make_fabric("fp32"), maps, DropoutReg(), Plan(network="deeplabv3plus", epochs=1), tmp_path)


def test_a_rate_out_of_range_is_refused():
    with pytest.raises(BadInput, match="0 <= rate < 1"):
        DropoutReg(rate=1.0)

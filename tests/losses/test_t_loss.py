import math

import numpy as np
import pytest
import torch
from scipy import stats

from truemask.losses.t_loss import t_loss
from truemask.types import BadInput


def _masks(p):
    return torch.stack([torch.zeros_like(p), p.logit()], dim=1)


def test_is_the_density_of_a_multivariate_student_t():
    rng = np.random.default_rng(0)
    p, labels = rng.uniform(0.05, 0.95, 12), rng.integers(2, size=12)
    got = t_loss(_masks(torch.tensor(p, dtype=torch.float32)[None]), torch.tensor(labels)[None], log_nu=0.5)
    expected = stats.multivariate_t(np.zeros(12), np.eye(12), df=math.exp(0.5)).logpdf(p - labels)
    assert 12 * got.item() == pytest.approx(-expected, rel=1e-5)


def test_the_precision_of_the_released_code_is_e():
    p, labels = torch.tensor([[0.8, 0.3]]), torch.tensor([[1, 0]])
    expected = stats.multivariate_t(np.zeros(2), np.eye(2) / math.e, df=math.e).logpdf([-0.2, 0.3])
    assert 2 * t_loss(_masks(p), labels, precision=math.e).item() == pytest.approx(-expected, rel=1e-5)


def test_many_degrees_of_freedom_are_squared_error():
    p, labels = torch.tensor([[0.8, 0.3, 0.6]]), torch.tensor([[1, 0, 0]])
    gaussian = 0.5 * (0.2**2 + 0.3**2 + 0.6**2) + 1.5 * math.log(2 * math.pi)
    assert 3 * t_loss(_masks(p), labels, log_nu=12.0).item() == pytest.approx(gaussian, rel=1e-4)


def test_the_worse_an_image_the_less_its_pixels_pull():
    good, bad = torch.full((1, 100), 0.4), torch.full((1, 100), 0.4)
    labels = torch.zeros(2, 100, dtype=torch.long)
    labels[1, :80] = 1  # four fifths of the second are wrongly labelled
    logits = _masks(torch.cat([good, bad])).requires_grad_()
    t_loss(logits, labels, log_nu=0.0).sum().backward()
    same_pixel = logits.grad[:, 1, -1]
    assert same_pixel[1] < 0.6 * same_pixel[0]


def test_the_degrees_of_freedom_have_a_gradient():
    log_nu = torch.tensor(1.0, requires_grad=True)
    p, labels = torch.tensor([[0.8, 0.3]]), torch.tensor([[1, 0]])
    t_loss(_masks(p), labels, log_nu=log_nu).sum().backward()
    up, down = (t_loss(_masks(p), labels, log_nu=1 + step).item() for step in (0.05, -0.05))
    assert log_nu.grad.item() == pytest.approx((up - down) / 0.1, rel=1e-2)


def test_a_quarter_of_a_million_pixels_lose_no_digits():
    labels = torch.zeros(1, 512, 512, dtype=torch.long)
    values = [t_loss(torch.zeros(1, 2, 512, 512), labels, log_nu=nu).item() for nu in (1.0, 1.01)]
    units, squares = 512 * 512, 512 * 512 / 4
    nus = [math.exp(1.0) + 1e-8, math.exp(1.01) + 1e-8]
    expected = [
        (
            math.lgamma(nu / 2)
            - math.lgamma((nu + units) / 2)
            + units / 2 * math.log(math.pi * nu)
            + (nu + units) / 2 * math.log1p(squares / nu)
        )
        / units
        for nu in nus
    ]
    assert values == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("precision", [0.0, -1.0, math.inf])
def test_a_precision_that_is_not_above_0_is_refused(scored, precision):
    with pytest.raises(BadInput, match="finite precision above 0"):
        t_loss(*scored, precision=precision)

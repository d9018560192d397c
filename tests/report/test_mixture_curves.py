"""Curves of risk: a panel for each noise and share, in the order given."""

import re

import numpy as np

from truemask.report.mixture_curves import Panel, save_mixture_curves
from truemask.structure.mixture_risks import MixtureRisks


def risks(wrong):
    found = MixtureRisks()
    truth = np.zeros(10, np.uint8)
    given = (np.arange(10) < wrong).astype(np.uint8)
    found.add(np.tile([[0.8], [0.2]], 10), given, truth)
    return found


def test_every_panel_is_drawn_with_its_noise_and_share(tmp_path):
    panels = [
        Panel(f"symmetric:{rate}", share, [risks(2), risks(4)]) for rate in (0.2, 0.4) for share in (0.1, 0.3)
    ]
    path = tmp_path / "curves.svg"
    save_mixture_curves(panels, 2, path)
    titles = re.findall(r"<!-- (symmetric:\S+, \S+ clean) -->", path.read_text())
    assert titles == [
        "symmetric:0.2, 0.1 clean",
        "symmetric:0.2, 0.3 clean",
        "symmetric:0.4, 0.1 clean",
        "symmetric:0.4, 0.3 clean",
    ]
